"""A service's process from its first line to its last: settings, logs, traces, connections, heartbeats, probes, signals."""

import asyncio
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import uvloop
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from libs.chassis.bus.port import Bus
from libs.chassis.errors import StartRefusedError
from libs.chassis.liveness.artifacts_host import artifacts_on_one_host
from libs.chassis.liveness.fleet import LoopLag, forget_metrics, keep_publishing, new_registry
from libs.chassis.liveness.heartbeats import Heart
from libs.chassis.liveness.host import HostMeter
from libs.chassis.liveness.measures import Measure, keep_measuring
from libs.chassis.liveness.outages import is_passing
from libs.chassis.liveness.probe import ProbeFiles, probe_place
from libs.chassis.liveness.pulse import Pulse, keep_what_lives
from libs.chassis.logs import configure_logs, log
from libs.chassis.refusals import tell
from libs.chassis.release import python, release
from libs.chassis.settings import SharedSettings, read_settings
from libs.chassis.stores.artifact_store import is_folder
from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.cache import connect_redis
from libs.chassis.stores.mongo import Database, connect, why_mongo_refuses
from libs.chassis.stores.set_aside import keep_looking, look_again
from libs.chassis.tasks import beside
from libs.chassis.telemetry import configure_telemetry, stop_telemetry
from libs.contracts.monitoring import Process

# One thread each unless the environment says otherwise: numeric libraries that all take every core spend their time waiting for each other.
# Set on import, as they read it when they are imported themselves.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

S = TypeVar("S", bound=SharedSettings)
FIRST_WAIT_S: Final = 0.2
LONGEST_WAIT_S: Final = 3.0
TOUCH_EVERY_S: Final = 1.0


@dataclass(frozen=True)
class Chassis:
    """What a service is bolted to; handed to its `running`."""

    service: str
    instance: str
    settings: SharedSettings
    bus: Bus
    database: Database
    redis: Redis
    artifacts: Artifacts
    registry: CollectorRegistry
    pulse: Pulse
    # What its heartbeats look at beside MongoDB and Redis; a service adds its own.
    checks: dict[str, Callable[[], Awaitable[Any]]] = field(default_factory=dict)
    # What is read from its stores for its metrics while it serves; a service adds its own.
    measures: list[Measure] = field(default_factory=list)

    def ready(self) -> None:
        """Say that the service serves; its readiness probe is true from here."""
        self.pulse.ready()


@asynccontextmanager
async def open_chassis(
    service: str, *, settings: SharedSettings, bus: Bus | None = None, pulse: Pulse | None = None
) -> AsyncIterator[Chassis]:
    """Open a service's connections; waits for MongoDB as long as it takes. `bus` replaces Kafka in tests.

    `pulse` is that of a process which serves alone; of several services in one none has a say in how garbage is collected.
    The bus itself is started by the service (`chassis.bus.running(…)`), which knows what it listens to.
    """
    instance = settings.instance or f"{service}-{socket.gethostname()}-{os.getpid()}"
    if bus is None:
        # Imported here: a test on the in-process bus needs no Kafka client.
        from libs.chassis.bus.kafka import KafkaBus  # noqa: PLC0415 - see above

        bus = KafkaBus(settings, service=service, instance=instance)
    database = connect(settings, service)
    redis = connect_redis(settings, service)
    try:
        await _until_it_answers(database)
        await look_again(database)
        registry = new_registry()
        registry.register(HostMeter(_disk_of(settings)))
        yield Chassis(
            service=service,
            instance=instance,
            settings=settings,
            bus=bus,
            database=database,
            redis=redis,
            artifacts=Artifacts(settings.artifacts_url if settings.opens_artifacts else "memory://"),
            registry=registry,
            pulse=pulse or Pulse(),
        )
    finally:
        await redis.aclose()
        database.client.close()


def _disk_of(settings: SharedSettings) -> Path:
    """Return a folder on the disk that fills first: where artifacts lie in one, theirs."""
    folder = Path(settings.artifacts_url.removeprefix("file://"))
    if not (settings.opens_artifacts and is_folder(settings.artifacts_url)):
        return Path.cwd()
    return next((each for each in (folder, *folder.parents) if each.exists()), Path.cwd())


async def _until_it_answers(database: Database) -> None:
    wait = FIRST_WAIT_S
    while True:
        try:
            # More than a `ping`, which a server answers to anybody.
            await database.command("listCollections", nameOnly=True, authorizedCollections=True)
        except Exception as error:
            if not is_passing(error):
                raise
            if why := why_mongo_refuses(error):
                tell(why)
            else:
                log().warning("waiting for MongoDB", again_in_s=round(wait, 1), error=type(error).__name__)
        else:
            return
        await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 - spreads the fleet's attempts
        wait = min(wait * 2, LONGEST_WAIT_S)


