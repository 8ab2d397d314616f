"""The rules of technical analysis: hand-computed cases, what must not change an answer, and what must turn it round."""

from dataclasses import replace

import numpy as np
import pytest

from libs.contracts.analyses import STRATEGIES
from libs.quant.analysis.condition import condition_of, suitability
from libs.quant.analysis.indicators import NEEDED, last_values, lines_of, missing
from libs.quant.analysis.live import LiveIndicators
from libs.quant.analysis.reading import Reading, reading_of
from libs.quant.analysis.stances import BOLLINGER, MACD, RSI, STOCHASTIC, VOLUME, LastBar, stances_of, trend_of
from libs.quant.analysis.support_resistance import nearest_levels, turns
from libs.quant.analysis.verdict import Opinion, opinion_of
from libs.quant.candles import Candles, Floats
from libs.quant.features import compute_features
from libs.quant.indicators.bars import Bars, bars_of
from tests.quant.walks import of_closes, walk


def bars(candles: Candles) -> Bars:
    return bars_of(candles, rows=slice(0, len(candles)))


def read(candles: Candles, timeframe: str = "1h") -> Reading:
    return reading_of(timeframe, bars(candles))


def mirrored(given: Bars) -> Bars:
    """Turn prices round: what rose, falls by as much."""
    middle = 2 * float(given.close.max()) + 1.0
    return replace(given, open=middle - given.open, high=middle - given.low, low=middle - given.high, close=middle - given.close)


def opinion(given: Bars, price: float | None = None) -> Opinion:
    return opinion_of([reading_of("1h", given)], price=float(given.close[-1]) if price is None else price)


def test_indicators_of_a_straight_line_are_those_computed_by_hand() -> None:
    closes = np.arange(1.0, 61.0)
    values = last_values(bars(of_closes(*closes)))

    assert values["sma_20"] == pytest.approx(50.5)
    assert values["sma_50"] == pytest.approx(35.5)
    assert values["ema_9"] == pytest.approx(56.0)  # of a line that rises by one, an EMA of n lags by (n - 1) / 2
    assert values["ema_50"] == pytest.approx(35.5)
    assert values["macd"] == pytest.approx(7.0)  # lags 12.5 and 5.5
    assert values["macd_histogram"] == pytest.approx(0.0, abs=1e-9)
    assert (values["rsi_14"], values["stoch_k"], values["stoch_d"]) == pytest.approx((100.0, 100.0, 100.0))
    spread = 2.0 * np.sqrt((20**2 - 1) / 12)  # of 20 numbers in a row
    assert (values["bb_lower"], values["bb_middle"], values["bb_upper"]) == pytest.approx((50.5 - spread, 50.5, 50.5 + spread))
    assert values["atr_14"] == pytest.approx(1.0)
    assert values["adx_14"] == pytest.approx(100.0)
    assert (values["volume_sma_20"], values["volume_ratio"]) == pytest.approx((1.0, 1.0))


def test_they_are_those_that_models_are_trained_on() -> None:
    candles = walk(300)
    lines, close = lines_of(bars(candles)), candles.close
    trained = dict(
        zip(
            ("rsi", "atr", "adx", "macd", "k", "volume"),
            compute_features(candles, ("rsi_14", "atr_14", "adx_14", "macd", "stoch_k_14", "volume_ma_ratio")).T,
            strict=True,
        )
    )

    for ours, theirs in {
        "rsi": lines["rsi_14"],
        "atr": lines["atr_14"] / close,
        "adx": lines["adx_14"],
        "macd": lines["macd"] / close,
        "k": lines["stoch_k"],
        "volume": lines["volume_ratio"],
    }.items():
        assert np.array_equal(trained[ours], theirs, equal_nan=True), ours


@pytest.mark.parametrize("count", [1, 14, 15, 20, 33, 34, 49, 50])
def test_what_has_too_few_candles_is_nothing_and_says_how_many_it_needs(count: int) -> None:
    given = bars(walk(count))
    values, reasons = last_values(given), missing(given)

    assert {name for name, value in values.items() if value is None} == {name for name, needed in NEEDED.items() if count < needed}
    assert reasons.keys() == {name for name, value in values.items() if value is None}
    if count == 49:
        assert reasons["sma_50"] == "it needs 50 candles, there are 49"


def test_a_price_that_never_moves_is_in_the_middle_and_speaks_for_nothing() -> None:
    reading = read(walk(80, flat=True))
    said = opinion_of([reading], price=100.0)

    assert (reading.values["rsi_14"], reading.values["stoch_k"], reading.values["atr_14"]) == (50.0, 50.0, 0.0)
    assert reading.values["bb_upper"] == reading.values["bb_lower"] == 100.0
    assert reading.values["volume_ratio"] is None
    assert (said.signal, said.direction, said.stop) == ("Neutral", 0.0, None)
    assert missing(reading.bars)["volume_ratio"] == "the candles have no volume"


