"""The instruments that come with the platform, as datasets that everybody may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from libs.contracts.datasets import DatasetKind
from libs.market.calendar_names import CALENDARS
from libs.market.catalogue import INSTRUMENTS, Instrument
from services.gateway.domain.datasets.dataset import DatasetStatus
from services.gateway.domain.datasets.errors import DatasetNotFoundError, PackagedDatasetError
from services.gateway.domain.datasets.live_series import is_live
from services.gateway.domain.datasets.ports import DatasetFilter

PREFIX: Final = "packaged_"


class Extent(NamedTuple):
    """How many candles there are, when the first one opened and when the last one closed."""

    rows: int
    start: datetime
    end: datetime


# They never change; a test compares them with the candles, which the gateway does not load for a list.
_EXTENTS: Final = {
    "AAPL": (3270, "2000-03-01T14:30Z", "2013-03-01T21:00Z"),
    "MSFT": (3270, "2000-03-01T14:30Z", "2013-03-01T21:00Z"),
    "IBM": (3270, "2000-03-01T14:30Z", "2013-03-01T21:00Z"),
    "GOOG": (2148, "2004-08-19T13:30Z", "2013-03-01T21:00Z"),
    "NVDA": (6558, "1999-01-22T14:30Z", "2025-02-14T21:00Z"),
    "AMZN": (5842, "1997-05-15T13:30Z", "2020-07-31T20:00Z"),
    "SPX": (5031, "1999-01-04T14:30Z", "2018-12-31T21:00Z"),
    "IXIC": (5031, "1999-01-04T14:30Z", "2018-12-31T21:00Z"),
    "BTC-USD": (8686, "2021-09-27T13:45Z", "2021-12-29T14:00Z"),
    "EURUSD": (6225, "2017-01-01T22:00Z", "2017-12-29T22:00Z"),
}


@dataclass(frozen=True, slots=True)
class Packaged:
    """Candles of a shipped instrument."""

    instrument: Instrument
    timeframe: str

    @property
    def id(self) -> str:
        """Its id, which anybody may guess."""
        return f"{PREFIX}{self.instrument.symbol}_{self.timeframe}"

    @property
    def calendar(self) -> str:
        """When it trades."""
        return CALENDARS[self.instrument.asset_class]

    @property
    def extent(self) -> Extent:
        """How many candles there are, and from when to when."""
        rows, start, end = _EXTENTS[self.instrument.symbol]
        return Extent(rows, datetime.fromisoformat(start), datetime.fromisoformat(end))


_ALL: Final = tuple(Packaged(instrument, timeframe) for instrument in INSTRUMENTS.values() for timeframe in instrument.timeframes)
PACKAGED: Final = {each.id: each for each in _ALL}


def packaged(dataset_id: str) -> Packaged:
    """Return a packaged dataset by its id. Raise DatasetNotFoundError."""
    if dataset_id not in PACKAGED:
        raise DatasetNotFoundError(dataset_id)
    return PACKAGED[dataset_id]


def check_changeable(dataset_id: str) -> None:
    """Raise PackagedDatasetError for what comes with the platform, live series included."""
    if dataset_id in PACKAGED or is_live(dataset_id):
        raise PackagedDatasetError(dataset_id)


def packaged_like(wanted: DatasetFilter) -> Sequence[Packaged]:
    """Return those that a filter finds, by name."""
    if wanted.kind not in {None, DatasetKind.CANDLES} or wanted.status not in {None, DatasetStatus.READY}:
        return ()
    return [each for each in PACKAGED.values() if wanted.symbol in {None, each.instrument.symbol}]