def serve(service: str, *, settings: type[S], running: Callable[[S, Chassis], AbstractAsyncContextManager[None]]) -> None:
    """Run a service until SIGTERM or SIGINT, then let it finish what it has begun.

    Ends the process with status 1 and a logged traceback when `running` raises, 2 with a sentence when a setting is wrong or the process
    must not start beside what is there.
    """
    read = read_settings(settings)
    # A default that is made once: logs, traces, bus and heartbeats must agree on the name.
    named = read.model_copy(update={"instance": read.instance or f"{service}-{socket.gethostname()}-{os.getpid()}"})
    instance = str(named.instance)
    configure_logs(named, service=service, instance=instance)
    configure_telemetry(named, service=service, instance=instance)
    _tell_what_was_allowed(named)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(service, settings=named, running=running))
    except StartRefusedError as error:
        sys.stderr.write(f"Cannot start: {error.message}\n")
        sys.exit(2)
    except Exception:  # noqa: BLE001 - the last line of the process: reported in its log, then its status
        log().exception("the process ends: an unexpected error")
        sys.exit(1)
    finally:
        stop_telemetry()


def _tell_what_was_allowed(settings: SharedSettings) -> None:
    if settings.profile != "production":
        return
    dangers = [danger for danger in settings.dangers() if danger.name in settings.allow_insecure]
    for danger in dangers:
        log().warning("not fit for production, and allowed", name=danger.name, why=danger.sentence)
    if unneeded := set(settings.allow_insecure) - {danger.name for danger in dangers}:
        log().info("allowed without need", names=sorted(unneeded))


async def _serve(service: str, *, settings: S, running: Callable[[S, Chassis], AbstractAsyncContextManager[None]]) -> None:
    """Serve between two signals: before the start is over a signal ends it at once, later it asks for a graceful stop."""
    stop = asyncio.Event()
    starting = asyncio.current_task()
    serving = False

    def on_signal(name: str) -> None:
        log().info("stopping", signal=name)
        stop.set()
        if not serving and starting is not None:
            starting.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number.name)
    try:
        async with (
            open_chassis(service, settings=settings, pulse=Pulse(before_ready=keep_what_lives)) as chassis,
            _apart(chassis),
            _seen(chassis),
            running(settings, chassis),
            _beating(chassis),
        ):
            serving = True
            await stop.wait()
            chassis.pulse.stopping()
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
    log().info("stopped")


def _apart(chassis: Chassis) -> AbstractAsyncContextManager[None]:
    """Keep off another host's artifacts."""
    return artifacts_on_one_host(chassis.redis, chassis.settings, host=socket.gethostname(), instance=chassis.instance)


@asynccontextmanager
async def _seen(chassis: Chassis) -> AsyncIterator[None]:
    """Keep the probe file and the metrics fresh from before the service starts until after it has stopped."""
    files = ProbeFiles(probe_place(chassis.service, environ=os.environ))
    place: dict[str, Any] = {"namespace": chassis.settings.namespace, "service": chassis.service, "instance": chassis.instance}
    touching = _touch(files, pulse=chassis.pulse, lag=LoopLag(chassis.registry))
    try:
        async with beside(touching, keep_publishing(chassis.redis, registry=chassis.registry, **place)):
            yield
    finally:
        files.remove()
    try:
        await forget_metrics(chassis.redis, **place)
    except Exception as error:  # noqa: BLE001  # they expire by themselves
        log().info("metrics are left to expire", error=type(error).__name__)


async def _touch(files: ProbeFiles, *, pulse: Pulse, lag: LoopLag) -> None:
    loop = asyncio.get_running_loop()
    while not pulse.served.is_set():
        files.touch(ready=False)
        with suppress(TimeoutError):
            await asyncio.wait_for(pulse.served.wait(), TOUCH_EVERY_S)
    while True:
        files.touch(ready=pulse.state == "ready")
        before = loop.time()
        await asyncio.sleep(TOUCH_EVERY_S)
        lag.observe(loop.time() - before - TOUCH_EVERY_S)


@asynccontextmanager
async def _beating(chassis: Chassis) -> AsyncIterator[None]:
    """Send heartbeats while the service's bus runs, and a last one before it stops; look after what they tell of."""
    heart = Heart(
        bus=chassis.bus,
        database=chassis.database,
        redis=chassis.redis,
        pulse=chassis.pulse,
        service=chassis.service,
        instance=chassis.instance,
        checks=chassis.checks,
        process=process_of(chassis.settings, started_at=chassis.pulse.started_at),
    )
    async with beside(heart.beating(), keep_looking(chassis.database), keep_measuring(chassis.measures)):
        yield
    await heart.last_beat()


def process_of(settings: SharedSettings, *, started_at: datetime) -> Process:
    """Return what a process with these settings tells of itself."""
    return Process(
        host=socket.gethostname(),
        version=release(),
        python=python(),
        profile=settings.profile,
        started_at=started_at,
        local_artifacts=settings.opens_artifacts and is_folder(settings.artifacts_url),
        allow_insecure=settings.allow_insecure,
    )