@pytest.mark.parametrize("begin", [1, 40])
def test_indicators_that_are_kept_up_are_the_batch_s_to_the_last_bit(begin: int) -> None:
    candles = walk(260, seed=11)
    quiet = candles.volume.copy()
    quiet[[0, 60, 61, 130]] = 0.0  # not known: the price moved
    candles = replace(candles, volume=quiet)
    live = LiveIndicators(candles.part(0, begin))

    for stop in [*range(begin + 1, 120), 150, 260]:
        part = candles.part(0, stop)
        assert live.follows(part)
        live.read(part)
        assert live.values() == last_values(bars(part)), stop


def test_a_series_that_was_revised_or_has_a_hole_is_not_gone_on_with() -> None:
    candles = walk(120)
    live = LiveIndicators(candles.part(0, 100))
    close = candles.close.copy()
    close[99] *= 1.0001
    high, low = np.maximum(candles.high, close), np.minimum(candles.low, close)

    assert live.follows(candles)
    assert not live.follows(replace(candles, close=close, high=high, low=low))
    assert not live.follows(replace(candles, segment=(np.arange(120) > 105).astype(np.int32)))


def test_levels_are_the_turns_by_hand() -> None:
    lows = np.array([5.0, 4.0, 3.0, 4.0, 5.0, 4.5, 4.0, 4.5, 5.0, 6.0])
    highs = lows + 1.0
    candles = of_closes(*lows)
    given = replace(bars(candles), low=lows, high=highs)

    low, high = turns(given)

    assert (low.tolist(), high.tolist()) == ([3.0, 4.0], [6.0])
    assert nearest_levels([3.0, 4.0, 4.01, 6.0], price=5.0, below=True, apart=0.1) == (4.01, 3.0)
    assert nearest_levels([3.0, 4.0, 6.0], price=5.0, below=False, apart=0.1) == (6.0,)


VALUES = dict.fromkeys(NEEDED, 1.0)
LAST = LastBar(open=100.0, high=110.0, low=100.0, close=110.0)


@pytest.mark.parametrize(
    ("strategy", "values", "stance"),
    [
        (RSI, {"rsi_14": 30.0}, 1.0),
        (RSI, {"rsi_14": 60.0}, -0.5),
        (STOCHASTIC, {"stoch_k": 80.0}, -1.0),
        (MACD, {"macd_histogram": 0.5, "atr_14": 2.0}, 0.5),
        (BOLLINGER, {"bb_lower": 90.0, "bb_upper": 130.0}, 0.0),
        (BOLLINGER, {"bb_lower": 100.0, "bb_upper": 110.0}, -1.0),
        (VOLUME, {"volume_ratio": 1.25}, 0.5),
        (VOLUME, {"volume_ratio": 0.5}, 0.0),
        (VOLUME, {"volume_ratio": None}, None),
    ],
)
def test_what_each_strategy_says_is_computed_by_hand(strategy: str, values: dict[str, float | None], stance: float | None) -> None:
    assert stances_of(VALUES | values, LAST)[strategy] == (None if stance is None else pytest.approx(stance))


def test_a_lower_rsi_never_speaks_less_for_buying() -> None:
    said = [stances_of(VALUES | {"rsi_14": rsi}, LAST)[RSI] or 0.0 for rsi in np.linspace(0, 100, 41)]

    assert said == sorted(said, reverse=True)


@pytest.mark.parametrize("seed", range(6))
def test_a_market_turned_round_gets_the_opposite_signal(seed: int) -> None:
    given = bars(walk(200, seed=seed))
    first, other = opinion(given), opinion(mirrored(given))

    assert other.direction == pytest.approx(-(first.direction or 0.0), abs=1e-9)
    assert {first.signal, other.signal} in ({"Long", "Short"}, {"Neutral"})
    assert other.confidence == pytest.approx(first.confidence)


@pytest.mark.parametrize("seed", range(3))
def test_the_currency_of_prices_changes_nothing_but_prices(seed: int) -> None:
    given = bars(walk(200, seed=seed))
    dear = replace(given, **{name: 1024.0 * getattr(given, name) for name in ("open", "high", "low", "close")})
    first, other = opinion(given), opinion(dear)

    assert (other.signal, other.size, other.trend) == (first.signal, first.size, first.trend)
    assert other.scores == pytest.approx(first.scores)
    assert other.support == pytest.approx([1024.0 * each for each in first.support])
    assert other.stop == (None if first.stop is None else pytest.approx(1024.0 * first.stop))


