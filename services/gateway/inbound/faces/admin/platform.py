"""For operators: the whole platform on one page."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any, Final

from libs.chassis.release import python, release, version_of
from libs.contracts.monitoring import Process
from modelbourse.answers.platform import ConsumerGroup, Outbox, PlatformState, RayState, Replica, Versions
from services.gateway.inbound.faces.admin.face import FACE, Admin
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.show_platform import Measured, ShowPlatform

LIBRARIES: Final = ("aiokafka", "fastapi", "faststream", "modelbourse", "motor", "pydantic", "pymongo", "redis", "uvicorn")
REASONS: Final = {
    "consumer_groups": "No process has reported its consumers within the last 30 s.",
    "outboxes": "No process has reported its outboxes within the last 30 s.",
    "cache_memory_ratio": "Monitoring has not reported Redis's memory within the last 30 s.",
    "ray": "Training has not reported a Ray cluster within the last 30 s: it is not there, or Ray is away.",
}
OF_PROCESS: Final = ("host", "version", "python", "profile", "started_at", "local_artifacts")

routes = make_router(prefix=FACE.prefix, tags=[FACE.tag("fleet")])


@routes.get("/platform", summary="Show the whole platform")
async def get_platform(_: Admin, show: Annotated[ShowPlatform, used(ShowPlatform)]) -> PlatformState:
    """Versions, replicas, what waits where, and what was allowed although production refuses it."""
    state = await show()
    values = values_of(state.measured)
    replicas = sorted(map(replica_of, state.instances), key=lambda each: (each.service, each.instance))
    return PlatformState(
        profile=state.profile,
        versions=Versions(
            release=release(),
            python=python(),
            libraries={name: version for name in LIBRARIES if (version := version_of(name))},
        ),
        replicas=replicas,
        ways_around=ways_around_of(replicas),
        dead_letters=state.dead_letters,
        reasons={name: state.away or why for name, why in REASONS.items() if values[name] is None},
        **values,
    )


def values_of(measured: Measured | None) -> dict[str, Any]:
    """Return what processes have reported; None of what nobody has."""
    if measured is None:
        return dict.fromkeys(REASONS)
    groups = [
        ConsumerGroup(group=group, lag=sum(topics.values()), topics={topic: lag for topic, lag in topics.items() if lag})
        for group, topics in measured.lag.items()
    ]
    outboxes = [Outbox(service=service, depth=depth, oldest_seconds=age) for service, (depth, age) in measured.outboxes.items()]
    return {
        "consumer_groups": groups or None,
        "outboxes": outboxes or None,
        "cache_memory_ratio": measured.cache,
        "ray": RayState(**measured.ray, runners=dict(measured.runners)) if measured.ray else None,
    }


def replica_of(instance: dict[str, Any]) -> Replica:
    """Return a process, and what it has reported of itself, if its release does."""
    process = Process.model_validate(instance["process"]) if instance.get("process") else None
    values: dict[str, Any] = {name: getattr(process, name, None) for name in OF_PROCESS}
    return Replica(
        instance=instance["instance"],
        service=instance["service"],
        health=instance["health"],
        reason=instance["reason"],
        since=instance["occurred_at"],
        allow_insecure=list(process.allow_insecure) if process else [],
        **values,
    )


def ways_around_of(replicas: Sequence[Replica]) -> dict[str, list[str]]:
    """Return what was allowed, and to whom; in development nothing is refused, so nothing has to be."""
    found: dict[str, list[str]] = defaultdict(list)
    for replica in replicas:
        for name in replica.allow_insecure if replica.profile == "production" else ():
            found[name].append(replica.instance)
    return dict(sorted(found.items()))
