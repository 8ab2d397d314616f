"""Who may call the LLM, and when: keys that are held back, turns, and the budgets of accounts, of the platform and of its own work."""

import asyncio
import re
from datetime import timedelta

import pytest

from libs.chassis.bus.memory import MemoryBroker
from libs.contracts.llm import AnswerQuestion, LlmReason, Passage, ProbeLlm
from services.inference.settings import Settings
from tests.inference.llm_desk import KEYS, LlmStory, a_verdict, llm_story, told_by
from tests.inference.llm_server import fails, says, slow
from tests.waiting import until


async def test_a_limited_key_makes_way_for_the_next_and_returns_after_its_reset(desk: LlmStory) -> None:
    desk.llm.reactions = [fails(429, headers={"retry-after": "0.3"}), says(a_verdict())]
    desk.llm.usually = says(a_verdict())

    rotated = await desk.analyze()

    async def reset() -> bool:
        return (await desk.bus.ask(ProbeLlm(), within=60)).keys.usable == 2

    await until(reset, what="the first key's reset")
    desk.llm.keys.clear()
    await desk.analyze(context=told_by(note="again"))

    assert rotated.analyst == "llm"
    assert desk.llm.keys == [KEYS[0]]


async def test_when_all_keys_are_limited_or_refused_none_is_called_until_one_is_good_again(desk: LlmStory) -> None:
    desk.llm.reactions = [fails(429, headers={"x-ratelimit-reset-requests": "6m0s"}), fails(401)]

    first, second = await desk.analyze(), await desk.analyze(context=told_by(note="again"))

    assert desk.llm.keys == list(KEYS)
    assert re.fullmatch(r"All API keys exhausted or rate limited\. The first is good again in 3[56]\d s\.", str(first.llm_absent))
    assert "All API keys exhausted" in str(second.llm_absent)
    use = await desk.use()
    assert (use.available, use.absent, use.today.cost_usd, use.today.held_usd) == (False, LlmReason.EXHAUSTED, 0, 0)
    probe = await desk.bus.ask(ProbeLlm(), within=60)
    assert (probe.succeeded, probe.keys.usable, probe.error_type) == (False, 0, LlmReason.EXHAUSTED)
    assert all(key not in f"{first} {second} {use} {probe}" for key in KEYS)


@pytest.mark.parametrize("changed", [{"llm_timeout": timedelta(seconds=0.3)}])
async def test_a_provider_that_is_too_slow_costs_what_was_reserved_as_nobody_knows_what_it_charges(desk: LlmStory) -> None:
    desk.llm.reactions = [slow]

    analysis = await desk.analyze()

    assert "did not answer within 0.3 s" in str(analysis.llm_absent)
    use = await desk.use()
    assert use.today.cost_usd > 0
    assert (use.today.held_usd, use.last_failure) == (0, LlmReason.TIMEOUT)


@pytest.mark.parametrize("changed", [{"llm_every": timedelta(minutes=1), "llm_within": timedelta(seconds=5)}])
async def test_calls_are_as_far_apart_as_is_set_whichever_replica_makes_them(desk: LlmStory, keyed: Settings, redis_url: str) -> None:
    desk.llm.usually = says(a_verdict())
    changed = {"llm_every": timedelta(minutes=1), "llm_within": timedelta(seconds=5)}

    first = await desk.analyze()
    async with llm_story(keyed, desk.llm, database=desk.database, redis_url=redis_url, broker=MemoryBroker(), **changed) as other:
        second = await other.analyze(context=told_by(note="again"))

    assert first.analyst == "llm"
    assert "Calls are 60 s apart" in str(second.llm_absent)
    assert len(desk.llm.requests) == 1
    assert (await desk.use()).today.requests == 1  # what was not called is not counted


@pytest.mark.parametrize("changed", [{"llm_budget_usd_by_tier": {"pro": 0.004, "elite": 1.0}, "llm_budget_usd_per_day": 0.006}])
async def test_budgets_of_account_and_platform_are_held_by_the_bound_of_a_call_and_a_tier_without_one_has_none(desk: LlmStory) -> None:
    desk.llm.usually = says(a_verdict(), usage={})

    asked = [desk.analyze(context=told_by(note=f"{number}")) for number in range(6)]
    analyses = await asyncio.gather(*asked)
    of_account = [str(each.llm_absent) for each in analyses if each.llm_absent]
    elite = [await desk.analyze(account_id="account_2", tier="elite", context=told_by(note=f"elite {number}")) for number in range(4)]
    stranger = await desk.analyze(account_id=None, tier="free", context=told_by(note="stranger"))

    assert 0 < len(of_account) < 6
    assert [why for why in of_account if "this account's LLM budget of 0.004 USD a day is too little" not in why] == []
    assert elite[0].analyst == "llm"
    assert "platform's LLM budget of 0.006 USD a day is too little" in str(elite[-1].llm_absent)
    assert "budget" in str(stranger.llm_absent)
    use = await desk.use()
    assert use.today.cost_usd <= 0.006
    assert use.account_today is not None
    assert use.account_today.cost_usd <= 0.004


@pytest.mark.parametrize("changed", [{"llm_budget_usd_by_tier": {"anonymous": 0.0, "pro": 1.0}}])
async def test_who_can_pay_is_not_given_the_answer_of_who_could_not_and_what_a_caller_said_is_not_told_to_others(desk: LlmStory) -> None:
    desk.llm.usually = says(a_verdict())
    said = told_by(note="I hold 3 BTC")

    stranger = await desk.analyze(account_id=None, tier="free", context=said)
    again = await desk.analyze(account_id=None, tier="free", context=said)
    pro = await desk.analyze(context=said)

    assert (stranger.analyst, again.recent, pro.analyst, pro.recent) == ("technical", True, "llm", False)
    kept = await desk.database["ai_analysis_results"].find_one({"_id": pro.signal_id})
    assert kept is not None
    assert kept["told"] == {"reasoning": stranger.reasoning, "origin": "caller"}


async def test_what_a_process_reserved_that_died_in_the_middle_of_a_call_stays_reserved(desk: LlmStory) -> None:
    desk.llm.reactions = [slow]
    dying = asyncio.create_task(desk.analyze())

    async def is_called() -> bool:
        return bool(desk.llm.requests)

    await until(is_called, what="the call")
    (held,) = await desk.database["llm_calls"].find().to_list(None)
    use = await desk.use()

    assert held["state"] == "held"
    assert use.today.held_usd == pytest.approx(held["bound"] / 1e9)
    desk.llm.silent.set()
    await dying


@pytest.mark.parametrize("changed", [{"llm_budget_usd_by_tier": {"pro": 0.0001, "elite": 1.0, "platform": 0.0}}])
async def test_too_small_a_rest_is_told_before_and_no_answer_in_the_pages_is_told_as_such(desk: LlmStory) -> None:
    desk.llm.usually = says("The pages do not say.")
    passage = Passage(number=1, source="a.md", heading="Backup", text="Databases are saved every hour.")
    question = AnswerQuestion(conversation_id="c", account_id="account_1", tier="elite", question="Who?", passages=(passage,))

    answered, poor, rich = await desk.bus.ask(question, within=60), await desk.use(), await desk.use("account_2", "elite")
    periodic = await desk.analyze(account_id=None, tier="platform")

    assert (answered.answer, answered.dropped, answered.reason) == (None, (), LlmReason.NOT_IN_PAGES)
    assert (poor.absent, rich.absent) == (LlmReason.BUDGET, None)
    assert "the platform's own work's LLM budget of 0 USD" in str(periodic.llm_absent)
