"""Reads what a model is to predict, such as `price_close_next_day` or `direction_next_4_hours`: a column, and how far ahead.

A target is one of the usual words (`signal_type`, `forward_return`, `close`), which look `training_config.horizon` bars ahead, or
`<column>_next_<n>_<unit>`: a column of open, high, low, close, volume (`price_` may stand before a price), `return` (the close's relative
change), `direction` (whether the close is higher), or a further column of own candles, unless its name is nearly one of these, whose
level is predicted as it will be known then; a whole number, 1 where it is left out; and a unit of bar, minute, hour, day or week, with or
without an s. Pure Python: the edge reads targets with it and needs no numpy.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean, nearest, suggestion
from libs.contracts.own_candles import SECONDS
from libs.contracts.training import ModelType

HORIZON_MOST: Final = 100
"""Bars ahead that a target may look."""
SIGNAL: Final = ("BUY", "HOLD", "SELL")
DIRECTION: Final = ("BUY", "SELL")
PRICES: Final = ("open", "high", "low", "close")
COLUMNS: Final = (*PRICES, "volume", "return", "direction")
# How long a unit is, in seconds; of a bar its timeframe says.
UNITS: Final[Mapping[str, int | None]] = MappingProxyType({"bar": None, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800})
USUAL: Final[Mapping[str, tuple[str, ModelType]]] = MappingProxyType(
    {
        "signal_type": ("signal", ModelType.CLASSIFICATION),
        "forward_return": ("return", ModelType.REGRESSION),
        "close": ("return", ModelType.TIME_SERIES),
    }
)
"""Targets that look `training_config.horizon` bars ahead: their column, and the one type of model that predicts each."""
EXAMPLES: Final = ("price_close_next_day", "return_next_day", "direction_next_day", "close_next_5_bars", "volume_next_week")

MISSPELT: Final = 0.8
"""A column whose name is so much like one of the platform's is taken for that one, misspelt (ratio of Ratcliff and Obershelp)."""
_TARGET: Final = re.compile(r"(?P<column>[a-z][a-z0-9_]{0,63}?)_next(?:_(?P<count>[0-9]{1,9}))?_(?P<unit>[a-z]{1,20})", re.ASCII)


class UnknownTargetError(InvalidError):
    """Nothing is predicted by this name, or it looks too far; under `target_variable`."""

    def __init__(self, message: str) -> None:
        super().__init__(message, details={"target_variable": [message]})


