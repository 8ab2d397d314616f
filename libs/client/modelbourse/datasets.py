"""Datasets: send, append, wait for the check, list, get, download, rename, delete, or one of their versions."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Final, Literal

import httpx

from modelbourse.answers.datasets import (
    AcceptedDataset,
    Dataset,
    DatasetHealth,
    Datasets,
    DatasetVersion,
    DatasetVersions,
    DeletedDataset,
    DeletedDatasetVersion,
    Kind,
    Status,
)
from modelbourse.asking import ask_for, path_to
from modelbourse.errors import NotConnectedError
from modelbourse.errors_datasets import DatasetRefusedError
from modelbourse.errors_jobs import WaitTimeoutError
from modelbourse.gateway import Gateway, new_key
from modelbourse.looking import Looks
from modelbourse.saving import save_pieces
from modelbourse.sending import UNKNOWN_TYPE, FilePath, Watch, outgoing
from modelbourse.steps import Emit, Flow, Steps

DATASETS: Final = "/v1/ai/datasets"
# As many as a page may hold: a whole list takes the fewest requests.
PAGE_MOST: Final = 100
Source = Literal["uploaded", "live", "packaged"]
FileFormat = Literal["parquet", "csv"]


def upload_dataset(
    gateway: Gateway,
    file: FilePath | BinaryIO,
    *,
    symbol: str | None = None,
    timeframe: str | None = None,
    name: str | None = None,
    kind: Kind | None = None,
    tz: str | None = None,
    calendar: str | None = None,
    columns: Mapping[str, str] | None = None,
    dry_run: bool = False,
    on_progress: Watch | None = None,
    idempotency_key: str | None = None,
) -> Steps[AcceptedDataset]:
    """Send a CSV or Parquet file, by its path or open in mode 'rb', and return what was understood; a job checks it: see `wait`.

    Candles (the `kind` that is meant where none is said) need a `symbol`. `columns` says what the file calls a column, by what it is called
    here. With `dry_run` it is only looked at. `on_progress` is called with the bytes that were sent and how many there are.
    Raise InvalidRequestError with all that is wrong, by field, TooLargeError or PermissionDeniedError where the tier has no more,
    ConflictError when there is a dataset of these candles, UnsendableError for what is no file.
    """
    fields = _texts(
        name=name,
        kind=kind,
        symbol=symbol,
        timeframe=timeframe,
        tz=tz,
        calendar=calendar,
        columns=json.dumps(dict(columns)) if columns else None,
        # Said in any case: what takes no room is not refused for want of it, and what does is refused before it has come.
        dry_run="true" if dry_run else "false",
    )
    return _send_file(gateway, DATASETS, file, fields, watch=on_progress, key=idempotency_key)


def append_dataset(
    gateway: Gateway,
    dataset_id: str,
    file: FilePath | BinaryIO,
    *,
    revise: bool = False,
    tz: str | None = None,
    columns: Mapping[str, str] | None = None,
    on_progress: Watch | None = None,
    idempotency_key: str | None = None,
) -> Steps[AcceptedDataset]:
    """Send further rows: they make the next version. Rows that are there must be the same, unless `revise` is true.

    What is not said of the file is as it was. Raise as `upload` does, NotFoundError, or ConflictError while another file is checked.
    """
    fields = _texts(
        tz=tz,
        columns=json.dumps(dict(columns)) if columns else None,
        revise="true" if revise else None,
    )
    return _send_file(gateway, path_to(f"{DATASETS}/", dataset_id, then="/versions"), file, fields, watch=on_progress, key=idempotency_key)


def wait_for_dataset(
    gateway: Gateway,
    dataset_id: str,
    version: int | None = None,
    *,
    timeout: float | None = None,
    watch: Callable[[Dataset], None] | None = None,
) -> Steps[Dataset]:
    """Wait until the check of a version (the newest, where none is named) has ended well, and return the dataset as that version has it.

    `watch` is called with it each time it is looked at. Raise NotFoundError, DatasetRefusedError, or, after `timeout` seconds,
    WaitTimeoutError: the check goes on.
    """

    def too_late(_: Dataset | None) -> WaitTimeoutError:
        return WaitTimeoutError(f"the check of {dataset_id} is not waited for any longer than {timeout:g} s; it goes on", None)

    looks = Looks(gateway, lambda: get_dataset(gateway, dataset_id, version), too_late, timeout)
    while True:
        dataset = yield from looks.next()
        if watch is not None:
            watch(dataset)
        # A dataset with an older version that can be used stays ready: what became of the newest is told by its health.
        is_broken = dataset.status == "ready" and (dataset.health is None or bool(dataset.health.errors))
        if dataset.status == "refused" or is_broken:
            raise DatasetRefusedError(_why_refused(dataset), dataset)
        if dataset.status != "checking":
            return dataset


def page_of_datasets(
    gateway: Gateway,
    *,
    kind: Kind | None = None,
    symbol: str | None = None,
    status: Status | None = None,
    source: Source | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> Steps[Datasets]:
    """Return a part of the datasets, the newest first; those that come with the platform after your own."""
    params = {"kind": kind, "symbol": symbol, "status": status, "source": source, "limit": limit, "offset": offset}
    return ask_for(gateway, Datasets, "GET", DATASETS, params=params)


def all_datasets(
    gateway: Gateway,
    *,
    kind: Kind | None = None,
    symbol: str | None = None,
    status: Status | None = None,
    source: Source | None = None,
) -> Flow[Dataset, None]:
    """Iterate over all datasets, the newest first; those that come with the platform after your own."""
    offset = 0
    while True:
        page = yield from page_of_datasets(gateway, kind=kind, symbol=symbol, status=status, source=source, limit=PAGE_MOST, offset=offset)
        for each in page.datasets:
            yield Emit(each)
        offset += len(page.datasets)
        if not page.datasets or offset >= page.total:
            return


def get_dataset(gateway: Gateway, dataset_id: str, version: int | None = None) -> Steps[Dataset]:
    """Return a dataset as a version has it; the newest usable one, where none is named. Raise NotFoundError."""
    return ask_for(gateway, Dataset, "GET", path_to(f"{DATASETS}/", dataset_id, then=""), params={"version": version})


def page_of_versions(gateway: Gateway, dataset_id: str, *, limit: int | None = None, offset: int | None = None) -> Steps[DatasetVersions]:
    """Return a part of a dataset's versions, the newest first. Raise NotFoundError."""
    path = path_to(f"{DATASETS}/", dataset_id, then="/versions")
    return ask_for(gateway, DatasetVersions, "GET", path, params={"limit": limit, "offset": offset})


