"""Wires the training service: the only file that knows which adapter plays which port."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Final, Protocol

from libs.chassis.errors import UnavailableError
from libs.chassis.logs import log
from libs.chassis.process import Chassis
from libs.chassis.stores.exports import Exports, Kept
from libs.chassis.stores.migrations import migrate
from libs.chassis.stores.outbox import Relay
from libs.chassis.stores.outbox_measure import outbox_measure
from libs.contracts.envelope import Event
from services.training.domain.ports import Cluster
from services.training.inbound.asks import make_answers
from services.training.inbound.clock import Clock
from services.training.inbound.events import make_facts
from services.training.inbound.following import FollowingTasks
from services.training.outbound.checkpoints_store import CheckpointsStore
from services.training.outbound.cluster_ray import RayCluster
from services.training.outbound.devices_measure import gpus_measure, mlflow_measure
from services.training.outbound.jobs_mongo import JobsMongo
from services.training.outbound.metrics import JobMetrics
from services.training.outbound.mirror_mlflow import MirrorMlflow
from services.training.outbound.mirrored_jobs_mongo import MirroredJobsMongo
from services.training.outbound.mirrored_names_mongo import MirroredNamesMongo
from services.training.outbound.queue_measure import queue_measure
from services.training.outbound.ray_check import RayCheck
from services.training.outbound.ray_connection import RayConnection
from services.training.outbound.ray_pool import RAY_RESOURCES, RUNNERS, RUNNERS_MOST, RayPool
from services.training.outbound.runner_words import RunnerPlace
from services.training.outbound.schema import SCHEMA
from services.training.settings import Settings
from services.training.usecases.accept_job import AcceptJob
from services.training.usecases.cancel_job import CancelJob
from services.training.usecases.change_job import ChangeJob
from services.training.usecases.follow_job import FollowJob
from services.training.usecases.later_jobs import LaterJobs
from services.training.usecases.list_jobs import ListJobs
from services.training.usecases.mirror_jobs import MirrorJobs
from services.training.usecases.stop_job import StopJob
from services.training.usecases.sweep import AdoptJobs, ForgetCheckpoints, KeepLeases, ReapRunners
from services.training.usecases.take_up_jobs import TakeUpJobs

# The gateway has the log, and who works on it is nobody's business.
KEPT: Final = (Kept("jobs", hidden=("logs", "run", "lease_until", "at_front", "traceparent", "curve", "mirrored", "mirroring")),)


class RunningCluster(Cluster, Protocol):
    """A cluster and the context in which it can be used."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """Stay connected until the context ends."""
        ...


def ray_cluster(settings: Settings, *, on_free: Callable[[], None]) -> RunningCluster:
    """Make the cluster that the settings name."""
    connection = RayConnection(settings.ray_address, namespace=f"{settings.namespace or 'modelbourse'}-training")
    pool = RayPool(
        connection,
        trainer=settings.trainer,
        warm=settings.warm_runners,
        most=settings.max_runners,
        gpus_each=settings.gpus_per_runner,
        on_free=on_free,
    )
    return RayCluster(connection, pool=pool, place=runner_place(settings))


def runner_place(settings: Settings) -> RunnerPlace:
    """Return what runners are told of where things lie."""
    return RunnerPlace(
        artifacts_url=settings.artifacts_url,
        market_lake=str(settings.market_lake) if settings.market_lake else None,
        synthetic_allowed=settings.synthetic_allowed,
        otel_endpoint=settings.otel_endpoint,
        backbones=str(settings.backbones) if settings.backbones else None,
    )


@asynccontextmanager
async def running(
    settings: Settings, chassis: Chassis, *, make_cluster: Callable[..., RunningCluster] = ray_cluster
) -> AsyncIterator[None]:
    """Accept, run and end jobs until the context ends; `make_cluster` is for tests."""
    relay = Relay(chassis.bus, collections=[chassis.database["jobs"]])
    clock, following, owner, later = Clock(lease=settings.lease), FollowingTasks(), chassis.instance, LaterJobs()
    metrics = _measured(settings, chassis, relay, following=lambda: len(following.job_ids), later=later)

    def on_write(events: Sequence[Event]) -> None:
        metrics.count(events)
        relay.wake()

    jobs = JobsMongo(chassis.database, lease=settings.lease, life=settings.job_life, on_write=on_write, keeps_curve=settings.is_mirrored)
    names = MirroredNamesMongo(chassis.database)
    await _prepare(chassis, jobs, names)
    cluster, checkpoints = make_cluster(settings, on_free=clock.wake), CheckpointsStore(chassis.artifacts)
    now, patiently = ChangeJob(jobs), ChangeJob(jobs, patient=True)
    follow = FollowJob(
        change_job=patiently,
        stop_job=StopJob(patiently, cluster=cluster, checkpoints=checkpoints),
        cluster=cluster,
        checkpoints=checkpoints,
        limits=settings.limits,
        owner=owner,
        wake=clock.wake,
        progress_every_s=settings.progress_every.total_seconds(),
    )
    stop = StopJob(now, cluster=cluster, checkpoints=checkpoints)
    cancel = CancelJob(jobs, change_job=now, stop_job=stop)
    loops = clock.running(
        take_up_jobs=TakeUpJobs(jobs, patiently, cluster, following=following, owner=owner, on_start=metrics.started, later=later),
        adopt_jobs=AdoptJobs(jobs, following=following, owner=owner),
        keep_leases=KeepLeases(jobs, following=following, stop_job=stop, owner=owner),
        reap_runners=ReapRunners(jobs, cluster=cluster),
        forget_checkpoints=ForgetCheckpoints(jobs, checkpoints),
        mirror_jobs=await _mirror(settings, chassis, names),
    )
    facts = make_facts(accept_job=AcceptJob(jobs, change_job=now, wake=clock.wake), cancel_job=cancel, jobs=jobs, names=names)
    answers = make_answers(cancel_job=cancel, list_jobs=ListJobs(jobs), exports=Exports(chassis.database, "training", KEPT))
    hearing = chassis.bus.running(facts=facts, answers=answers)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(_hand_over, jobs, owner=owner)
        for context in (relay.running(), cluster.running(), following.running(follow), loops, hearing):
            await stack.enter_async_context(context)
        chassis.ready()
        yield


def _measured(settings: Settings, chassis: Chassis, relay: Relay, *, following: Callable[[], int], later: LaterJobs) -> JobMetrics:
    """Show the outbox, the queue and the runners among the metrics, Ray and jobs of a later release in heartbeats; return what counts."""
    registry = chassis.registry
    chassis.measures.extend(
        [
            outbox_measure(relay.collections, registry=registry),
            queue_measure(chassis.database["jobs"], registry=registry),
            gpus_measure(registry=registry),
            mlflow_measure(settings.mlflow_tracking_uri, registry=registry),
        ]
    )
    chassis.checks.update({"ray": RayCheck(), "queue": later.check})
    for gauge in (RUNNERS, RUNNERS_MOST, RAY_RESOURCES):
        registry.register(gauge)
    return JobMetrics(registry, following=following)


async def _prepare(chassis: Chassis, jobs: JobsMongo, names: MirroredNamesMongo) -> None:
    """Bring the database to this release's schema, and make indexes."""
    await migrate(chassis.database, SCHEMA)
    await jobs.prepare()
    await names.prepare()


async def _mirror(settings: Settings, chassis: Chassis, names: MirroredNamesMongo) -> MirrorJobs | None:
    """Return what shows ended jobs in MLflow, where they are. Raise StartRefusedError where its client is not installed."""
    if settings.mlflow_tracking_uri is None:
        return None
    mirror, jobs = MirrorMlflow(settings.mlflow_tracking_uri), MirroredJobsMongo(chassis.database)
    mirror.check()
    await jobs.prepare()
    return MirrorJobs(jobs, names, mirror, chassis.artifacts, owner=chassis.instance)


async def _hand_over(jobs: JobsMongo, *, owner: str) -> None:
    """Let other instances take this one's jobs over at once."""
    try:
        await jobs.hand_over(owner=owner)
    except UnavailableError as error:
        log().info("the leases are left to run out", error=error.message)