@pytest.mark.parametrize("price", [67.3, 0.1, 1.1, 67123.37, 1.234e-5])
def test_a_flat_market_is_neutral_at_any_scale_and_has_no_risk_of_its_own(price: float) -> None:
    flat = bars(of_closes(*np.full(60, price)))
    said = opinion(replace(flat, high=1.001 * flat.close, low=0.999 * flat.close))

    assert (said.signal, said.direction, said.trend, said.volatility) == ("Neutral", 0.0, "Neutral", "Low")
    assert (said.technical_risk, said.market_risk) == (None, 0.0)
    assert said.reasons["risk_assessment.technical_risk"].startswith("nothing speaks for either side")


def test_what_contradicts_itself_is_less_sure_and_all_that_is_weighed_is_shown() -> None:
    rising = read(of_closes(*(100.0 * 1.01 ** np.arange(120))))
    alone = opinion_of([rising], price=rising.close, strategies=(RSI,))

    assert (alone.signal, alone.scores) == ("Long", {RSI: 0.0, "Trend": 1.0})
    assert alone.technical_risk == pytest.approx(1.0)
    assert alone.confidence == pytest.approx(0.5)


def test_what_has_no_volume_says_so() -> None:
    given = bars(walk(60))

    assert opinion(replace(given, volume=np.zeros(60))).reasons[f"strategy_scores.{VOLUME}"] == "the candles have no volume"


def test_fewer_candles_lower_the_confidence_of_the_same_direction() -> None:
    closes = 100.0 * 1.01 ** np.arange(60)
    sure = [opinion(bars(of_closes(*closes[-count:]))).confidence for count in (5, 22, 40, 60)]

    assert sure == sorted(sure)
    assert opinion(bars(of_closes(100.0))).confidence == 0.0


def test_a_position_loses_at_its_stop_what_may_be_risked() -> None:
    markets = [bars(walk(300, seed=seed)) for seed in range(20)]
    price, said = next(
        (float(each.close[-1]), found) for each in markets if (found := opinion(each)).signal != "Neutral" and found.size != 1.0
    )

    assert said.size is not None
    assert said.stop is not None
    assert said.target is not None
    assert said.size * abs(said.stop / price - 1.0) == pytest.approx(0.01)
    assert abs(said.target - price) == pytest.approx(1.5 * abs(said.stop - price))


@pytest.mark.parametrize(("last", "kind"), [(1.06, "Trending Up"), (0.94, "Trending Down"), (1.04, "Sideways")])
def test_a_market_trends_beyond_five_per_cent(last: float, kind: str) -> None:
    closes = np.linspace(100.0, 100.0 * last, 51)
    condition = condition_of(read(of_closes(*closes)), price=100.0 * last)

    assert condition.kind == kind
    assert condition.confidence == pytest.approx(0.5 + 0.5 * abs(abs(last - 1.0) - 0.05) / 0.05)


def test_a_price_beyond_the_channel_is_a_breakout_and_a_quiet_one_a_consolidation() -> None:
    quiet = 100.0 + 0.5 * (-1.0) ** np.arange(60)

    assert condition_of(read(of_closes(*quiet)), price=102.0).phase == "Breakout"
    assert condition_of(read(of_closes(*quiet)), price=100.0).phase == "Consolidation"


def test_a_condition_that_cannot_be_told_is_none() -> None:
    one, two = (condition_of(read(of_closes(*closes)), price=100.0) for closes in ((100.0,), (100.0, 101.0)))

    assert (one.kind, one.phase) == (None, None)
    assert (two.kind, two.phase) == ("Sideways", None)


def test_followers_suit_trends_and_reverters_the_rest() -> None:
    trending, ranging = read(of_closes(*np.arange(100.0, 160.0))), read(of_closes(*(100.0 + (-1.0) ** np.arange(60))))

    def score(reading: Reading, name: str) -> float:
        found = suitability(reading, name)
        assert found is not None
        return found

    assert score(trending, MACD) > score(ranging, MACD)
    assert all(0.0 <= score(each, name) <= 1.0 for each in (trending, ranging) for name in STRATEGIES)
    assert trend_of(trending.values, trending.close) == 1.0


def test_longer_timeframes_weigh_more() -> None:
    up: Floats = 100.0 * 1.01 ** np.arange(80)
    rises, falls = bars(of_closes(*up)), bars(of_closes(*up[::-1]))
    price = float(up[-1])
    first = opinion_of([reading_of("1m", falls), reading_of("1d", rises)], price=price).direction
    other = opinion_of([reading_of("1m", rises), reading_of("1d", falls)], price=price).direction
    alone = opinion_of([reading_of("1d", rises)], price=price).direction

    assert first is not None
    assert other is not None
    assert alone is not None
    assert np.sign(first) == np.sign(alone)
    assert np.sign(other) == -np.sign(alone)
