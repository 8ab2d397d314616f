"""Feature names: what they mean, and what a wrong one is told."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.features import INDICATORS
from libs.quant.grammar import FAMILIES, UnknownFeatureError, describe, feature_names, parse_feature


@pytest.mark.parametrize(
    ("name", "canonical", "description"),
    [
        ("rsi_14", "rsi_14", "14-period Relative Strength Index"),
        ("macd_signal", "macd_signal_12_26_9", "MACD Signal Line"),
        ("macd_signal_8_21_5", "macd_signal_8_21_5", "MACD Signal Line (8, 21, 5), as a fraction of the price"),
        (
            "bollinger_position",
            "bollinger_position_20_2",
            "Position of the close between the lower (0) and upper (1) Bollinger band (20, 2)",
        ),
        ("volume_ma_ratio", "volume_ma_ratio_20", "Volume relative to its 20-period moving average"),
        ("volume_ma_20_ratio", "volume_ma_ratio_20", "Volume relative to its 20-period moving average"),
        ("price_ma_50_ratio", "price_ma_50_ratio", "Close relative to its 50-period simple moving average"),
        ("return_5", "return_5", "Return over 5 bars"),
        ("stoch_k_14", "stoch_k_14_3", "14-period Stochastic %K, smoothed over 3"),
        ("ema_12_ratio", "price_ema_12_ratio", "Close relative to its 12-period exponential moving average"),
        ("day_of_week", "day_of_week", "Day of the week in UTC, Monday is 0"),
    ],
)
def test_a_name_says_what_is_computed(name: str, canonical: str, description: str) -> None:
    feature = parse_feature(name)

    assert (feature.name, feature.canonical, feature.description) == (name, canonical, description)
    assert describe(name) == description


def test_every_family_can_be_spelt_described_and_computed() -> None:
    names = feature_names()

    families = [parse_feature(name).family for name in names]

    assert families == list(FAMILIES)
    assert set(families) == set(INDICATORS)
    assert len(families) >= 25
    assert all(parse_feature(parse_feature(name).canonical).canonical == parse_feature(name).canonical for name in names)
    assert all(("{" not in describe(name) and describe(name)[0].isupper()) or describe(name)[0].isdigit() for name in names)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("rsi14", "rsi_14"), ("RSI_14", "rsi_14"), ("rsi-14", "rsi_14"), ("rsi_014", "rsi_14"), ("rsi__14", "rsi_14"), ("rsi_14_3", "rsi_14"),
        ("volme_ma_ratio", "volume_ma_ratio"), ("bolinger_position", "bollinger_position"), ("price_50_ma_ratio", "price_ma_50_ratio"),
        ("macd_sginal", "macd_signal"), ("gap_3", "gap"), ("rsi_٣", "rsi_14"),
    ],
)  # fmt: skip
def test_a_slip_is_told_what_was_meant(name: str, nearest: str) -> None:
    with pytest.raises(UnknownFeatureError) as refused:
        parse_feature(name)

    assert nearest in refused.value.nearest
    assert nearest in refused.value.message
    assert refused.value.details["features"] == [refused.value.message]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("rsi_1", "window (bars looked at) is 1; allowed is 2 to 500. Did you mean 'rsi_2'?"),
        ("rsi_999999999", "allowed is 2 to 500. Did you mean 'rsi_500'?"),
        ("bollinger_width_20_9", "width (standard deviations from the middle to a band) is 9; allowed is 1 to 5"),
        ("macd_30_20", "fast must be less than slow"),
    ],
)
def test_a_parameter_out_of_range_is_told_the_range(name: str, says: str) -> None:
    with pytest.raises(UnknownFeatureError) as refused:
        parse_feature(name)

    assert says in refused.value.message


@settings(deadline=None)
@given(st.one_of(st.text(max_size=200), st.from_regex(r"[a-z_]{1,20}(_[0-9]{1,20}){0,4}", fullmatch=True), st.just("9" * 100_000)))
def test_any_text_is_either_a_feature_or_refused_in_a_sentence(name: str) -> None:
    try:
        said = parse_feature(name).description
    except UnknownFeatureError as refused:
        said = refused.message

    assert 0 < len(said) < 400


def test_the_edge_can_read_names_without_numpy() -> None:
    program = "import sys, libs.quant.grammar, libs.market.catalogue; sys.exit('numpy' in sys.modules or 'talib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
