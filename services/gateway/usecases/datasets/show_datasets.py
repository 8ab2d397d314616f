"""Datasets as they are shown: an account's own, then those that come with the platform."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from libs.chassis.stores.parts import Page, Part
from libs.contracts.live import PLATFORM
from services.gateway.domain.datasets.dataset import Dataset, DatasetVersion
from services.gateway.domain.datasets.errors import DatasetFileMissingError, DatasetRefusedError
from services.gateway.domain.datasets.live_series import is_live
from services.gateway.domain.datasets.packaged import Packaged, packaged_like
from services.gateway.domain.datasets.ports import DatasetFiles, DatasetFilter, Datasets, DatasetUsers
from services.gateway.usecases.datasets.show_refreshes import Refreshing, ShowRefreshes

LIVE_MOST: Final = 1000
NO_PAGE = "Version {number} has no page: {why}."


@dataclass(frozen=True, slots=True)
class DatasetView:
    """A dataset as one of its versions has it, and the models that were trained on it."""

    dataset: Dataset
    version: DatasetVersion | None
    used_by: Sequence[str]
    refresh: Refreshing | None = None


@dataclass(frozen=True, slots=True)
class ShowDatasets:
    """Reads alone."""

    datasets: Datasets
    users: DatasetUsers
    files: DatasetFiles
    refreshes: ShowRefreshes

    async def find(
        self, wanted: DatasetFilter, part: Part, *, sources: Collection[str]
    ) -> tuple[int, Sequence[DatasetView], Sequence[Packaged]]:
        """Return how many there are in all, and of a part those that were sent, the newest first, then live series, then packaged ones.

        `sources` are those that are wanted: uploaded, live, packaged.
        """
        own: Page[Dataset] = await self.datasets.find(wanted, part) if "uploaded" in sources else Page(0, ())
        live = await self._live(wanted) if "live" in sources else ()
        shipped = packaged_like(wanted) if "packaged" in sources else ()
        users = await self.users.of([each.id for each in own.items], account_id=wanted.account_id) if own.items else {}
        begin = max(part.skipped - own.count, 0)
        rest = [*live, *shipped][begin : begin + part.size - len(own.items)] if part.skipped + part.size > own.count else []
        mine = [DatasetView(each, each.ready, users[each.id]) for each in own.items]
        shared, packaged = [each for each in rest if isinstance(each, DatasetView)], [each for each in rest if isinstance(each, Packaged)]
        return own.count + len(live) + len(shipped), [*mine, *shared], packaged

    async def _live(self, wanted: DatasetFilter) -> Sequence[DatasetView]:
        """Return the live series that a filter finds, the newest first."""
        page = await self.datasets.find(replace(wanted, account_id=PLATFORM), Part(size=LIVE_MOST))
        refreshes = await self.refreshes({each.id: each for each in page.items})
        users = await self.users.of([each.id for each in page.items], account_id=wanted.account_id) if page.items else {}
        return [DatasetView(each, each.ready, users[each.id], refreshes.get(each.id)) for each in page.items]

    async def get(self, dataset_id: str, *, account_id: str, number: int | None = None) -> DatasetView:
        """Return a dataset as a version has it: the newest usable one, where none is named; the newest, where none is usable.

        Raise DatasetNotFoundError or DatasetVersionNotFoundError.
        """
        dataset = await self.datasets.get(dataset_id, account_id=account_id)
        users = await self.users.of([dataset_id], account_id=account_id)
        version = await self.datasets.version(dataset, number or (dataset.ready or dataset.newest).number)
        refreshes = await self.refreshes({dataset_id: dataset}) if is_live(dataset_id) else {}
        return DatasetView(dataset, version, users[dataset_id], refreshes.get(dataset_id))

    async def version(self, dataset_id: str, *, account_id: str, number: int | None) -> tuple[Dataset, DatasetVersion]:
        """Return a version, the newest where none is named. Raise DatasetNotFoundError or DatasetVersionNotFoundError."""
        dataset = await self.datasets.get(dataset_id, account_id=account_id)
        return dataset, await self.datasets.version(dataset, number or dataset.newest.number)

    async def versions(self, dataset_id: str, part: Part, *, account_id: str) -> Page[DatasetVersion]:
        """Return a part of a dataset's versions, the newest first. Raise DatasetNotFoundError."""
        dataset = await self.datasets.get(dataset_id, account_id=account_id)
        page = await self.datasets.versions(dataset_id, part)
        return replace(page, items=[dataset.with_end(each) for each in page.items])

    async def page(self, version: DatasetVersion) -> bytes:
        """Return the page of a version's check. Raise DatasetFileMissingError."""
        if version.result is None or version.result.page is None:
            why = version.reason or ("its check has not ended" if not version.has_ended else "nothing of it was kept")
            raise DatasetFileMissingError(NO_PAGE.format(number=version.number, why=why.rstrip(".")))
        return await self.files.page(version.result.page.sha256)

    async def usable(self, dataset_id: str, *, account_id: str, number: int | None) -> tuple[Dataset, DatasetVersion]:
        """Return a version that has rows, the newest where none is named.

        Raise DatasetNotFoundError, DatasetVersionNotFoundError or DatasetRefusedError.
        """
        dataset = await self.datasets.get(dataset_id, account_id=account_id)
        version = await self.datasets.version(dataset, number or (dataset.ready or dataset.newest).number)
        if version.result is None or version.result.artifact is None:
            raise DatasetRefusedError(version.number, state=version.status.value)
        return dataset, version
