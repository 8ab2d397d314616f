"""Rules: what they mean, what is refused and how it is said."""

import numpy as np
import pytest

from libs.chassis.errors import InvalidError
from libs.quant.lines import Lines
from libs.quant.rule_values import decisions_by_rules, met
from libs.quant.rules import LENGTH_MOST, parse_rule
from tests.quant.walks import candles_of, of_closes, walk


def where(text: str, *closes: float) -> list[int]:
    """Return the bars at which a rule is met on candles of these closes."""
    return np.flatnonzero(met(parse_rule(text), Lines(of_closes(*closes)))).tolist()


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("close > 11", [2, 3]),
        ("close > sma_2", [1, 2]),
        ("not close > sma_3", [4]),  # before its first value it is neither true nor false
        ("close > sma_5 or close == 11", [1]),
        ("close < sma_5 and close == 11", []),
        ("10 < close <= 12 and volume == 1", [1, 2, 3]),
        ("close * 2 - 1 >= 23", [2, 3]),
        ("-close < -11", [2, 3]),
        ("close / (close - 12) > 0", []),  # divided by nothing, or below it
        ("crosses_above(close, 11)", [2]),
        ("crosses_below(close, sma_2)", [4]),
        ("close > prev(close, 2)", [2, 3]),
        ("highest_2 == 12", [2, 3, 4]),
    ],
)
def test_a_rule_is_met_where_it_is_true(text: str, bars: list[int]) -> None:
    assert where(text, 10, 11, 12, 12, 9) == bars


def test_levels_are_in_units_of_the_price_where_features_are_fractions_of_it() -> None:
    candles = walk(120)
    lines = Lines(candles)

    np.testing.assert_allclose(lines.named("atr_14") / candles.close, lines.feature("atr_14"), rtol=1e-12)
    np.testing.assert_allclose(lines.named("macd_signal") / candles.close, lines.feature("macd_signal"), rtol=1e-9)
    band = lines.named("bb_upper_20_2") - lines.named("bb_lower")
    np.testing.assert_allclose(band[19], 4 * candles.close[:20].std(), rtol=1e-12)


def test_nothing_is_met_over_a_hole_or_at_a_segments_first_bar() -> None:
    close = np.array([10.0, 9, 12, 13, 14])
    candles = candles_of(close, close, close, close, np.ones(5), segment=np.array([0, 0, 1, 1, 1]))

    decided = decisions_by_rules(
        Lines(candles),
        enter_long=parse_rule("close > 1"),
        exit_long=parse_rule("crosses_above(close, 10)"),
        enter_short=parse_rule("prev(close, 1) < 12"),
    )

    assert np.flatnonzero(decided.enter_long).tolist() == [1, 3, 4]
    assert not decided.exit_long.any()
    assert np.flatnonzero(decided.enter_short).tolist() == [1]
    assert not decided.exit_short.any()


@pytest.mark.parametrize(
    ("text", "warm_up"),
    [("close > 1", 1), ("rsi_14 < 30 and close > sma_50", 49), ("rsi_14 < 30 or close > sma_50", 14), ("prev(ema_9, 3) > 1", 11), ("crosses_above(ema_9, ema_21)", 21),
     ("not (rsi_14 < 30 and close > sma_50)", 14)],
)  # fmt: skip
def test_a_rule_says_at_how_many_first_bars_it_cannot_be_met(text: str, warm_up: int) -> None:
    assert parse_rule(text).warm_up == warm_up


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("close", "condition is wanted"),
        ("rsi14 < 30", "Did you mean 'rsi_14'? (at character 1)"),
        ("  close > smma_50", "Did you mean 'sma_50'? (at character 11)"),
        ("close > sm_50", "Did you mean 'sma_50'?"),
        ("rsj_20 < 30", "Did you mean 'rsi_20'?"),
        ("close > sm_9999", "Did you mean 'sma'?"),
        ("close > sma_50 *", "ends before it is complete. (at character 17)"),
        ("close > sma_0", "allowed is 1 to 500. (at character 9)"),
        ("macd_30_20 > 0", "fast must be less than slow"),
        ("rsi_9999 > 1", "allowed is 2 to 500"),
        ("cross_above(close, 3)", "Did you mean 'crosses_above'?"),
        ("crosses_above(close)", "two arguments"),
        ("prev(close, 0) > 1", "1 to 500"),
        ("close is 3", "compared by < <= > >= == !="),
        ("close > True", "value is wanted"),
        ("close > 1e5", "a space after it"),
        ("close > 99999999999999999999", "at most 1e+15"),
        ("(close > 3", "never closed"),
        ("close & 3", "write and, or, not"),
        ("close.real > 3", "value is wanted"),
        ("(lambda: 1)() > 3", "no part of a rule"),
        ("__import__('os').system('true')", "no part of a rule"),
        ("__import__(1) > 2", "no function '__import__'"),
        ("close > 3 if close else 2", "condition is wanted"),
        ("close > " + "-" * 30 + "1", "nested 20 deep"),
        ("(" * 400 + "close > 1" + ")" * 400, "cannot be read"),
        (" and ".join(["close > 1"] * 60), "at most 100 parts"),
        ("close > 1" + " " * LENGTH_MOST, "1000 characters"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_place_and_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_rule(text, field="rules.enter_long")

    assert said in caught.value.details["rules.enter_long"][0]


def test_a_rule_may_name_a_column_of_the_accounts_own_candles() -> None:
    assert parse_rule("sentiment > 0.5 and sentiment_lag_3 < 0", columns=("sentiment",)).names == ("sentiment", "sentiment_lag_3")
