"""Show how the platform is: everything is looked at side by side, each look is bounded, and what was found serves for a few seconds."""

import asyncio
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
from libs.chassis.liveness.samples import CONSUMER_LAG, GROUP_LAG, GROUP_MEMBERS, JOBS_QUEUED, LLM_BUDGET, Sample, Samples
from libs.chassis.single_flight import SingleFlight
from services.gateway.domain.alerts import AlertView
from services.gateway.domain.health import FleetFigures, Found, JobFigures, Probed, StoreFigures
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.operations import ReadSamples
from services.gateway.usecases.show_platform import RAY, RUNNERS, measured_by

T = TypeVar("T")
Look = Callable[[], Awaitable[T]]
LOOK_WITHIN_S: Final = 1.0
GOOD_FOR_S: Final = 3.0
ENDED: Final = "modelbourse_jobs_ended_total"
FOLLOWING: Final = "modelbourse_training_jobs_followed"
STARTED: Final = "process_start_time_seconds"
LLM: Final = "modelbourse_llm_configured"
LLM_CALLED: Final = "modelbourse_llm_called_at_seconds"
NAMES: Final = (
    CONSUMER_LAG, GROUP_LAG, GROUP_MEMBERS, RAY, RUNNERS, JOBS_QUEUED, ENDED, FOLLOWING, STARTED, LLM, LLM_CALLED, LLM_BUDGET, HOST_USED,
    HOST_NETWORK,
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
        own = _hosts(Samples(looks.own_samples()))
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


def figures_of(given: Sequence[Sample]) -> FleetFigures:
    """Return what processes have measured, put together."""
    samples = Samples(given)
    measured = measured_by(samples)
    consumers: dict[str, set[str]] = defaultdict(set)
    for each in samples.named(CONSUMER_LAG):
        consumers[each.labels["group"]].add(each.labels["instance"])
    group_lag = {group: int(lag) for (group,), lag in samples.most(GROUP_LAG, "group").items()}
    members = {group: int(count) for (group,), count in samples.most(GROUP_MEMBERS, "group").items()}
    by_tier, budget = samples.most(JOBS_QUEUED, "tier"), samples.most(LLM_BUDGET)
    llm = [each.value for each in samples.named(LLM)]
    calls = [(each.value, each.labels["outcome"]) for each in samples.named(LLM_CALLED)]
    return FleetFigures(
        lag={group: sum(topics.values()) for group, topics in measured.lag.items()} | group_lag,
        consumers=dict(sorted(({group: len(each) for group, each in consumers.items()} | members).items())),
        queued=int(sum(by_tier.values())) if by_tier else None,
        runners=measured.runners,
        ray=measured.ray,
        ended={(instance, end): int(jobs) for (instance, end), jobs in samples.sums(ENDED, "instance", "end").items()},
        following={each.labels["instance"]: int(each.value) for each in samples.named(FOLLOWING)},
        hosts=_hosts(samples),
        heard=frozenset(each.labels["service"] for each in samples.named(STARTED)),
        llm_configured=any(llm) if llm else None,
        llm_calls={outcome: datetime.fromtimestamp(at, UTC) for at, outcome in sorted(calls)},
        llm_budget_used=budget.get(()),
    )


def _hosts(samples: Samples) -> dict[str, dict[str, float]]:
    """Return each host's figures; all its processes measure the same, each over its own last seconds."""
    hosts: dict[str, dict[str, float]] = defaultdict(dict)
    for (host, resource), share in samples.most(HOST_USED, "host", "resource").items():
        hosts[host][resource] = share
    for (host,), rate in samples.most(HOST_NETWORK, "host").items():
        hosts[host]["network"] = rate
    return {host: dict(figures) for host, figures in sorted(hosts.items())}
