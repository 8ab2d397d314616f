"""Rate limits hold for the fleet, cost no round trip, and go on when Redis is away."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from libs.chassis.limits import HOUR_S, RateLimits, Verdict
from libs.chassis.settings import SharedSettings
from libs.chassis.stores.cache import connect_redis
from tests.waiting import until


class Clock:
    """A clock that stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


def away() -> Redis:
    settings = SharedSettings(kafka_bootstrap="x", mongo_url="mongodb://x", redis_url="redis://127.0.0.1:1", artifacts_url="x")
    return connect_redis(settings, "test")


async def test_a_limit_lets_so_many_through_and_says_when_to_come_back() -> None:
    clock = Clock()
    limits = RateLimits(away(), "", clock=clock)

    first, second, third = (limits.check("account", most=2) for _ in range(3))

    assert first == Verdict(allowed=True, limit=2, remaining=1, reset_s=HOUR_S, retry_after_s=None)
    assert second == Verdict(allowed=True, limit=2, remaining=0, reset_s=HOUR_S, retry_after_s=None)
    assert third == Verdict(allowed=False, limit=2, remaining=0, reset_s=HOUR_S, retry_after_s=HOUR_S)


async def test_keys_do_not_share_a_limit_and_an_hour_ends() -> None:
    clock = Clock()
    limits = RateLimits(away(), "", clock=clock)
    assert [limits.check(key, most=1).allowed for key in ("a", "b", "a")] == [True, True, False]

    clock.now += HOUR_S - 0.5
    assert limits.check("a", most=1).retry_after_s == 1
    clock.now += 0.5

    assert limits.check("a", most=1).allowed


async def test_processes_share_a_limit(redis: Redis, namespace: str) -> None:
    one, other = RateLimits(redis, namespace), RateLimits(redis, namespace)
    for _ in range(4):
        assert one.check("account", most=5).allowed
    await one.settle()

    assert other.check("account", most=5).allowed
    await other.settle()

    refused = other.check("account", most=5)
    assert not refused.allowed
    assert refused.retry_after_s is not None
    assert HOUR_S - 30 <= refused.retry_after_s <= HOUR_S
    await one.settle()
    assert one.check("account", most=6).allowed


async def test_settling_goes_on_behind(redis: Redis, namespace: str) -> None:
    one, other = RateLimits(redis, namespace), RateLimits(redis, namespace)

    async with one.running(), other.running():
        for _ in range(3):
            one.check("account", most=1000)

        async def shared() -> bool:
            return other.check("account", most=1000).remaining <= 1000 - 3 - 1

        await until(shared)
    total = int(await redis.get(f"{namespace}:limit:account") or 0)
    assert total >= 4


async def test_counts_are_settled_when_the_process_ends(redis: Redis, namespace: str) -> None:
    limits = RateLimits(redis, namespace)

    async with limits.running():
        for _ in range(7):
            limits.check("account", most=1000)

    assert int(await redis.get(f"{namespace}:limit:account") or 0) == 7


async def test_settling_ends_with_the_process_at_whatever_step_of_a_command_it_is(redis: Redis, namespace: str) -> None:
    """Python 3.11's `wait_for`, which Redis's client sends with, swallows one cancellation in some of these."""
    for steps in range(60):
        limits = RateLimits(redis, namespace)
        async with limits.running():
            limits.check("account", most=1000)
            for _ in range(steps):
                await asyncio.sleep(0)

    # What Redis heard of a command that was broken off is told once more: too strict by a few, never too lax.
    assert int(await redis.get(f"{namespace}:limit:account") or 0) >= 60


async def test_limits_hold_locally_while_redis_is_away_and_nothing_counted_is_lost(redis: Redis, namespace: str) -> None:
    limits = RateLimits(away(), namespace)
    async with limits.running():
        await asyncio.sleep(0)
        verdicts = [limits.check("account", most=3).allowed for _ in range(5)]
    assert verdicts == [True, True, True, False, False]

    limits._redis = redis
    await limits.settle()

    assert int(await redis.get(f"{namespace}:limit:account") or 0) == 3


async def test_a_burst_of_one_account_is_settled_in_few_round_trips(redis: Redis, namespace: str) -> None:
    limits = RateLimits(redis, namespace)
    before = int((await redis.info("stats"))["total_commands_processed"])

    async with limits.running():
        for _ in range(200):
            for _ in range(20):
                limits.check("account", most=100_000)
            await asyncio.sleep(0)

    assert int((await redis.info("stats"))["total_commands_processed"]) - before < 100
