"""What the rules of alerts look at: the fleet's own metrics in Redis, and the instances that monitoring knows."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from libs.chassis.bus.port import BrokerAwayError
from libs.chassis.errors import UnavailableError
from libs.chassis.liveness.fleet import fleet_samples
from libs.chassis.liveness.host import HOST_USED
from libs.contracts.access import SERVICES
from services.monitoring.domain.instance import Health, Instance
from services.monitoring.domain.ports import Instances, Values
from services.monitoring.domain.rules import OWN_STORE, MetricName

LAG: Final = "modelbourse_consumer_lag"
GROUP_LAG: Final = "modelbourse_group_lag"
QUEUED: Final = "modelbourse_jobs_queued"
LETTERS: Final = "modelbourse_dead_letters_waiting"
LLM_BUDGET: Final = "modelbourse_llm_budget_used_ratio"
NAMES: Final = (LAG, GROUP_LAG, QUEUED, LETTERS, LLM_BUDGET, HOST_USED)
# Who watches: who does not hear itself cannot tell whether others speak.
WATCHER: Final = "monitoring"
OF_HOST: Final = {"cpu": MetricName.CPU, "memory": MetricName.MEMORY, "disk": MetricName.DISK}


@dataclass(frozen=True, slots=True)
class ReadingsFleet:
    """Implements the port Readings. `broker` returns when Kafka answers, and raises BrokerAwayError when it does not."""

    redis: Redis
    namespace: str
    instances: Instances
    broker: Callable[[], Awaitable[None]]

    async def __call__(self) -> Values:
        """Return what can be read now; without Redis, that it is away, and which instances there are."""
        present, left = await self.instances.present(), await self.instances.left()
        known: dict[MetricName, Mapping[str, float]] = {MetricName.MISSING: _missing(present, left)}
        if away := _away(present):
            known[MetricName.SERVICE] = away
        kafka, samples = await asyncio.gather(self._kafka_away(), self._samples())
        # Where MongoDB is away, nobody comes as far as here.
        known[MetricName.STORE] = {OWN_STORE: 0.0, "redis": float(samples is None), "kafka": float(kafka)}
        return known if samples is None else known | _measured(samples)

    async def _kafka_away(self) -> bool:
        try:
            await self.broker()
        except BrokerAwayError:
            return True
        return False

    async def _samples(self) -> list[Any] | None:
        try:
            return await fleet_samples(self.redis, self.namespace, names=NAMES)
        except UnavailableError:
            return None


def _measured(samples: Iterable[Any]) -> dict[MetricName, Mapping[str, float]]:
    """Add up what is each process's own, and take the most of what replicas measure alike; not a number is not known."""
    found: dict[MetricName, dict[str, float]] = defaultdict(dict)
    tiers: dict[str, float] = {}
    of_groups: dict[str, float] = {}
    for sample in samples:
        value, labels = sample.value, sample.labels
        if value != value:  # noqa: PLR0124  # not a number: could not be read
            continue
        match sample.name:
            case name if name == LAG:
                lags = found[MetricName.CONSUMER_LAG]
                lags[labels["group"]] = lags.get(labels["group"], 0.0) + value
            case name if name == GROUP_LAG:
                _most(of_groups, labels["group"], value)
            case name if name == QUEUED:
                tiers[labels["tier"]] = max(tiers.get(labels["tier"], 0.0), value)
            case name if name == LETTERS:
                _most(found[MetricName.DEAD_LETTERS], "dead letters", value)
            case name if name == LLM_BUDGET:
                _most(found[MetricName.LLM_BUDGET], "llm", 100 * value)
            case _:
                _most(found[OF_HOST[labels["resource"]]], labels["host"], value)
    if of_groups:
        # The broker knows of groups whose consumers died, too, and so of all.
        found[MetricName.CONSUMER_LAG] = found[MetricName.CONSUMER_LAG] | of_groups
    if tiers:
        found[MetricName.QUEUE]["jobs"] = sum(tiers.values())
    return dict(found)


def _most(of: dict[str, float], subject: str, value: float) -> None:
    of[subject] = max(of.get(subject, value), value)


def _away(present: Iterable[Instance]) -> dict[str, float]:
    """Return of each service whether none of its instances is heard, also of one that left in good order; nothing while we are deaf."""
    heard = {instance.service for instance in present if instance.health is not Health.SILENT}
    return {service: float(service not in heard) for service in SERVICES} if WATCHER in heard else {}


def _missing(present: Iterable[Instance], left: Iterable[Instance]) -> dict[str, float]:
    """Return of each service how many instances went without a word and have had no successor since."""
    newest = {each.service: each.started_at for each in sorted(present, key=lambda each: each.started_at)}
    missing: Counter[str] = Counter(dict.fromkeys(newest, 0))
    for gone in left:
        successor = newest.get(gone.service)
        missing[gone.service] += successor is None or successor <= gone.last_beat_at
    return {service: float(count) for service, count in missing.items()}
