"""What each column of a forecaster's windows is to it: the close's own past, the calendar, the symbol, or a feature of its user."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from libs.contracts.own_candles import Timeframe
from libs.contracts.training import ModelType, TrainingSpec
from libs.contracts.training_config import CheckedConfig
from libs.quant.features import symbol_code
from libs.quant.grammar import SYMBOL

OWN: Final = "log_return_1"
"""The close's own past, in every window: returns, so that no price level is ever seen."""
HOURS: Final[Mapping[str, float]] = {"1m": 1 / 60, "5m": 1 / 12, "15m": 0.25, "30m": 0.5, "1h": 1.0, "4h": 4.0}
CALENDAR: Final[Mapping[str, str]] = dict.fromkeys(HOURS, "hour_of_day") | {"1d": "day_of_week", "1w": "month"}
PACE: Final[Mapping[str, float]] = {**HOURS, "1w": 12 * 7 / 365.25}
CYCLE: Final = {"month": 12.0, "day_of_week": 7.0, "hour_of_day": 24.0}


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a window, (steps, names), and which of them plays which part. `others` are the user's features but for the calendar.

    `codes` are those of the symbols that are told apart, in the order of their categories from 1 on; empty where none is.
    """

    names: tuple[str, ...]
    timeframe: Timeframe
    codes: tuple[float, ...] = ()

    @property
    def own(self) -> int:
        """Where the one-bar log return of the close is."""
        return self.names.index(OWN)

    @property
    def calendar(self) -> int:
        """Where the calendar is: the month of weekly bars, the weekday of daily ones, the hour of shorter ones."""
        return self.names.index(CALENDAR[self.timeframe])

    @property
    def symbol(self) -> int | None:
        """Where the symbol's code is; None where symbols are not told apart."""
        return self.names.index(SYMBOL) if self.codes else None

    @property
    def others(self) -> tuple[int, ...]:
        """Where the user's features are."""
        return tuple(place for place in range(len(self.names)) if place not in {self.own, self.calendar, self.symbol})

    @property
    def cycle(self) -> float:
        """How many units of the calendar's column make one turn."""
        return CYCLE[CALENDAR[self.timeframe]]

    @property
    def pace(self) -> float | None:
        """How many units of the calendar's column a bar is long; None for a day, as a weekend may lie between two."""
        return PACE.get(self.timeframe)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a forecaster sees, and how many bars it is to look ahead."""

    columns: Columns
    horizon: int


def outlook_of(spec: TrainingSpec, *, config: CheckedConfig) -> Outlook | None:
    """Return the outlook of a model that forecasts; None for another."""
    if spec.model_type is not ModelType.TIME_SERIES:
        return None
    several = spec.algorithm == "TFT" and len(config.symbols) > 1
    codes = tuple(symbol_code(symbol) for symbol in config.symbols) if several else ()
    return Outlook(columns_for(spec.features, timeframe=config.timeframe, codes=codes), config.horizon)


def columns_for(features: Sequence[str], *, timeframe: Timeframe, codes: Sequence[float] = ()) -> Columns:
    """Return the columns of a forecaster: the features asked for, then what it always sees and was not asked for."""
    always = (OWN, CALENDAR[timeframe], *((SYMBOL,) if codes else ()))
    return Columns((*features, *(name for name in always if name not in features)), timeframe, tuple(codes))
