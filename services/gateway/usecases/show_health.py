"""Show how the platform is: everything is looked at side by side, each look is bounded, and what was found serves for a few seconds."""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar

from libs.chassis.errors import PlatformError
from libs.chassis.liveness.host import HOST_NETWORK, HOST_USED
from libs.chassis.liveness.outages import as_platform_error
from libs.chassis.single_flight import SingleFlight
from services.gateway.domain.alerts import AlertView
from services.gateway.domain.health import FleetFigures, Found, JobFigures, Probed, StoreFigures
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.operations import ReadSamples, Sample
from services.gateway.usecases.show_platform import GROUP_LAG, GROUP_MEMBERS, LAG, RAY, RUNNERS, measured_by

T = TypeVar("T")
Look = Callable[[], Awaitable[T]]
LOOK_WITHIN_S: Final = 1.0
GOOD_FOR_S: Final = 3.0
QUEUED: Final = "modelbourse_jobs_queued"
ENDED: Final = "modelbourse_jobs_ended_total"
FOLLOWING: Final = "modelbourse_training_jobs_followed"
STARTED: Final = "process_start_time_seconds"
LLM: Final = "modelbourse_llm_configured"
LLM_CALLED: Final = "modelbourse_llm_called_at_seconds"
LLM_BUDGET: Final = "modelbourse_llm_budget_used_ratio"
NAMES: Final = (
    LAG, GROUP_LAG, GROUP_MEMBERS, RAY, RUNNERS, QUEUED, ENDED, FOLLOWING, STARTED, LLM, LLM_CALLED, LLM_BUDGET, HOST_USED, HOST_NETWORK,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Looks:
    """What is looked at; each may raise, or take longer than it may."""

    mongodb: Look[StoreFigures]
    redis: Look[StoreFigures]
    kafka: Look[None]
    instances: Look[Sequence[Mapping[str, Any]]]
    young_letters: Look[int]
    alerts: Look[Sequence[AlertView]]
    jobs: Look[JobFigures]
    samples: ReadSamples
    own_samples: Callable[[], Iterable[Sample]]


@dataclass(slots=True)
class ShowHealth:
    """One look serves all who ask within a few seconds, so that asking costs nothing."""

    looks: Looks
    clock: Clock
    behind_since: dict[str, datetime] = field(default_factory=dict)
    deserted_since: dict[str, datetime] = field(default_factory=dict)
    looking: SingleFlight[Found] = field(default_factory=SingleFlight)
    kept: tuple[float, Found] | None = None

    async def __call__(self) -> Found:
        """Return what was found; it is there even when everything else is away."""
        if self.kept is not None and time.monotonic() - self.kept[0] < GOOD_FOR_S:
            return self.kept[1]
        return await self.looking("health", self._look)

    async def _look(self) -> Found:
        looks = self.looks
        stores = asyncio.gather(_bounded(looks.mongodb), _bounded(looks.redis), _bounded(looks.kafka))
        fleet_too = asyncio.gather(_bounded(looks.instances), _bounded(partial(looks.samples, names=NAMES)))
        views = asyncio.gather(_bounded(looks.young_letters), _bounded(looks.alerts), _bounded(looks.jobs))
        (mongodb, redis, kafka), (instances, samples), (letters, alerts, jobs) = await asyncio.gather(stores, fleet_too, views)
        fleet: Probed[FleetFigures] = Probed(error=samples.error) if samples.value is None else Probed(figures_of(samples.value))
        own = _hosts(looks.own_samples())
        at = self.clock()
        if fleet.value is not None:
            self.behind_since = {group: self.behind_since.get(group, at) for group in sorted(fleet.value.behind)}
            self.deserted_since = {group: self.deserted_since.get(group, at) for group in sorted(fleet.value.deserted)}
        since = self.behind_since, self.deserted_since
        found = Found(at, mongodb, redis, kafka, instances, letters, alerts, jobs, fleet, own, *since)
        self.kept = time.monotonic(), found
        return found


async def _bounded(look: Look[T]) -> Probed[T]:
    try:
        async with asyncio.timeout(LOOK_WITHIN_S):
            return Probed(await look())
    except TimeoutError:
        return Probed(error=f"no answer within {LOOK_WITHIN_S:.0f} s")
    except PlatformError as error:
        return Probed(error=error.message)
    except Exception as error:
        # The class says enough; the text of a connection error may hold an address with a password.
        if as_platform_error(error) is None:
            raise
        return Probed(error=f"no connection ({type(error).__name__})")


def figures_of(samples: Sequence[Sample]) -> FleetFigures:
    """Put together what processes have measured: sums of what is each one's own, the most of what replicas measure alike."""
    known = [sample for sample in samples if not math.isnan(sample.value)]
    measured = measured_by(known)
    by_tier: dict[str, float] = {}
    consumers: dict[str, set[str]] = defaultdict(set)
    ended: dict[tuple[str, str], int] = defaultdict(int)
    for sample in known:
        labels = sample.labels
        if sample.name == LAG:
            consumers[labels["group"]].add(labels["instance"])
        elif sample.name == QUEUED:
            by_tier[labels["tier"]] = max(by_tier.get(labels["tier"], 0.0), sample.value)
        elif sample.name == ENDED:
            ended[labels["instance"], labels["end"]] += int(sample.value)
    group_lag = {sample.labels["group"]: int(sample.value) for sample in known if sample.name == GROUP_LAG}
    members = {sample.labels["group"]: int(sample.value) for sample in known if sample.name == GROUP_MEMBERS}
    llm = [sample.value for sample in known if sample.name == LLM]
    calls = [(sample.value, sample.labels["outcome"]) for sample in known if sample.name == LLM_CALLED]
    return FleetFigures(
        lag={group: sum(topics.values()) for group, topics in measured.lag.items()} | group_lag,
        consumers=dict(sorted(({group: len(each) for group, each in consumers.items()} | members).items())),
        queued=int(sum(by_tier.values())) if by_tier else None,
        runners=measured.runners,
        ray=measured.ray,
        ended=dict(ended),
        following={each.labels["instance"]: int(each.value) for each in known if each.name == FOLLOWING},
        hosts=_hosts(known),
        heard=frozenset(sample.labels["service"] for sample in known if sample.name == STARTED),
        llm_configured=any(llm) if llm else None,
        llm_calls={outcome: datetime.fromtimestamp(at, UTC) for at, outcome in sorted(calls)},
        llm_budget_used=max((sample.value for sample in known if sample.name == LLM_BUDGET), default=None),
    )


def _hosts(samples: Iterable[Sample]) -> dict[str, dict[str, float]]:
    """Return each host's figures; all its processes measure the same, each over its own last seconds."""
    hosts: dict[str, dict[str, float]] = defaultdict(dict)
    for sample in samples:
        if sample.name in {HOST_USED, HOST_NETWORK}:
            of, name = hosts[sample.labels["host"]], sample.labels.get("resource", "network")
            of[name] = max(of.get(name, sample.value), sample.value)
    return {host: dict(figures) for host, figures in sorted(hosts.items())}
