"""Which candles a reader wants to see, held against those that there are: the account's own first, then live series, then packaged ones."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean
from libs.contracts.own_candles import SECONDS, OwnCandles
from libs.market.calendar_names import CALENDARS, WEEKDAYS
from libs.market.catalogue import INSTRUMENTS, Instrument, NoCandlesError, UnknownSymbolError, check_range, check_symbol
from libs.market.own import OwnCatalogue, check_instrument
from libs.market.pairs import candles_of
from services.gateway.domain.datasets.packaged import Packaged

Source = Literal["uploaded", "live", "packaged", "generated"]
REFUSAL: Final = "There are no such candles: see the details."
# What the catalogue calls the fields of a request for candles.
FIELDS: Final = {"symbols": "symbol", "start_date": "start", "end_date": "end"}


@dataclass(frozen=True, slots=True)
class Window:
    """Candles that close from `start` to `end`, both inclusive; None: from the first, to the last. No `timeframe`: the symbol's own."""

    symbol: str
    timeframe: str | None
    start: datetime | None
    end: datetime | None
    most: int


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a symbol's candles of a timeframe; `own` is the version of a dataset, or of a live series."""

    instrument: Instrument
    timeframe: str
    own: OwnCandles | None

    @property
    def source(self) -> Source:
        """Where they are from."""
        if self.own is not None:
            return "live" if self.own.is_live else "uploaded"
        return "generated" if self.instrument.synthetic else "packaged"

    @property
    def dataset_id(self) -> str | None:
        """The dataset that they are of; None for generated ones."""
        if self.own is not None:
            return self.own.dataset_id
        return None if self.instrument.synthetic else Packaged(self.instrument, self.timeframe).id

    @property
    def calendar(self) -> str:
        """When it trades; what is generated has every weekday."""
        return self.own.calendar if self.own is not None else CALENDARS.get(self.instrument.asset_class, WEEKDAYS)


def find_behind(window: Window, *, own: OwnCatalogue, synthetic_allowed: bool) -> Behind:
    """Return what stands behind a window: behind a pair (`BTCUSDT`) that the account has no candles of, the symbol whose candles it has.

    Raise InvalidError for an unknown symbol or timeframe, and where no candles of it can be.
    """
    window = replace(window, symbol=candles_of(window.symbol, own=own.candles))
    if window.start is not None and window.end is not None and window.start > window.end:
        raise InvalidError(REFUSAL, details={"end": ["Must not be before start."]})
    timeframe = _timeframe(window, own=own, synthetic_allowed=synthetic_allowed)
    try:
        instrument = check_instrument(window.symbol, timeframe=timeframe, own=own, synthetic_allowed=synthetic_allowed)
        check_range(instrument, timeframe=timeframe, start=day_of(window.start), end=day_of(window.end))
    except (NoCandlesError, UnknownSymbolError) as error:
        raise _by_names(error) from error
    return Behind(instrument, timeframe, own.reference(window.symbol, timeframe=timeframe))


def day_of(at: datetime | None) -> date | None:
    """Return the day (UTC) of a candle that closes then: one that closes at midnight belongs to the day before."""
    return None if at is None else (at.astimezone(UTC) - timedelta(microseconds=1)).date()


def _timeframe(window: Window, *, own: OwnCatalogue, synthetic_allowed: bool) -> str:
    """Return the timeframe that is asked for, or the one that the symbol's candles have. Raise InvalidError for an unknown one."""
    if window.timeframe is not None:
        if window.timeframe not in SECONDS:
            near = did_you_mean(window.timeframe, SECONDS)
            message = f"There is no timeframe '{window.timeframe[:60]}'; there are {', '.join(SECONDS)}.{near}"
            raise InvalidError(REFUSAL, details={"timeframe": [message]})
        return window.timeframe
    if mine := own.candles.get(window.symbol):
        return max(mine, key=lambda each: (not each.is_live, SECONDS[each.timeframe])).timeframe
    try:
        known = INSTRUMENTS.get(window.symbol) or check_symbol(window.symbol, synthetic_allowed=synthetic_allowed, own=own.candles)
    except UnknownSymbolError as error:
        raise _by_names(error) from error
    return next(iter(known.timeframes))


def _by_names(error: InvalidError) -> InvalidError:
    return InvalidError(REFUSAL, details={FIELDS.get(name, name): texts for name, texts in error.details.items()})
