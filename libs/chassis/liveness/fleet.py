"""The fleet's metrics: each process writes its own to Redis for 30 s; the gateway shows them all as one page."""

import asyncio
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, disable_created_metrics, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample
from redis.asyncio import Redis

from libs.chassis.bus.lost_records import LOST
from libs.chassis.bus.meters import BUS_METERS
from libs.chassis.liveness.failures import FAILURES, UNPUBLISHED, report_failure
from libs.chassis.liveness.outages import as_platform_error
from libs.chassis.stores.set_aside import SET_ASIDE

LIVE_S: Final = 30
EVERY_S: Final = 5.0


class LoopLag:
    """How late this process's event loop is; the first thing to look at when answers are slow."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = Gauge("modelbourse_event_loop_lag_seconds", "How late a timer of one second fired last.", registry=registry)

    def observe(self, seconds: float) -> None:
        """Note how late a timer fired."""
        self._lag.set(max(seconds, 0.0))


def new_registry() -> CollectorRegistry:
    """Return a process's registry, with its own memory, CPU and open files already in it."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it untyped
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    for collector in (FAILURES, SET_ASIDE, UNPUBLISHED, LOST, *BUS_METERS):
        registry.register(collector)
    return registry


def _index(namespace: str) -> str:
    return f"{namespace}:metrics" if namespace else "metrics"


async def publish_metrics(redis: Redis, *, namespace: str, service: str, instance: str, registry: CollectorRegistry) -> None:
    """Write this process's metrics once; they live for 30 s."""
    index = _index(namespace)
    name = f"{service}:{instance}"
    # Read here, where nothing changes meanwhile, and written down in a thread: that takes longer than a prediction does.
    page = await asyncio.to_thread(generate_latest, _Read(list(registry.collect())))
    # The sorted set says which keys there are, so that nobody has to scan a shared server for them.
    async with redis.pipeline(transaction=False) as pipe:
        pipe.set(f"{index}:{name}", page, ex=LIVE_S)
        pipe.zadd(index, {name: time.time()})
        await pipe.execute()


async def keep_publishing(
    redis: Redis, *, namespace: str, service: str, instance: str, registry: CollectorRegistry, every_s: float = EVERY_S
) -> None:
    """Write this process's metrics every few seconds until cancelled; an absent server is waited for."""
    away = False
    while True:
        try:
            await publish_metrics(redis, namespace=namespace, service=service, instance=instance, registry=registry)
            away = False
        except Exception as error:  # noqa: BLE001  # metrics end no process
            report_failure(error, work="publishing metrics", reported=away)
            away = True
        await asyncio.sleep(every_s)


async def forget_metrics(redis: Redis, *, namespace: str, service: str, instance: str) -> None:
    """Take a process that leaves off the page at once."""
    index = _index(namespace)
    name = f"{service}:{instance}"
    async with redis.pipeline(transaction=False) as pipe:
        pipe.delete(f"{index}:{name}")
        pipe.zrem(index, name)
        await pipe.execute()


async def joined_metrics(redis: Redis, namespace: str) -> bytes:
    """Return the whole fleet's metrics in Prometheus's text format, `service` and `instance` on every sample.

    Raises `UnavailableError` when Redis is away.
    """
    return await asyncio.to_thread(_join, await _pages(redis, namespace))


def _join(pages: Iterable[tuple[str, str]]) -> bytes:
    return generate_latest(_Joined(pages))


async def fleet_samples(redis: Redis, namespace: str, *, names: Collection[str]) -> list[Sample]:
    """Return the fleet's samples of these names, `service` and `instance` among their labels; cheaper than the whole page.

    Raises `UnavailableError` when Redis is away.
    """
    beginnings = tuple(f"{name}{sign}" for name in names for sign in "{ ")
    pages = [
        (name, "".join(f"{line}\n" for line in page.splitlines() if line.startswith(beginnings)))
        for name, page in await _pages(redis, namespace)
    ]
    return [sample for family in _Joined(pages).collect() for sample in family.samples]


async def _pages(redis: Redis, namespace: str) -> list[tuple[str, str]]:
    """Return each process's own page with its name, `service:instance`."""
    index = _index(namespace)
    try:
        await redis.zremrangebyscore(index, "-inf", time.time() - 2 * LIVE_S)
        names = [_text(name) for name in await redis.zrange(index, 0, -1)]
        pages = await redis.mget([f"{index}:{name}" for name in names]) if names else []
    except Exception as error:
        if away := as_platform_error(error):
            raise away from error
        raise
    return [(name, _text(page)) for name, page in zip(names, pages, strict=True) if page]


def _text(answer: object) -> str:
    """Decode what Redis answered; its client may be set to decode or not."""
    return answer.decode() if isinstance(answer, bytes) else str(answer)


class _Read(Collector):
    """Families as they were read."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """Return them."""
        yield from self._families


class _Joined(Collector):
    """Many processes' pages as one: a family once, with the samples of all."""

    def __init__(self, pages: Iterable[tuple[str, str]]) -> None:
        self._families: dict[str, Metric] = {}
        for name, page in pages:
            service, _, instance = name.partition(":")
            self._add(page, {"service": service, "instance": instance})

    def _add(self, page: str, place: dict[str, str]) -> None:
        for family in text_string_to_metric_families(page):
            joined = self._families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            joined.samples += [sample._replace(labels=place | sample.labels) for sample in family.samples]

    def collect(self) -> Iterator[Metric]:
        """Return the joined families by name."""
        yield from (self._families[name] for name in sorted(self._families))
