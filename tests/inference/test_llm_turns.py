"""Whose turn it is to call the LLM: accounts in turn, a bound for each, and places that are given back; what is told of a good call."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest
from redis.asyncio import Redis

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.bus.port import AskRefusedError
from libs.contracts.gateway import AccountErased
from libs.contracts.llm import LlmReason, ProbeLlm
from services.inference.domain.llm import PERIODIC, LlmAbsentError, LlmQueueFullError
from services.inference.outbound import llm_turns_redis
from services.inference.outbound.llm_turns_redis import LlmTurnsRedis
from services.inference.settings import Settings
from tests.inference.llm_desk import KEYS, LlmStory, a_verdict, an_ask, llm_story, told_by
from tests.inference.llm_server import fails, says, slow
from tests.waiting import until

NEVER = timedelta(minutes=1)


@asynccontextmanager
async def turns_of(settings: Settings, redis_url: str, *, every: timedelta) -> AsyncIterator[Callable[[], LlmTurnsRedis]]:
    """Replicas that share turns."""
    redis = Redis.from_url(redis_url)
    yield lambda: LlmTurnsRedis(redis, key=settings.key, keys=(), every=every)
    await redis.aclose()


async def queued(settings: Settings, redis_url: str, count: int) -> None:
    """Wait until so many calls wait for their turn."""
    async with Redis.from_url(redis_url) as redis:

        async def are() -> bool:
            return int(await redis.zcard(settings.key("llm", "queue"))) == count

        await until(are, what=f"{count} calls in the queue")


async def test_accounts_are_served_in_turn_however_many_calls_one_of_them_has_waiting(
    keyed: Settings, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llm_turns_redis, "LOOK_S", 0.05)
    served: list[str] = []

    async with turns_of(keyed, redis_url, every=NEVER) as replica, Redis.from_url(redis_url) as redis:

        async def call(account: str) -> None:
            await replica().take(account=account, within_s=600, most=None)
            served.append(account)

        async def are_served(count: int) -> bool:
            return len(served) == count

        await call("greedy")
        waiting = [asyncio.create_task(call("greedy")) for _ in range(4)]
        await queued(keyed, redis_url, 4)
        waiting += [asyncio.create_task(call(other)) for other in ("ann", "bob")]
        await queued(keyed, redis_url, 6)
        for count in range(2, 8):
            await redis.delete(keyed.key("llm", "turn"))  # The minute is over.
            await until(partial(are_served, count), what=f"turn {count}")
        await asyncio.gather(*waiting)

    assert served[0] == "greedy"
    assert set(served[1:3]) == {"ann", "bob"}
    assert served[3:] == ["greedy"] * 4


async def test_a_call_beyond_an_account_s_bound_is_refused_with_its_place_and_the_platform_s_own_work_comes_last(
    keyed: Settings, redis_url: str
) -> None:
    async with turns_of(keyed, redis_url, every=NEVER) as replica:
        await replica().take(account="ann", within_s=30, most=1)
        waiting = asyncio.create_task(replica().take(account="ann", within_s=300, most=1))
        await queued(keyed, redis_url, 1)

        with pytest.raises(LlmQueueFullError) as full:
            await replica().take(account="ann", within_s=300, most=1)
        with pytest.raises(LlmAbsentError) as late:
            await replica().take(account=PERIODIC, within_s=300, most=None)
        with pytest.raises(LlmAbsentError) as short:
            await replica().take(account="bob", within_s=30, most=1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await queued(keyed, redis_url, 0)

    assert full.value.details["position"] == ["1"]
    assert 50 <= int(full.value.details["retry_after_s"][0]) <= 60
    assert "number 2" in late.value.message
    # Who comes is before who had the newest turn.
    assert "number 1, in" in short.value.message


async def test_accounts_that_come_later_do_not_keep_one_from_its_turn_that_was_served_before(keyed: Settings, redis_url: str) -> None:
    async with turns_of(keyed, redis_url, every=NEVER) as replica, Redis.from_url(redis_url) as redis:
        await replica().take(account="ann", within_s=30, most=None)
        ann, bob = [asyncio.create_task(replica().take(account=name, within_s=300, most=None)) for name in ("ann", "bob")]
        await queued(keyed, redis_url, 2)
        await redis.delete(keyed.key("llm", "turn"))  # The minute is over.
        await bob

        with pytest.raises(LlmAbsentError, match="number 2, in") as late:
            await replica().take(account="new", within_s=30, most=None)
        assert not ann.done()
        ann.cancel()
        await asyncio.gather(ann, return_exceptions=True)

    assert late.value.reason == LlmReason.TURN


@pytest.mark.parametrize("changed", [{"llm_every": timedelta(seconds=30), "llm_waiting_most": 1}])
async def test_who_does_not_wait_any_more_gives_place_and_money_back_and_the_provider_is_not_called(
    desk: LlmStory, keyed: Settings, redis_url: str
) -> None:
    desk.llm.usually = says(a_verdict())
    await desk.analyze()
    gone = [asyncio.create_task(desk.analyze(context=told_by(note="gone"))) for _ in range(2)]
    await queued(keyed, redis_url, 1)  # Two who ask the same wait as one.
    with pytest.raises(AskRefusedError, match="1 calls of this account wait for the LLM already"):
        await desk.analyze(context=told_by(note="another"))

    gone[0].cancel()
    await asyncio.wait([gone[0]])
    await queued(keyed, redis_url, 1)
    gone[1].cancel()
    await queued(keyed, redis_url, 0)

    async def is_given_back() -> bool:
        return (await desk.use()).today.held_usd == 0

    await until(is_given_back, what="what was reserved")
    assert (await desk.use()).today.requests == len(desk.llm.requests) == 1


async def test_a_key_that_is_limited_after_its_caller_has_gone_is_held_back_and_a_good_probe_is_not_shown_on(desk: LlmStory) -> None:
    desk.llm.reactions, desk.llm.usually = [says("SUCCESS"), slow], says("SUCCESS")
    desk.llm.at_last = fails(429, headers={"retry-after": "600"})
    await desk.bus.ask(ProbeLlm(), within=60)
    gone = asyncio.create_task(desk.analyze())

    async def is_called() -> bool:
        return len(desk.llm.requests) == 2

    async def is_known() -> bool:
        return (await desk.use()).last_failure == LlmReason.EXHAUSTED

    await until(is_called, what="the call")
    gone.cancel()
    await asyncio.wait([gone])
    desk.llm.silent.set()
    await until(is_known, what="its failure")
    probe = await desk.bus.ask(ProbeLlm(), within=60)

    assert (probe.succeeded, probe.age_s, probe.keys.usable) == (True, 0, 1)
    assert desk.llm.keys == [KEYS[0], KEYS[0], KEYS[1]]


async def test_what_is_told_of_an_account_that_is_erased_in_the_middle_of_a_call_is_nothing_and_its_cost_is_settled(desk: LlmStory) -> None:
    desk.llm.reactions = [slow]
    asked = asyncio.create_task(desk.analyze())

    async def is_called() -> bool:
        return bool(desk.llm.requests)

    async def is_forgotten() -> bool:
        return await desk.database["llm_days"].find_one({"account_id": "account_1"}) is None

    await until(is_called, what="the call")
    await desk.bus.publish(AccountErased(sequence=1, account_id="account_1"))
    await until(is_forgotten, what="the account's sums")
    desk.llm.silent.set()
    await asked

    kept = [name for name in await desk.database.list_collection_names() if name != "erased_accounts"]
    left = [name for name in kept async for row in desk.database[name].find() if "account_1" in str(row)]
    assert left == []
    use = await desk.use(None)
    assert (use.today.requests, use.today.held_usd) == (1, 0)
    assert await desk.database["llm_calls"].count_documents({}) == 0


async def test_a_kept_answer_is_given_again_where_there_is_no_key_any_more(desk: LlmStory, keyed: Settings, redis_url: str) -> None:
    desk.llm.reactions = [says(a_verdict())]
    first = await desk.analyze()

    without = {"llm_api_key": None, "llm_backup_api_keys": (), "llm_base_url": "https://api.openai.com/v1"}
    async with llm_story(keyed, desk.llm, database=desk.database, redis_url=redis_url, broker=MemoryBroker(), **without) as keyless:
        again, other = await keyless.analyze(replay=True), await keyless.analyze(replay=True, context=told_by(note="other"))

    assert (again.analyst, again.replayed, again.reasoning) == ("llm", True, first.reasoning)
    assert (other.analyst, other.llm_absent) == ("technical", "No LLM is configured (INFERENCE_LLM_API_KEY).")
    assert len(desk.llm.requests) == 1


async def test_a_good_probe_is_shown_again_with_its_age_until_a_call_fails(desk: LlmStory) -> None:
    desk.llm.reactions = [says("SUCCESS")]
    first, again = [await desk.bus.ask(ProbeLlm(), within=60) for _ in range(2)]

    desk.llm.reactions = [fails(500), fails(503)]
    await desk.bus.ask(an_ask(), within=60)
    after = await desk.bus.ask(ProbeLlm(), within=60)

    assert (first.age_s, again.checked_at) == (0, first.checked_at)
    assert again.age_s > 0
    assert (after.succeeded, after.error_type) == (False, LlmReason.SERVER)
    assert len(desk.llm.requests) == 3
