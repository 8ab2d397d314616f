"""The table of feature families: how each is spelt, what its parameters may be, how many bars it needs and what it says."""

from collections.abc import Mapping
from typing import Final

from libs.quant.family import RAW, Family, Parameter, bars, plain, simple

__all__ = ["FAMILIES", "Family", "Parameter"]

_MACD: Final = (
    bars(12, name="fast", meaning="bars of the fast exponential average"),
    bars(26, name="slow", meaning="bars of the slow exponential average"),
    bars(9, name="signal", minimum=1, meaning="bars of the signal line's average"),
)


def _macd(name: str, title: str) -> Family:
    return Family(
        name,
        "trend",
        (f"{name}_{{fast}}_{{slow}}_{{signal}}",),
        _MACD,
        f"{title} ({{fast}}, {{slow}}, {{signal}}), as a fraction of the price",
        lambda p: p["slow"] + p["signal"] - 2,
        "fraction of the price",
        title=title,
        increasing=("fast", "slow"),
    )


def _between(name: str, group: str, *, fast: int, slow: int, description: str, warmup: int, unit: str) -> Family:
    """Describe a family that sets a short window against a long one."""
    windows = (bars(fast, name="fast", meaning="bars of the short window"), bars(slow, name="slow", meaning="bars of the long window"))
    spelling = f"{name}_{{fast}}_{{slow}}"
    return Family(name, group, (spelling,), windows, description, lambda p: p["slow"] + warmup, unit, increasing=("fast", "slow"))


_SMOOTH: Final = Parameter("smooth", 3, 1, 50, "bars the fast line is averaged over")
_WIDTH: Final = Parameter("width", 2, 1, 5, "standard deviations from the middle to a band")

_OSCILLATORS: Final = (
    simple("rsi", "oscillator", 14, "{window}-period Relative Strength Index", unit="0 to 100"),
    Family(
        "stoch_k",
        "oscillator",
        ("stoch_k_{window}_{smooth}",),
        (bars(14), _SMOOTH),
        "{window}-period Stochastic %K, smoothed over {smooth}",
        lambda p: p["window"] + p["smooth"] - 2,
        "0 to 100",
    ),
    Family(
        "stoch_d",
        "oscillator",
        ("stoch_d_{window}_{smooth}_{signal}",),
        (bars(14), _SMOOTH, Parameter("signal", 3, 1, 50, "bars %D averages %K over")),
        "{window}-period Stochastic %D, smoothed over {smooth} and {signal}",
        lambda p: p["window"] + p["smooth"] + p["signal"] - 3,
        "0 to 100",
    ),
    simple("williams_r", "oscillator", 14, "{window}-period Williams %R", warmup=-1, unit="-100 to 0"),
    simple("cci", "oscillator", 20, "{window}-period Commodity Channel Index", warmup=-1, unit="mean deviations / 0.015"),
    simple("cmo", "oscillator", 14, "{window}-period Chande Momentum Oscillator", unit="-100 to 100"),
    simple("roc", "oscillator", 10, "{window}-period Rate of Change, in percent", unit="percent", minimum=1),
    simple("momentum", "oscillator", 10, "{window}-period momentum in average true ranges", unit="average true ranges"),
    Family(
        "trix",
        "oscillator",
        ("trix_{window}",),
        (bars(15, maximum=200),),
        "{window}-period TRIX, in percent",
        lambda p: 3 * p["window"] - 2,
        "percent",
    ),
    plain("balance_of_power", "oscillator", "Balance of Power: (close - open) / (high - low)", unit="-1 to 1"),
)

_TREND: Final = (
    _macd("macd", "MACD Line"),
    _macd("macd_signal", "MACD Signal Line"),
    _macd("macd_histogram", "MACD Histogram"),
    Family(
        "adx",
        "trend",
        ("adx_{window}",),
        (bars(14),),
        "{window}-period Average Directional Index",
        lambda p: 2 * p["window"] - 1,
        "0 to 100",
    ),
    simple("plus_di", "trend", 14, "{window}-period Plus Directional Indicator", unit="0 to 100"),
    simple("minus_di", "trend", 14, "{window}-period Minus Directional Indicator", unit="0 to 100"),
    simple("aroon", "trend", 14, "{window}-period Aroon Oscillator", unit="-100 to 100"),
    Family(
        "price_ma_ratio",
        "trend",
        ("price_ma_{window}_ratio", "price_ma_ratio_{window}"),
        (bars(50),),
        "Close relative to its {window}-period simple moving average",
        lambda p: p["window"] - 1,
        "ratio, 1 is equal",
    ),
    Family(
        "price_ema_ratio",
        "trend",
        ("price_ema_{window}_ratio", "ema_{window}_ratio", "price_ema_ratio_{window}", "ema_ratio_{window}"),
        (bars(20),),
        "Close relative to its {window}-period exponential moving average",
        lambda p: p["window"] - 1,
        "ratio, 1 is equal",
    ),
    _between(
        "ma_ratio",
        "trend",
        fast=10,
        slow=50,
        warmup=-1,
        unit="ratio, 1 is equal",
        description="{fast}-period simple moving average relative to the {slow}-period one",
    ),
    simple(
        "trend_slope",
        "trend",
        20,
        "Slope of the {window}-period regression line per bar, as a fraction of the price",
        warmup=-1,
        unit="fraction of the price",
    ),
    simple(
        "donchian_position", "trend", 20, "Position of the close between the {window}-period low (0) and high (1)", warmup=-1, unit="0 to 1"
    ),
    simple("drawdown", "trend", 60, "Close below its {window}-period highest close, as a fraction", warmup=-1, unit="-1 to 0"),
)

