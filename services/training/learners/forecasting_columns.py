"""What each column of a forecaster's windows is to it: the close's own past, the calendar, the symbol, or a feature of its user."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from libs.contracts.training import ModelType, TrainingSpec
from libs.contracts.training_config import TrainingConfig
from libs.quant.features import symbol_code
from libs.quant.grammar import SYMBOL

OWN: Final = "log_return_1"
"""The close's own past, in every window: returns, so that no price level is ever seen."""
CALENDAR: Final = {"1d": "day_of_week", "1h": "hour_of_day", "15m": "hour_of_day"}
CYCLE: Final = {"day_of_week": 7.0, "hour_of_day": 24.0}
HOURS: Final = {"1h": 1.0, "15m": 0.25}

Timeframe = Literal["15m", "1h", "1d"]


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
        """Where the calendar is: the weekday of daily bars, the hour of shorter ones."""
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
    def hours(self) -> float | None:
        """Hours of a bar; None for a day."""
        return HOURS.get(self.timeframe)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a forecaster sees, and how many bars it is to look ahead."""

    columns: Columns
    horizon: int


def outlook_of(spec: TrainingSpec, *, config: TrainingConfig) -> Outlook | None:
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
