"""Features: against other people's arithmetic, at the edges, and over holes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from libs.quant.candles import Candles, Floats
from libs.quant.family import RAW_NAMES
from libs.quant.features import compute_features
from libs.quant.grammar import FAMILIES, feature_names, parse_feature
from libs.quant.indicators.volume import VOLUME
from libs.quant.ta_lib import talib
from tests.quant.walks import HOUR, candles_of, of_closes, walk


def column(candles: Candles, name: str) -> Floats:
    return compute_features(candles, [name])[:, 0]


@pytest.mark.parametrize(
    "name", [*feature_names(), *FAMILIES, "stoch_d_5_1_4", "rsi_2", "macd_2_3_1", "volatility_ratio_2_3", "kurtosis_4", "adx_2"]
)
def test_a_feature_has_a_value_from_the_first_bar_that_it_can(name: str) -> None:
    values = column(walk(300), name)

    first = parse_feature(name).warmup
    assert np.isnan(values[:first]).all()
    assert np.isfinite(values[first:]).all()


@pytest.mark.parametrize("name", feature_names())
def test_a_market_that_never_moves_gives_numbers_too(name: str) -> None:
    values = column(walk(200, flat=True), name)

    assert np.isfinite(values[parse_feature(name).warmup :]).all()


@pytest.mark.parametrize(
    ("name", "neutral"),
    [("rsi_14", 50), ("stoch_k_14", 50), ("stoch_d_14", 50), ("williams_r_14", -50), ("mfi_14", 50), ("bollinger_position", 0.5), ("zscore_20", 0),
     ("price_ma_50_ratio", 1), ("volume_ma_ratio", 1), ("vwap_ratio", 1), ("cci_20", 0), ("macd_signal", 0), ("adx_14", 0), ("atr_14", 0)],
)  # fmt: skip
def test_a_market_that_never_moves_gives_the_neutral_value(name: str, neutral: float) -> None:
    values = column(walk(200, flat=True), name)

    assert set(values[parse_feature(name).warmup :]) == {neutral}


def test_rsi_of_a_market_that_only_falls_is_zero() -> None:
    assert column(of_closes(*np.linspace(100, 50, 40)), "rsi_14")[-1] == 0.0


def test_features_agree_with_pandas_and_talib() -> None:
    candles = walk(400)
    close, high, low, volume = (pd.Series(array) for array in (candles.close, candles.high, candles.low, candles.volume))
    returns, prices = np.log(close).diff(), (candles.high, candles.low, candles.close)

    expected = {
        "volatility_20": returns.rolling(20).std(),
        "skewness_20": returns.rolling(20).apply(lambda x: ((x - x.mean()) ** 3).mean() / x.var(ddof=0) ** 1.5),
        "kurtosis_20": returns.rolling(20).apply(lambda x: ((x - x.mean()) ** 4).mean() / x.var(ddof=0) ** 2 - 3),
        "price_ma_50_ratio": close / close.rolling(50).mean(),
        "bollinger_position": (close - close.rolling(20).mean()) / (4 * close.rolling(20).std(ddof=0)) + 0.5,
        "zscore_20": (close - close.rolling(20).mean()) / close.rolling(20).std(ddof=0),
        "donchian_position_20": (close - low.rolling(20).min()) / (high.rolling(20).max() - low.rolling(20).min()),
        "volume_ma_ratio": volume / volume.rolling(20).mean(),
        "trend_slope_20": pd.Series(talib.LINEARREG_SLOPE(candles.close, 20)) / close,
        "stoch_k_14": pd.Series(talib.STOCH(*prices, 14, 3, 0, 1, 0)[0]),
        "stoch_d_14": pd.Series(talib.STOCH(*prices, 14, 3, 0, 3, 0)[1]),
        "williams_r_14": pd.Series(talib.WILLR(*prices, 14)),
        "mfi_14": pd.Series(talib.MFI(*prices, candles.volume, 14)),
        "roc_10": pd.Series(talib.ROC(candles.close, 10)),
        "macd_signal": pd.Series(talib.MACD(candles.close)[1]) / close,
        "lagged_return_3": close.pct_change().shift(3),
        "drawdown_60": close / close.rolling(60).max() - 1,
    }

    for name, values in expected.items():
        np.testing.assert_allclose(column(candles, name), values, rtol=1e-9, atol=1e-9, equal_nan=True, err_msg=name)


def test_no_window_reaches_across_a_hole() -> None:
    whole = walk(300, segments=3)
    names = feature_names()

    together = compute_features(whole, names)

    apart = np.concatenate([compute_features(whole.part(rows.start, rows.stop), names) for rows in whole.segments()])
    np.testing.assert_array_equal(together, apart)


def test_a_segment_that_is_too_short_has_no_values() -> None:
    values = compute_features(walk(12, segments=4), ["rsi_14", "return_1"])

    assert np.isnan(values[:, 0]).all()
    assert np.isnan(values[::3, 1]).all()
    assert np.isfinite(values[1::3, 1]).all()


def test_features_do_not_know_the_price_scale() -> None:
    candles = walk(200)
    dearer = candles_of(*(64.0 * getattr(candles, name) for name in ("open", "high", "low", "close")), 64.0 * candles.volume)

    for name in feature_names():
        # The candle's own columns are what they are.
        known = column(candles, name) * (64.0 if name in RAW_NAMES else 1.0)
        np.testing.assert_allclose(known, column(dearer, name), rtol=1e-9, atol=1e-9, err_msg=name)


def test_a_volume_that_the_source_does_not_know_counts_as_the_last_known_one() -> None:
    candles = walk(60)
    known = candles.volume.copy()
    known[30:33] = known[29]
    gaps = candles.volume.copy()
    gaps[30:33] = 0.0
    names = [name for name in feature_names() if parse_feature(name).family in VOLUME]

    lacking, filled = replace(candles, volume=gaps), replace(candles, volume=known)

    assert np.flatnonzero(lacking.volume_unknown).tolist() == [30, 31, 32]
    for name in names:
        np.testing.assert_array_equal(column(lacking, name), column(filled, name), err_msg=name)


def test_the_calendar_is_read_off_the_close() -> None:
    midnight = int(np.datetime64("2024-03-02T00:00", "ns").astype(np.int64))  # a Saturday begins: the bar was Friday's last
    ones = np.ones(2)
    candles = Candles(
        symbol="X", timeframe="1h", time=np.array([midnight, midnight + HOUR]), open=ones, high=ones, low=ones, close=ones, volume=ones,
        segment=np.zeros(2, dtype=np.int32), source="test", source_hash="", adjustment="none", synthetic=True, bars_per_year=6240.0,
    )  # fmt: skip

    values = compute_features(candles, ["day_of_week", "day_of_month", "month", "hour_of_day"])

    assert values.tolist() == [[4.0, 1.0, 3.0, 0.0], [5.0, 2.0, 3.0, 1.0]]
