"""Names of the levels that traders write in rules, such as `sma_50` or `bb_upper_20_2`: in units of the price, unlike features.

Pure Python: the edge checks names with it. A name is a level's, with its whole numbers after it; those left out from the right take their
defaults. Where a feature of the grammar has the same name (`atr_14`, `macd`), a rule means the level.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from libs.chassis.errors import InvalidError
from libs.quant.families import Parameter

_NAME: Final = re.compile(r"([a-z]+(?:_[a-z]+)*)((?:_[0-9]{1,4}){0,3})")


def _bars(default: int, *, minimum: int = 2, name: str = "window", meaning: str = "bars looked at") -> Parameter:
    return Parameter(name, default, minimum, 500, meaning)


_MACD: Final = (
    _bars(12, name="fast", meaning="bars of the fast exponential average"),
    _bars(26, name="slow", meaning="bars of the slow exponential average"),
    _bars(9, name="signal", minimum=1, meaning="bars of the signal line's average"),
)
_BANDS: Final = (_bars(20), Parameter("width", 2, 1, 5, "standard deviations from the middle to a band"))


@dataclass(frozen=True, slots=True)
class LevelKind:
    """Levels that differ by their whole numbers alone; `lead` is how many more bars than the longest window go before the first value."""

    parameters: tuple[Parameter, ...]
    description: str
    lead: int = -1


LEVELS: Final[Mapping[str, LevelKind]] = {
    "open": LevelKind((), "The bar's first price"),
    "high": LevelKind((), "The bar's highest price"),
    "low": LevelKind((), "The bar's lowest price"),
    "close": LevelKind((), "The bar's last price"),
    "volume": LevelKind((), "What was traded in the bar"),
    "sma": LevelKind((_bars(20, minimum=1),), "Simple moving average of the close"),
    "ema": LevelKind((_bars(20),), "Exponential moving average of the close, started with the simple one"),
    "wma": LevelKind((_bars(20),), "Moving average of the close, weighted linearly"),
    "atr": LevelKind((_bars(14),), "Average true range (Wilder 1978)", lead=0),
    "bb_upper": LevelKind(_BANDS, "Upper Bollinger band (population deviation)"),
    "bb_middle": LevelKind(_BANDS, "Middle of the Bollinger bands"),
    "bb_lower": LevelKind(_BANDS, "Lower Bollinger band"),
    "macd": LevelKind(_MACD, "Fast less slow exponential average (Appel 1979)", lead=-2),
    "macd_signal": LevelKind(_MACD, "Exponential average of MACD", lead=-2),
    "macd_histogram": LevelKind(_MACD, "MACD less its signal line", lead=-2),
    "highest": LevelKind((_bars(20, minimum=1),), "Highest high, this bar's included"),
    "lowest": LevelKind((_bars(20, minimum=1),), "Lowest low, this bar's included"),
    "volume_sma": LevelKind((_bars(20, minimum=1),), "Simple moving average of the volume"),
}


@dataclass(frozen=True, slots=True)
class Level:
    """A level that can be computed; `warmup` is the number of bars at the start of a segment without a value."""

    name: str
    kind: str
    parameters: Mapping[str, int]
    warmup: int


@lru_cache(maxsize=1024)
def parse_level(name: str) -> Level | None:
    """Read a level's name; None where it is none. Raises `InvalidError` for a number out of its range."""
    found = _NAME.fullmatch(name)
    kind = LEVELS.get(found[1]) if found else None
    if found is None or kind is None:
        return None
    numbers = [int(number) for number in found[2].split("_")[1:]]
    if len(numbers) > len(kind.parameters):
        return None
    values = {each.name: each.default for each in kind.parameters} | dict(
        zip((each.name for each in kind.parameters), numbers, strict=False)
    )
    for each in kind.parameters:
        if not each.minimum <= values[each.name] <= each.maximum:
            message = f"In {name!r} {each.name} ({each.meaning}) is {values[each.name]}; allowed is {each.minimum} to {each.maximum}."
            raise InvalidError(message)
    if "slow" in values and values["fast"] >= values["slow"]:
        message = f"In {name!r} fast must be less than slow."
        raise InvalidError(message)
    return Level(name, found[1], values, _warmup(kind, values=values))


def _warmup(kind: LevelKind, *, values: Mapping[str, int]) -> int:
    if not kind.parameters:
        return 0
    if "slow" in values:
        return values["slow"] + values["signal"] + kind.lead
    return values["window"] + kind.lead