@dataclass(frozen=True, slots=True)
class Target:
    """What a model predicts: a `column` so many units ahead; without a `unit` as many bars as its configuration says.

    `column` is `signal` for the triple barrier's classes. `types` are the types of model that can predict it, the usual one first.
    """

    name: str
    column: str
    types: tuple[ModelType, ...]
    count: int = 1
    unit: str | None = None

    @property
    def model_type(self) -> ModelType:
        """The usual type of a model that predicts it."""
        return self.types[0]

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The classes that are told apart: of a direction BUY (the close will be higher) and SELL (it will not); None for values."""
        return {"signal": SIGNAL, "direction": DIRECTION}.get(self.column)

    @property
    def level(self) -> str | None:
        """The column whose level is answered, of a model that learns a relative change to the latest candle; None for other targets."""
        return self.column if self.unit and self.column in (*PRICES, "volume") else None

    @property
    def own_column(self) -> str | None:
        """The further column of own candles whose level it is; None for what every candle has."""
        return None if self.column in {"signal", *COLUMNS} else self.column

    @property
    def is_traded(self) -> bool:
        """Whether a signal follows from it: from where the close goes, and not from a volume, nor from a high that is always above."""
        return self.column in {"signal", "return", "direction", "close"}

    def counts_sessions(self, timeframe: str) -> bool:
        """Whether it may be counted in sessions: a target of days or weeks, on candles shorter than a day."""
        return self.unit in {"day", "week"} and SECONDS[timeframe] < SECONDS["1d"]

    @property
    def ahead_s(self) -> int | None:
        """How far ahead it looks in seconds by the clock; None where candles are counted."""
        seconds = UNITS[self.unit] if self.unit else None
        return None if seconds is None else self.count * seconds

    def horizon(self, timeframe: str, *, default: int = 5) -> int:
        """Return how many bars of a timeframe it looks ahead; `default` where its name does not say.

        Raise UnknownTargetError where that is no whole number of candles, or more than `HORIZON_MOST`.
        """
        if self.unit is None:
            return default
        seconds = UNITS[self.unit]
        bars, rest = (self.count, 0) if seconds is None else divmod(self.count * seconds, SECONDS[timeframe])
        if rest:
            msg = f"'{self.name}' is no whole number of {timeframe} candles: ask for {self.column}_next_<n>_bars, or for shorter candles."
            raise UnknownTargetError(msg)
        if bars > HORIZON_MOST:
            msg = f"'{self.name}' looks {bars} candles of {timeframe} ahead, and may look {HORIZON_MOST}: ask for longer candles."
            raise UnknownTargetError(msg)
        return bars


def parse_target(text: str) -> Target:
    """Read a target. Raise UnknownTargetError, which names the nearest right one."""
    if text in USUAL:
        column, kind = USUAL[text]
        return Target(text, column, (kind,))
    shown = text[:64]
    found = _TARGET.fullmatch(text)
    if found is None:
        msg = f"Unknown target '{shown}'.{did_you_mean(shown, [*USUAL, *EXAMPLES]) or _allowed()}"
        raise UnknownTargetError(msg)
    column, count = found["column"].removeprefix("price_"), int(found["count"] or 1)
    unit = found["unit"].removesuffix("s")
    if column not in COLUMNS or (column not in PRICES and column != found["column"]):
        column = _own_column(text, found["column"])
    if unit not in UNITS:
        raise _unknown(text, part="unit", word=found["unit"], named=nearest(unit, UNITS, most=1))
    if not count:
        msg = f"'{shown}' looks nowhere: ask for at least 1 {unit} ahead."
        raise UnknownTargetError(msg)
    return Target(text, column, _types(column), count, unit)


def _own_column(text: str, word: str) -> str:
    """Return a column that no candle of the platform has. Raise UnknownTargetError where one of those is meant."""
    bare = word.removeprefix("price_")
    near = nearest(bare if bare in COLUMNS else word, [*COLUMNS, *(f"price_{each}" for each in PRICES)], most=1)
    if bare in COLUMNS or (near and SequenceMatcher(None, near[0], word).ratio() >= MISSPELT):
        raise _unknown(text, part="column", word=word, named=near)
    return word


def usual_target(kind: ModelType) -> Target:
    """Return what a type of model predicts where nobody says otherwise."""
    return next(parse_target(name) for name, (_, own) in USUAL.items() if own is kind)


def targets_of(kind: ModelType) -> list[str]:
    """Return the usual target of a type of model, and examples of others."""
    return [name for name in (*USUAL, *EXAMPLES) if kind in parse_target(name).types]


def _types(column: str) -> tuple[ModelType, ...]:
    if column == "direction":
        return (ModelType.CLASSIFICATION,)
    # Forecasters say the close's path, and nothing else.
    return (ModelType.REGRESSION, ModelType.TIME_SERIES) if column in {"close", "return"} else (ModelType.REGRESSION,)


def _unknown(text: str, *, part: str, word: str, named: list[str]) -> UnknownTargetError:
    hint = suggestion([text.replace(word, each) for each in named]) or _allowed()
    return UnknownTargetError(f"Unknown target '{text[:64]}': there is no {part} '{word}'.{hint}")


def _allowed() -> str:
    columns, units = ", ".join(COLUMNS), ", ".join(UNITS)
    own = "or a further column of your candles"
    return f" Known are {', '.join(USUAL)} and <column>_next_<n>_<unit>; columns: {columns}, {own}; units: {units}."
