"""Show an operator the whole platform: its processes, and what they have measured of themselves."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from libs.chassis.errors import UnavailableError
from services.gateway.domain.operations import Fleet, Letters, ReadSamples, Sample

LAG: Final = "modelbourse_consumer_lag"
# As the broker says, by monitoring's look.
GROUP_LAG: Final = "modelbourse_group_lag"
GROUP_MEMBERS: Final = "modelbourse_group_members"
DEPTH: Final = "modelbourse_outbox_depth"
OLDEST: Final = "modelbourse_outbox_oldest_seconds"
CACHE: Final = "modelbourse_cache_memory_ratio"
RAY: Final = "modelbourse_ray_resources"
RUNNERS: Final = "modelbourse_runners"
NAMES: Final = (LAG, DEPTH, OLDEST, CACHE, RAY, RUNNERS)


@dataclass(frozen=True, slots=True)
class Measured:
    """What processes have measured: records to handle by group and topic, outboxes by service, and numbers that one service has for all."""

    lag: Mapping[str, Mapping[str, int]]
    outboxes: Mapping[str, tuple[int, float]]
    cache: float | None
    ray: Mapping[str, int]
    runners: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PlatformState:
    """A platform as it is now; without `measured` where `away` says why."""

    profile: str
    instances: Sequence[dict[str, Any]]
    dead_letters: int
    measured: Measured | None
    away: str


@dataclass(frozen=True, slots=True)
class ShowPlatform:
    """Everything comes from what the gateway has anyway: no other service is asked."""

    fleet: Fleet
    letters: Letters
    read: ReadSamples
    profile: str

    async def __call__(self) -> PlatformState:
        """Return it; processes that are gone are left out."""
        instances, dead = await asyncio.gather(self.fleet.all(), self.letters.count())
        measured, away = None, ""
        try:
            measured = measured_by(await self.read(names=NAMES))
        except UnavailableError as error:
            away = error.message
        there = [instance for instance in instances if instance["health"] != "gone"]
        return PlatformState(self.profile, there, dead, measured, away)


def measured_by(samples: Sequence[Sample]) -> Measured:
    """Add up what is each process's own, and take the most of what all replicas of a service measure alike."""
    known = [sample for sample in samples if not math.isnan(sample.value)]
    lag: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for sample in known:
        if sample.name == LAG:
            lag[sample.labels["group"]][sample.labels["topic"]] += int(sample.value)
    depths, oldest = _most(known, DEPTH, "service", "collection"), _most(known, OLDEST, "service", "collection")
    services = sorted({service for service, _ in depths})
    return Measured(
        lag={group: dict(topics) for group, topics in sorted(lag.items())},
        outboxes={
            service: (
                int(sum(depth for (of, _), depth in depths.items() if of == service)),
                max((age for (of, _), age in oldest.items() if of == service), default=0.0),
            )
            for service in services
        },
        cache=_most(known, CACHE).get(()),
        ray={resource: int(count) for (resource,), count in _most(known, RAY, "resource").items()},
        runners={state: int(count) for (state,), count in _most(known, RUNNERS, "state").items()},
    )


def _most(samples: Sequence[Sample], name: str, *labels: str) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for sample in samples:
        if sample.name == name:
            key = tuple(sample.labels[label] for label in labels)
            found[key] = max(found.get(key, sample.value), sample.value)
    return found
