"""The port of live sources: whoever can say which candles a market had since a moment, a page at a time."""

from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple, Protocol, TypeAlias

from libs.chassis.errors import ErrorKind, PlatformError

SECOND: Final = 10**9


class SourceError(PlatformError, kind=ErrorKind.UNAVAILABLE):
    """A source did not say what it was asked; the message is for people, and holds no key."""


class SourceRefusedError(SourceError):
    """Asking again is of no use: an unknown market, a key that is wrong, a timeframe that it does not have."""


class SourceAwayError(SourceError, worth_retrying=True):
    """Something passing: no connection, an error of the source's own, an answer that is cut off. `wait_s` is how long it asks to wait."""

    def __init__(self, message: str, *, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class Bar(NamedTuple):
    """A candle: when it opened (nanoseconds since 1970, UTC; a day's bar by its day's midnight where the market is), and what it was."""

    opened: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class Page(NamedTuple):
    """Some bars, oldest first, and from which moment to ask on; None where there is nothing more up to the moment that was asked for."""

    bars: tuple[Bar, ...]
    following: int | None


class Source(Protocol):
    """A source of candles, used by one thread. It limits its own rate of requests, and tries nothing again: whoever asks does."""

    @property
    def calendar(self) -> str:
        """When its markets trade: `24/7`, `24/5` or a name of exchange-calendars."""

    @property
    def timeframes(self) -> Collection[str]:
        """Of what lengths it has candles."""

    def now(self) -> int:
        """Return the source's own time, nanoseconds since 1970. Raise `SourceAwayError`."""

    def page(self, market: str, timeframe: str, *, since: int, until: int) -> Page:
        """Return bars that opened at `since` or later and before `until`, as many as come at once.

        A bar may be there that is not closed yet, or twice, or not at all: whoever asks looks. Raise `SourceAwayError` for what may pass,
        `SourceRefusedError` for what does not.
        """


class MakeSource(Protocol):
    """Makes a source: what an entry point of the group `modelbourse.sources` names."""

    def __call__(self, name: str, *, base_url: str | None, environ: Mapping[str, str]) -> Source:
        """Return the source that a name means: what follows the colon in `ccxt:kraken`, which may be empty.

        `base_url` is where it is asked, None for its usual address; keys are in `environ`. Raise `SourceRefusedError`.
        """


Sleep: TypeAlias = Callable[[float], None]
