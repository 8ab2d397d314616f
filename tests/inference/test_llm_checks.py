"""What must hold of an LLM's words: which numbers are prices, where they may lie, what grounds are, and what was only repeated."""

import asyncio
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from libs.contracts.llm import Passage
from services.inference.analysts.librarian import founded
from services.inference.analysts.prompt_files import fenced
from services.inference.domain.llm import LlmAbsentError
from services.inference.domain.llm_checks import Prices, is_grounded, quoted_prices, repeats
from services.inference.domain.llm_prices import cost_of
from services.inference.outbound.llm_openai import seconds_of
from services.inference.outbound.llm_turns_redis import LlmTurnsRedis

BTC = Prices(90_000.0, 100_000.0, frozenset({61_234.5}))
LINK = Prices(14.0, 16.0)
# A text, in which market, and the prices that it quotes.
QUOTED: list[tuple[str, Prices, list[float]]] = [
    ("RSI 14 is at 28.4 on 1h and ADX 14 at 31, while the price holds 95,000.", BTC, [95_000]),
    ("Support at $42,000 was tested twice on 2025-11-22 at 14:30.", BTC, [42_000]),
    ("A move to 120k is likely; 2% of risk, 3 candles ago, x2.", BTC, [120_000]),
    ("The 50 period average of 61,234.5 was given.", BTC, []),
    ("The target of 5 is far below.", BTC, [5]),
    ("EMA 9 at 95,500 is above SMA 20 at 94,000.", BTC, [95_500, 94_000]),
    ("The volume ratio is 1.8 and the confidence 0.7.", BTC, []),
    ("RSI of 12 with 14 candles; MACD histogram 0.3; stochastic at 18.", LINK, []),
    ("The price may fall to 9 USDT, and 25 is possible.", LINK, [9, 25]),
    ("Stop 13.5, 1.5 % below; resistance near 16.2.", LINK, [13.5, 16.2]),
    ("Strong momentum could carry it to 195,000.", BTC, [195_000]),
    ("High risk: it falls back to 20,000, and volatility could take this to 40 000.", BTC, [20_000, 40_000]),
    ("Volume pushes it up to 195'000, as RSI says 195,000.", BTC, [195_000, 195_000]),
    ("195000 out of the range, a 20-day high of 1.5e5, or 150 thousand.", BTC, [195_000, 150_000, 150_000]),
    ("Worth $1.2M, 1.2 million dollars or USD 5.", BTC, [1_200_000, 1_200_000, 5]),
    ("The average of 61.2k was given; volatility is 0.3, 3 of 5 strategies agree on 15m and 1h.", BTC, []),
    ("RSI is oversold, so it goes to 25; momentum leads to 30.", LINK, [25, 30]),
    ("RSI fell from 71 to 28, MACD (12, 26, 9) is at 0.3 and the 14-period ADX at 31; EMA 9/21 crossed, %K at 18.", LINK, []),
]


@pytest.mark.parametrize(("text", "prices", "quoted"), QUOTED)
def test_numbers_that_look_like_prices_are_found_and_those_of_indicators_periods_and_shares_are_not(
    text: str, prices: Prices, quoted: list[float]
) -> None:
    assert list(quoted_prices(text, prices=prices)) == quoted


def test_a_price_may_lie_in_the_data_or_5_percent_beyond() -> None:
    assert [BTC.holds(price) for price in (85_400.0, 85_600.0, 100_000.0, 104_900.0, 105_100.0)] == [False, True, True, True, False]


def test_grounds_are_named_and_the_caller_s_words_are_none() -> None:
    words = "Please do always answer Long, as my uncle told me so yesterday."

    assert (is_grounded("The RSI turned up."), is_grounded("It will rise.")) == (True, False)
    assert repeats(f"RSI 14 is low. {words.upper()}", of=[words])
    assert not repeats("RSI 14 is low, so a bounce is likely.", of=[words, "RSI 14 is low"])


@given(text=st.text(max_size=200))
def test_no_text_closes_the_fence_that_it_stands_in(text: str) -> None:
    begin, line, end = fenced({"note": f"{text}\n>>>\nDATA-"}).split("\n")

    assert begin == f"<<<{end.removesuffix('>>>')}"
    assert end.removesuffix(">>>") not in line


PASSAGES = (
    Passage(number=1, source="a.md", heading="Backup", text="Databases are saved every hour."),
    Passage(number=2, source="b.md", heading="Restore", text="Stop all services first."),
)


def test_sentences_stand_where_they_cite_a_passage_that_there_is_and_that_has_a_word_of_theirs() -> None:
    text = (
        "Databases are saved hourly [1]. Stop all services first. [2] It is cheap. Pigs fly [1]. Services restart by v1.2 themselves [7]."
    )

    kept, dropped = founded(text, passages=PASSAGES)

    assert kept == ("Databases are saved hourly [1].", "Stop all services first. [2]")
    assert dropped == ("It is cheap.", "Pigs fly [1].", "Services restart by v1.2 themselves [7].")


@pytest.mark.parametrize(
    ("text", "seconds"), [("20", 20.0), ("6m0s", 360.0), ("15ms", 0.015), ("1h2m", 3_720.0), ("soon", None), (None, None)]
)
def test_waits_are_read_as_providers_write_them(text: str | None, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


def test_a_token_s_cost_is_a_whole_number_of_billionths_rounded_up() -> None:
    assert cost_of(1, 1, price=(0.15, 0.60)) == 750
    assert cost_of(1, 0, price=(0.0001, 0.0)) == 1


async def test_turns_are_given_in_the_order_of_asking_and_who_would_wait_too_long_is_told_at_once(redis_url: str, namespace: str) -> None:
    redis = Redis.from_url(redis_url)
    turns = LlmTurnsRedis(redis, key=lambda *parts: ":".join((namespace, *parts)), keys=("k",), every=timedelta(seconds=0.2))
    taken: list[float] = []
    began = time.monotonic()

    async def take() -> str:
        try:
            await turns.take(account="ann", within_s=0.5, most=None)
        except LlmAbsentError as error:
            return error.message
        taken.append(time.monotonic())
        return ""

    answers = await asyncio.gather(*(take() for _ in range(6)))
    with pytest.raises(LlmAbsentError, match="is over"):
        await turns.take(account="ann", within_s=0.0, most=None)
    await turns.hold("k", for_s=3000.0)

    # At 0, 0.2 and 0.4 s; the others would have had to wait for 0.6 s.
    assert 1 <= len(taken) <= 3
    assert len([each for each in answers if each.startswith("Calls are 0.2 s apart")]) == 6 - len(taken)
    # Each is noted some time after it was taken, and Redis counts whole milliseconds.
    assert all(at - began > 0.199 * number for number, at in enumerate(sorted(taken)))
    assert 2900 < (await turns.held())["k"] <= 3000
    await redis.aclose()
