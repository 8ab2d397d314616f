"""Show an operator the whole platform: its processes, and what they have measured of themselves."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from libs.chassis.errors import UnavailableError
from libs.chassis.liveness.samples import CONSUMER_LAG, Samples
from services.gateway.domain.operations import Fleet, Letters, ReadSamples

DEPTH: Final = "modelbourse_outbox_depth"
OLDEST: Final = "modelbourse_outbox_oldest_seconds"
CACHE: Final = "modelbourse_cache_memory_ratio"
RAY: Final = "modelbourse_ray_resources"
RUNNERS: Final = "modelbourse_runners"
NAMES: Final = (CONSUMER_LAG, DEPTH, OLDEST, CACHE, RAY, RUNNERS)


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
            measured = measured_by(Samples(await self.read(names=NAMES)))
        except UnavailableError as error:
            away = error.message
        there = [instance for instance in instances if instance["health"] != "gone"]
        return PlatformState(self.profile, there, dead, measured, away)


def measured_by(samples: Samples) -> Measured:
    """Return what processes have measured, put together."""
    lag: dict[str, dict[str, int]] = defaultdict(dict)
    for (group, topic), records in samples.sums(CONSUMER_LAG, "group", "topic").items():
        lag[group][topic] = int(records)
    depths, oldest = samples.most(DEPTH, "service", "collection"), samples.most(OLDEST, "service", "collection")
    services = sorted({service for service, _ in depths})
    return Measured(
        lag=dict(sorted(lag.items())),
        outboxes={
            service: (
                int(sum(depth for (of, _), depth in depths.items() if of == service)),
                max((age for (of, _), age in oldest.items() if of == service), default=0.0),
            )
            for service in services
        },
        cache=samples.most(CACHE).get(()),
        ray={resource: int(count) for (resource,), count in samples.most(RAY, "resource").items()},
        runners={state: int(count) for (state,), count in samples.most(RUNNERS, "state").items()},
    )
