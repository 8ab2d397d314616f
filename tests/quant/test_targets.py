"""What a model predicts, read from its name: how far ahead, for which types of model, and what is refused with which right name."""

import numpy as np
import pytest

from libs.contracts.training import ModelType
from libs.quant.labels import bars_ahead, direction, forward_change, forward_return
from libs.quant.targets import UnknownTargetError, parse_target
from tests.quant.walks import of_closes, walk


@pytest.mark.parametrize(
    ("name", "timeframe", "bars"),
    [
        ("price_close_next_day", "1d", 1),
        ("price_close_next_day", "1h", 24),
        ("return_next_3_days", "1d", 3),
        ("direction_next_4_hours", "15m", 16),
        ("volume_next_week", "1w", 1),
        ("high_next_5_bars", "30m", 5),
        ("forward_return", "1d", 7),
    ],
)
def test_a_target_looks_as_many_candles_ahead_as_it_says(name: str, timeframe: str, bars: int) -> None:
    assert parse_target(name).horizon(timeframe, default=7) == bars


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("price_close_next_dya", "Did you mean 'price_close_next_day'?"),
        ("price_clos_next_day", "Did you mean 'price_close_next_day'?"),
        ("price_volume_next_day", "Did you mean 'volume_next_day'?"),
        ("retrn_next_2_days", "Did you mean 'return_next_2_days'?"),
        ("forward_retrn", "Did you mean 'forward_return'?"),
        ("price_return_next_day", "Did you mean 'return_next_day'?"),
        ("banana_tomorrow", "columns: open, high, low, close, volume, return, direction, or a further column of your candles"),
        ("close_next_0_days", "at least 1 day"),
    ],
)
def test_what_is_no_target_is_refused_with_the_nearest_that_is(name: str, told: str) -> None:
    with pytest.raises(UnknownTargetError) as refused:
        parse_target(name)

    assert told in refused.value.details["target_variable"][0]


def test_a_target_between_two_candles_or_too_far_is_refused() -> None:
    with pytest.raises(UnknownTargetError, match="no whole number of 1d candles"):
        parse_target("close_next_36_hours").horizon("1d")
    with pytest.raises(UnknownTargetError, match="looks 1440 candles of 1m ahead"):
        parse_target("close_next_day").horizon("1m")


def test_each_target_says_which_types_of_model_predict_it_and_what_it_answers() -> None:
    close, up, volume = (parse_target(name) for name in ("price_close_next_day", "direction_next_day", "volume_next_day"))

    assert close.types == (ModelType.REGRESSION, ModelType.TIME_SERIES)
    assert (close.level, close.classes, close.is_traded) == ("close", None, True)
    assert (up.types, up.level, up.classes) == ((ModelType.CLASSIFICATION,), None, ("BUY", "SELL"))
    assert (volume.types, volume.level, volume.is_traded) == ((ModelType.REGRESSION,), "volume", False)
    assert parse_target("return_next_day").level is None


def test_any_other_column_is_one_of_own_candles_whose_level_is_predicted() -> None:
    names = ("sentiment_score_next_day", "open_interest_next_2_bars", "iv30_next_week")

    found = [parse_target(name) for name in names]

    assert [each.own_column for each in found] == ["sentiment_score", "open_interest", "iv30"]
    assert {(each.types, each.level, each.classes, each.is_traded) for each in found} == {((ModelType.REGRESSION,), None, None, False)}
    assert parse_target("price_close_next_day").own_column is None


def test_labels_are_the_change_of_the_column_and_its_direction() -> None:
    candles = walk(200, segments=2)

    highs, moves, ups = (
        forward_change(candles, column="high", horizon=3),
        forward_return(candles, horizon=3),
        direction(candles, due=bars_ahead(candles, horizon=3)),
    )

    for rows in candles.segments():
        for bar in range(rows.start, rows.stop - 3):
            assert highs.values[bar] == pytest.approx(candles.high[bar + 3] / candles.high[bar] - 1)
            assert ups.values[bar] == (0 if moves.values[bar] > 0 else 1)
        assert np.isnan(highs.values[rows.stop - 3 : rows.stop]).all()
        assert (ups.known_at[rows.stop - 3 : rows.stop] == -1).all()
    np.testing.assert_array_equal(ups.known_at, moves.known_at)


def test_a_close_that_stays_is_not_higher() -> None:
    candles = of_closes(100, 100, 99, 101)
    assert direction(candles, due=bars_ahead(candles, horizon=1)).values.tolist() == [1, 1, 0, -1]
