"""What the rules of alerts look at: the fleet's own metrics in Redis, and the instances that monitoring knows."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis

from libs.chassis.bus.port import BrokerAwayError
from libs.chassis.errors import UnavailableError
from libs.chassis.liveness.fleet import fleet_samples
from libs.chassis.liveness.host import HOST_USED
from libs.chassis.liveness.samples import CONSUMER_LAG, DEAD_LETTERS, GROUP_LAG, JOBS_QUEUED, LLM_BUDGET, Sample, Samples
from libs.contracts.access import SERVICES
from services.monitoring.domain.instance import Health, Instance
from services.monitoring.domain.ports import Instances, Values
from services.monitoring.domain.rules import OWN_STORE, MetricName

NAMES: Final = (CONSUMER_LAG, GROUP_LAG, JOBS_QUEUED, DEAD_LETTERS, LLM_BUDGET, HOST_USED)
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

    async def _samples(self) -> Sequence[Sample] | None:
        try:
            return await fleet_samples(self.redis, self.namespace, names=NAMES)
        except UnavailableError:
            return None


def _measured(given: Iterable[Sample]) -> dict[MetricName, Mapping[str, float]]:
    samples = Samples(given)
    tiers, letters, budget = samples.most(JOBS_QUEUED, "tier"), samples.most(DEAD_LETTERS), samples.most(LLM_BUDGET)
    # The broker knows of groups whose consumers died, too, and so of all.
    lags = samples.sums(CONSUMER_LAG, "group") | samples.most(GROUP_LAG, "group")
    found: dict[MetricName, dict[str, float]] = {
        MetricName.CONSUMER_LAG: {group: lag for (group,), lag in lags.items()},
        MetricName.QUEUE: {"jobs": sum(tiers.values())} if tiers else {},
        MetricName.DEAD_LETTERS: {"dead letters": letters[()]} if letters else {},
        MetricName.LLM_BUDGET: {"llm": 100 * budget[()]} if budget else {},
    }
    for (host, resource), used in samples.most(HOST_USED, "host", "resource").items():
        found.setdefault(OF_HOST[resource], {})[host] = used
    return {name: values for name, values in found.items() if values}


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