def all_versions(gateway: Gateway, dataset_id: str) -> Flow[DatasetVersion, None]:
    """Iterate over a dataset's versions, the newest first. Raise NotFoundError."""
    offset = 0
    while True:
        page = yield from page_of_versions(gateway, dataset_id, limit=PAGE_MOST, offset=offset)
        for each in page.versions:
            yield Emit(each)
        offset += len(page.versions)
        if not page.versions or offset >= page.total:
            return


def get_health(gateway: Gateway, dataset_id: str, version: int | None = None) -> Steps[DatasetHealth]:
    """Return what the check of a version found; of the newest, where none is named. Raise NotFoundError."""
    return ask_for(gateway, DatasetHealth, "GET", path_to(f"{DATASETS}/", dataset_id, then="/health"), params={"version": version})


def get_health_page(gateway: Gateway, dataset_id: str, version: int | None = None) -> Steps[bytes]:
    """Return the same as one HTML page, with a chart. Raise NotFoundError."""
    answer = yield from gateway.ask("GET", path_to(f"{DATASETS}/", dataset_id, then="/health.html"), params={"version": version})
    return bytes(answer.content)


def download_dataset(
    gateway: Gateway,
    dataset_id: str,
    into: FilePath,
    *,
    version: int | None = None,
    format: FileFormat = "parquet",  # noqa: A002  # as the address has it
) -> Steps[Path]:
    """Write a version's rows to a file, whole or not at all, and return where it is; the newest usable one, where none is named.

    `into` is the file, or a folder, in which it is called as its id. Raise NotFoundError, InvalidRequestError for one that was refused,
    NotConnectedError when it breaks off, or OSError.
    """
    place = Path(into)
    place = place / f"{dataset_id}.{format}" if place.is_dir() else place
    path = path_to(f"{DATASETS}/", dataset_id, then="/download")
    answer = yield from gateway.ask("GET", path, params={"format": format, "version": version}, stream=True)
    try:
        yield from save_pieces(answer, place)
    except httpx.TransportError as error:
        raise NotConnectedError(gateway.url, str(error)) from error
    return place


def rename_dataset(gateway: Gateway, dataset_id: str, name: str) -> Steps[Dataset]:
    """Give a dataset another name. Raise NotFoundError, or InvalidRequestError for what can be none."""
    return ask_for(gateway, Dataset, "PATCH", path_to(f"{DATASETS}/", dataset_id, then=""), body={"name": name})


def delete_dataset(gateway: Gateway, dataset_id: str) -> Steps[DeletedDataset]:
    """Delete a dataset with all of its versions. Raise NotFoundError, or ConflictError while models or jobs need it."""
    return ask_for(gateway, DeletedDataset, "DELETE", path_to(f"{DATASETS}/", dataset_id, then=""))


def delete_version(gateway: Gateway, dataset_id: str, version: int) -> Steps[DeletedDatasetVersion]:
    """Delete an old version of a dataset, which makes room; no later one has its number.

    Raise NotFoundError, or ConflictError for the newest, the newest usable and what models or jobs need.
    """
    path = path_to(f"{DATASETS}/", dataset_id, then=f"/versions/{int(version)}")
    return ask_for(gateway, DeletedDatasetVersion, "DELETE", path)


def _send_file(
    gateway: Gateway, path: str, file: FilePath | BinaryIO, fields: Mapping[str, str], *, watch: Watch | None, key: str | None
) -> Steps[AcceptedDataset]:
    with outgoing(file, watch=watch) as sent:
        # The fields go before the file: what is wrong with them is told before it has come.
        form = {"form": fields, "files": {"file": (sent.name, sent, UNKNOWN_TYPE)}}
        again = (key or new_key()) if sent.can_be_sent_again else None
        if again is None:  # A token that is over is renewed now: what comes by a pipe cannot be sent a second time.
            yield from ask_for(gateway, Datasets, "GET", DATASETS, params={"limit": 1})
        return (yield from ask_for(gateway, AcceptedDataset, "POST", path, key=again, **form))


def _texts(**fields: str | None) -> dict[str, str]:
    return {name: text for name, text in fields.items() if text is not None}


def _why_refused(dataset: Dataset) -> str:
    found = dataset.health.errors if dataset.health else []
    why = " ".join(each.message for each in found) or dataset.reasons.get("health", "its check was broken off.")
    return f"{dataset.name} ({dataset.id}) cannot be used: {why}"
