"""Candles that readers want to see: those that features are computed from, in parts, from the process that keeps them."""

from datetime import UTC, datetime

import numpy as np
import pytest

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.candles import CandlePart, ReadCandles
from libs.market.candles import Market
from services.inference.outbound.candles_market import CandlesMarket
from tests.inference.conftest import Story
from tests.market.own import Rows, put


async def read(story: Story, **asked: object) -> CandlePart:
    return await story.gateway.ask(ReadCandles.model_validate(asked), within=60)


async def test_a_part_has_the_candles_of_its_window_and_says_what_lies_to_either_side(story: Story) -> None:
    async with story.service():
        part = await read(story, symbol="EURUSD", timeframe="1h", start=datetime(2017, 3, 1, 12, tzinfo=UTC), most=3)
        last = await read(story, symbol="EURUSD", timeframe="1h", end=part.before, most=2)
        nothing = await read(
            story, symbol="EURUSD", timeframe="1h", start=datetime(2017, 3, 4, tzinfo=UTC), end=datetime(2017, 3, 5, tzinfo=UTC), most=2
        )
        with pytest.raises(AskRefusedError):
            await read(story, symbol="NOBODYS", timeframe="1h", most=2)

    whole = Market(None, synthetic_allowed=False).candles("EURUSD", "1h")
    begin = int(np.searchsorted(whole.time, int(datetime(2017, 3, 1, 12, tzinfo=UTC).timestamp()) * 10**9))
    assert part.close == tuple(whole.close[begin : begin + 3].tolist())
    assert part.closed == tuple((whole.time[begin : begin + 3] // 10**6).tolist())
    assert [a - b for a, b in zip(part.closed, part.opened, strict=True)] == [3_600_000] * 3
    assert last.close == tuple(whole.close[begin - 2 : begin].tolist())
    assert (nothing.closed, nothing.before, nothing.after) == (
        (), datetime(2017, 3, 3, 22, tzinfo=UTC), datetime(2017, 3, 5, 23, tzinfo=UTC)
    )  # fmt: skip


async def test_candles_of_ones_own_are_made_coarser_as_training_makes_them(story: Story) -> None:
    artifacts = Artifacts(story.store.url)
    own = put(artifacts, Rows(calendar="XNYS", bars=1400))

    async with story.service():
        part = await read(story, symbol="ACME", timeframe="1d", most=1000, own=own)

    daily = Market(None, synthetic_allowed=False, artifacts=artifacts, own=(own,)).candles("ACME", "1d")
    assert part.high == tuple(daily.high.tolist())
    assert daily.opened is not None
    assert part.opened == tuple((daily.opened // 10**6).tolist())


async def test_what_is_kept_for_who_goes_on_has_a_bound(story: Story) -> None:
    artifacts = Artifacts(story.store.url)
    market, owns = CandlesMarket(None, artifacts, kept_bytes=200_000), [put(artifacts, Rows(bars=2000, seed=seed)) for seed in range(3)]

    for own in owns:
        await market.part(ReadCandles(symbol="ACME", timeframe="1h", most=1, own=own))

    assert [key[2] for key in market._kept] == [owns[-1].sha256]
