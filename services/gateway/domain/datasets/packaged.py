"""The instruments that come with the platform, as datasets that everybody may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from libs.contracts.datasets import DatasetKind
from libs.market.calendar_names import CALENDARS
from libs.market.catalogue import INSTRUMENTS, Instrument
from services.gateway.domain.datasets.dataset import DatasetStatus
from services.gateway.domain.datasets.errors import DatasetNotFoundError, PackagedDatasetError
from services.gateway.domain.datasets.live_series import is_live
from services.gateway.domain.datasets.ports import DatasetFilter

PREFIX: Final = "packaged_"


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
