"""What the platform needs of datasets."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.datasets import DatasetKind, OwnCandles
from services.gateway.domain.datasets.dataset import Dataset, DatasetStatus, DatasetVersion


class OwnSymbols(Protocol):
    """Which symbols accounts have candles of their own for."""

    async def of(self, account_id: str, *, columns: bool) -> Sequence[OwnCandles]:
        """Return the newest usable version of each of the account's datasets of candles, and of the live series, with their columns or not.

        There may be hundreds of columns each. Raise UnavailableError.
        """


@dataclass(frozen=True, slots=True)
class DatasetFilter:
    """Which of an account's datasets; what was only looked at is in no list."""

    account_id: str
    kind: DatasetKind | None = None
    symbol: str | None = None
    status: DatasetStatus | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What an account's datasets take: how many there are, the bytes of all of their files, and the rows that can be used."""

    datasets: int
    size: int
    rows: int


class Datasets(Protocol):
    """The datasets of all accounts, and their versions."""

    async def get(self, dataset_id: str, *, account_id: str | None) -> Dataset:
        """Return a dataset of this account or of the platform (of anybody, for None). Raise DatasetNotFoundError."""

    async def version(self, dataset: Dataset, number: int) -> DatasetVersion:
        """Return a version with the preview of its rows. Raise DatasetVersionNotFoundError."""

    async def versions(self, dataset_id: str, part: Part) -> Page[DatasetVersion]:
        """Return a part of a dataset's versions, the newest first."""

    async def find(self, wanted: DatasetFilter, part: Part) -> Page[Dataset]:
        """Return a part of datasets, the newest first."""

    async def with_claim(self, claim: str, *, account_id: str) -> str | None:
        """Return the id of the account's dataset that has this symbol and timeframe; None when none does."""

    async def stored(self, account_id: str) -> Stored:
        """Return what the account's datasets take."""

    async def add(self, dataset: Dataset) -> None:
        """Keep a new dataset; one that is known, or was deleted, stays as it is. Raise SymbolTakenError."""

    async def keep(self, version: DatasetVersion, *, is_final: bool = True) -> None:
        """Keep a version as it stands; one whose check has ended stays as it is. It has not ended before that is `is_final`."""

    async def save(self, dataset: Dataset) -> None:
        """Write a dataset that was read. Raise DatasetChangedError for a lost race, SymbolTakenError."""

    async def delete(self, dataset: Dataset) -> None:
        """Take a dataset away with its versions. Raise DatasetChangedError for a lost race."""

    async def finish_deleting(self) -> int:
        """Take away the versions of deleted datasets that still have any; return how many datasets that were."""

    async def delete_version(self, dataset_id: str, number: int) -> None:
        """Take a version away; no late event brings it back."""

    async def forget_versions(self, dataset_id: str) -> None:
        """Take away versions that came after their dataset was deleted."""

    async def forget_old(self, dataset_id: str, *, below: int, but: Collection[int], before: datetime) -> None:
        """Take away versions with lower numbers that were made before this moment, but for these."""

    async def uploads(self) -> set[str]:
        """Return where the files lie that wait for their check."""


class DatasetUsers(Protocol):
    """Which models were trained on datasets, and which jobs read them now."""

    async def of(self, dataset_ids: Sequence[str], *, account_id: str) -> Mapping[str, Sequence[str]]:
        """Return the models of the account that have a version which was trained on one of these, by dataset."""

    async def jobs_of(self, dataset_id: str) -> Sequence[str]:
        """Return the jobs that read a dataset's candles and have not ended."""

    async def versions_of(self, dataset_id: str) -> Collection[int]:
        """Return the versions of a dataset that a model of any account was trained on."""


@dataclass(frozen=True, slots=True)
class SeriesTurn:
    """A live series that somebody looks after, until then."""

    series_id: str
    until: datetime


class SeriesTurns(Protocol):
    """Whose turn it is to refresh live series, and when. All raise UnavailableError."""

    async def take(self, ids: Collection[str], *, at: datetime, until: datetime) -> SeriesTurn | None:
        """Take the series that has been due longest, until then: it is due again by that time if its turn is not given back."""

    async def end(self, turn: SeriesTurn, *, due_at: datetime) -> None:
        """Give the turn back: due again then, or earlier when it was woken meanwhile."""

    async def wake(self, series_id: str, *, due_at: datetime) -> None:
        """Say that it is due then already, if it is due later."""

    async def due(self, ids: Collection[str]) -> Mapping[str, datetime]:
        """Return when series are due."""


class DatasetFiles(Protocol):
    """Files of datasets in the artifact store."""

    async def page(self, sha256: str) -> bytes:
        """Return a health check's page. Raise DatasetFileMissingError or UnavailableError."""

    def parquet(self, sha256: str) -> AsyncIterator[bytes]:
        """Return a canonical file piece by piece. Raise DatasetFileMissingError or UnavailableError before the first."""

    def csv(self, sha256: str, *, account_id: str) -> AsyncIterator[bytes]:
        """Return its rows as CSV, piece by piece. Raise as `parquet` does, and TooManyRequestsError where an account reads several."""

    async def drop_upload(self, path: str) -> None:
        """Remove a file that was sent; one that is not there is fine."""

    async def drop_uploads(self, *, but: set[str], before: datetime) -> int:
        """Remove what was sent before this moment and is not among these; return how many files."""