_RETURNS: Final = (
    simple("return", "return", 1, "Return over {window} bars", unit="fraction", minimum=1),
    simple("log_return", "return", 1, "Logarithmic return over {window} bars", unit="natural logarithm", minimum=1),
    Family(
        "lagged_return",
        "return",
        ("lagged_return_{lag}",),
        (Parameter("lag", 1, 1, 250, "bars back"),),
        "One-bar return {lag} bars ago",
        lambda p: p["lag"] + 1,
        "fraction",
    ),
    simple("zscore", "return", 20, "Close in standard deviations from its {window}-period mean", warmup=-1, unit="standard deviations"),
    simple("up_ratio", "return", 20, "Share of rising closes among the last {window} bars", unit="0 to 1"),
    plain("gap", "return", "Open relative to the previous close, as a fraction", warmup=1, unit="fraction"),
)

_VOLATILITY: Final = (
    simple("volatility", "volatility", 20, "{window}-period standard deviation of one-bar logarithmic returns", unit="natural logarithm"),
    _between(
        "volatility_ratio",
        "volatility",
        fast=5,
        slow=20,
        warmup=0,
        unit="ratio, 1 is equal",
        description="{fast}-period volatility relative to the {slow}-period one",
    ),
    simple(
        "downside_volatility",
        "volatility",
        20,
        "{window}-period root mean square of falling one-bar logarithmic returns",
        unit="natural logarithm",
    ),
    simple(
        "parkinson_volatility",
        "volatility",
        20,
        "{window}-period Parkinson volatility, from highs and lows",
        warmup=-1,
        unit="natural logarithm",
    ),
    simple("atr", "volatility", 14, "{window}-period Average True Range, as a fraction of the price", unit="fraction of the price"),
    Family(
        "bollinger_position",
        "volatility",
        ("bollinger_position_{window}_{width}",),
        (bars(20), _WIDTH),
        "Position of the close between the lower (0) and upper (1) Bollinger band ({window}, {width})",
        lambda p: p["window"] - 1,
        "0 at the lower band, 1 at the upper",
    ),
    Family(
        "bollinger_width",
        "volatility",
        ("bollinger_width_{window}_{width}",),
        (bars(20), _WIDTH),
        "Distance between the Bollinger bands ({window}, {width}), as a fraction of the middle",
        lambda p: p["window"] - 1,
        "fraction",
    ),
    Family(
        "high_low_range",
        "volatility",
        ("high_low_range_{window}",),
        (bars(1, minimum=1),),
        "Mean range from low to high over {window} bars, as a fraction of the close",
        lambda p: p["window"] - 1,
        "fraction of the price",
        title="Range from low to high, as a fraction of the close",
    ),
    simple("skewness", "volatility", 20, "{window}-period skewness of one-bar logarithmic returns", unit="dimensionless", minimum=3),
    simple("kurtosis", "volatility", 20, "{window}-period excess kurtosis of one-bar logarithmic returns", unit="dimensionless", minimum=4),
)

_VOLUME: Final = (
    Family(
        "volume_ma_ratio",
        "volume",
        ("volume_ma_ratio_{window}", "volume_ma_{window}_ratio"),
        (bars(20),),
        "Volume relative to its {window}-period moving average",
        lambda p: p["window"] - 1,
        "ratio, 1 is equal",
    ),
    simple(
        "volume_zscore", "volume", 20, "Volume in standard deviations from its {window}-period mean", warmup=-1, unit="standard deviations"
    ),
    simple("mfi", "volume", 14, "{window}-period Money Flow Index", unit="0 to 100"),
    simple(
        "obv_slope", "volume", 20, "Slope of On-Balance Volume over {window} bars, per bar and in mean volumes", unit="mean volumes per bar"
    ),
    simple("chaikin_money_flow", "volume", 20, "{window}-period Chaikin Money Flow", warmup=-1, unit="-1 to 1"),
    simple(
        "vwap_ratio",
        "volume",
        20,
        "Close relative to its {window}-period volume-weighted average price",
        warmup=-1,
        unit="ratio, 1 is equal",
    ),
)

_CALENDAR: Final = (
    plain("day_of_week", "calendar", "Day of the week in UTC, Monday is 0", unit="0 to 6"),
    plain("day_of_month", "calendar", "Day of the month in UTC", unit="1 to 31"),
    plain("month", "calendar", "Month of the year in UTC", unit="1 to 12"),
    plain("hour_of_day", "calendar", "Hour of the bar's close in UTC", unit="0 to 23"),
)

FAMILIES: Final[Mapping[str, Family]] = {
    family.name: family for family in (*_OSCILLATORS, *_TREND, *_RETURNS, *_VOLATILITY, *_VOLUME, *_CALENDAR, *RAW)
}
