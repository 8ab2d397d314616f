"""AI Engine's datasets: listed, shown with their versions and health, downloaded, renamed, deleted."""

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal

from fastapi import Path, Query
from pydantic import Field, field_validator
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from libs.chassis.errors import InvalidError
from libs.contracts.datasets import DatasetKind
from modelbourse.answers import datasets as answers
from modelbourse.answers.answer import JOB_ID, MODEL_ID
from services.gateway.domain.datasets.asked import NAME_MOST, check_name, check_symbol_filter
from services.gateway.domain.datasets.dataset import Dataset, DatasetStatus, DatasetVersion
from services.gateway.domain.datasets.errors import (
    DatasetChangedError,
    DatasetFileMissingError,
    DatasetReadError,
    DatasetRefusedError,
    DatasetUsedError,
    DatasetVersionKeptError,
    DatasetVersionNotFoundError,
)
from services.gateway.domain.datasets.packaged import PACKAGED, packaged
from services.gateway.domain.datasets.ports import DatasetFilter
from services.gateway.inbound.faces.ai_engine.dataset_answers import at_version, dataset_of, health_of, packaged_of, version_of
from services.gateway.inbound.faces.ai_engine.face import FACE, NO_DATASET, NO_SUCH_PART, PAGES, DatasetId, Reader, Trainer
from services.gateway.inbound.http.queries import query, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.nouns import DatasetUseCases

Format = Literal["parquet", "csv"]
# The page needs nothing but itself: no script, no other address.
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
)
SOURCES: Final = ["uploaded", "live", "packaged"]
TYPES: Final = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv; charset=utf-8"}
UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
READ_ALONE: Final = "'{}' comes with the platform: it has no versions, checks or files of its own."
FILTERS: Final = [
    query("kind", "Only datasets of this kind.", enum=[kind.value for kind in DatasetKind]),
    query("symbol", "Only candles of this symbol.", examples=["ACME"]),
    query("status", "Only datasets whose newest version is in this status.", enum=[status.value for status in DatasetStatus]),
    query("source", "Only those that you sent, that the platform goes on fetching, or that come with it.", enum=SOURCES),
]
Version = Annotated[
    int | None, Query(ge=1, le=10**9, description="Which version; the newest usable one, where none is named.", examples=[1])
]
Checked = Annotated[int | None, Query(ge=1, le=10**9, description="Which version; the newest, where none is named.", examples=[1])]
Use = Annotated[DatasetUseCases, used(DatasetUseCases)]
Numbered = Annotated[int, Path(ge=1, le=10**9, description="Which version.", examples=[1])]
NO_VERSION: Final = DatasetVersionNotFoundError(7, newest=2)
HTML: Final[dict[str, Any]] = {"content": {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>"}}}
FILE: Final[dict[str, Any]] = {
    "description": "The file.",
    "headers": {
        "Content-Disposition": {
            "schema": {"type": "string"},
            "description": "A name for the file.",
            "example": 'attachment; filename="ACME_1h_v1.parquet"',
        }
    },
    "content": {
        "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}, "example": "the bytes of a Parquet file"},
        "text/csv": {
            "schema": {"type": "string"},
            "example": "time,open,high,low,close,volume\n2026-01-02T14:30:00Z,10,11,9.5,10.5,1200\n",
        },
    },
}


class DatasetChange(StrictBody):
    """What may be changed of a dataset: its rows never are."""

    name: str = Field(min_length=1, max_length=NAME_MOST, description="What you call it.", examples=["ACME, cleaned"])

    @field_validator("name")
    @classmethod
    def _can_be_read(cls, name: str) -> str:
        try:
            return check_name(name.strip())
        except InvalidError as error:
            raise ValueError(error.message) from error


routes = make_router(prefix=f"{FACE.prefix}/datasets", tags=[FACE.tag("datasets")])


@routes.get(
    "",
    summary="List datasets",
    response_description="A part of the list, the newest first.",
    responses=NO_SUCH_PART,
    openapi_extra={"parameters": [*FILTERS, *PAGES.parameters]},
)
async def list_datasets(request: Request, caller: Reader, use: Use) -> answers.Datasets:
    """Your own datasets, and after them the live series and the candles that come with the platform, which everybody may use."""
    part, symbol = PAGES.read(request), request.query_params.get("symbol")
    wanted = DatasetFilter(
        caller.account_id,
        kind=read_word(request, "kind", known=DatasetKind),
        symbol=check_symbol_filter(symbol) if symbol else None,
        status=read_word(request, "status", known=DatasetStatus),
    )
    source = read_word(request, "source", known=SOURCES)
    total, own, shipped = await use.show.find(wanted, part, sources=(source,) if source else SOURCES)
    rows = [*(dataset_of(each, listed=True) for each in own), *map(packaged_of, shipped)]
    return answers.Datasets(datasets=rows, total=total, limit=part.size, offset=part.skipped)


@routes.get("/{dataset_id}", summary="Get a dataset", responses=refused(FACE, NO_DATASET, NO_VERSION))
async def get_dataset(dataset_id: DatasetId, caller: Reader, use: Use, version: Version = None) -> answers.Dataset:
    """All there is to say of it, as its newest usable version has it, or the one that is named; what is null has its reason."""
    if dataset_id in PACKAGED:
        return packaged_of(packaged(dataset_id))
    shown = await use.show.get(dataset_id, account_id=caller.account_id, number=version)
    return dataset_of(shown) if version is None else at_version(shown)


@routes.get(
    "/{dataset_id}/versions",
    summary="List a dataset's versions",
    response_description="A part of the list, the newest first.",
    responses=NO_SUCH_PART | refused(FACE, NO_DATASET),
    openapi_extra={"parameters": PAGES.parameters},
)
async def list_dataset_versions(dataset_id: DatasetId, request: Request, caller: Reader, use: Use) -> answers.DatasetVersions:
    """Every file that was sent made one, refused ones included; none of them ever changes."""
    part = PAGES.read(request)
    page = await use.show.versions(_own(dataset_id), part, account_id=caller.account_id)
    rows = [version_of(each) for each in page.items]
    return answers.DatasetVersions(versions=rows, total=page.count, limit=part.size, offset=part.skipped)


@routes.get("/{dataset_id}/health", summary="Get a dataset's health check", responses=refused(FACE, NO_DATASET, NO_VERSION))
async def get_dataset_health(
    dataset_id: DatasetId,
    caller: Reader,
    use: Use,
    version: Checked = None,
) -> answers.DatasetHealth:
    """Tell what keeps the newest version, or the one that is named, from being used, and what whoever uses it should know."""
    _, found = await use.show.version(_own(dataset_id), account_id=caller.account_id, number=version)
    if found.result is None:
        message = f"There is no health check of version {found.number}: {found.reason or 'its check has not ended.'}"
        raise DatasetFileMissingError(message)
    return health_of(found.result)


@routes.get(
    "/{dataset_id}/health.html",
    summary="Get a dataset's health check as a page",
    response_class=Response,
    responses={200: HTML, **refused(FACE, NO_DATASET)},
)
async def get_dataset_health_page(
    dataset_id: DatasetId,
    caller: Reader,
    use: Use,
    version: Checked = None,
) -> Response:
    """Tell the same with a chart, as one page that needs nothing else."""
    _, found = await use.show.version(_own(dataset_id), account_id=caller.account_id, number=version)
    page = await use.show.page(found)
    return Response(page, media_type="text/html; charset=utf-8", headers={"content-security-policy": PAGE_POLICY})


@routes.get(
    "/{dataset_id}/download",
    summary="Download a dataset",
    response_class=StreamingResponse,
    responses={200: FILE, **refused(FACE, NO_DATASET, DatasetRefusedError(2, state="refused"))},
)
async def download_dataset(
    dataset_id: DatasetId,
    caller: Reader,
    use: Use,
    version: Version = None,
    format: Annotated[Format, Query(description="`parquet` is the canonical file; `csv` can be sent again as it is.")] = "parquet",  # noqa: A002 - as the address has it
) -> StreamingResponse:
    """Return the rows of the newest usable version, or of the one that is named."""
    dataset, found = await use.show.usable(_own(dataset_id), account_id=caller.account_id, number=version)
    assert found.result is not None
    assert found.result.artifact is not None
    sha256 = found.result.artifact.sha256
    pieces = use.files.csv(sha256, account_id=caller.account_id) if format == "csv" else use.files.parquet(sha256)
    headers = {"content-disposition": f'attachment; filename="{_filename(dataset, found)}.{format}"'}
    if format == "parquet":
        headers["content-length"] = str(found.result.artifact.size)
    # The first piece before the answer: a file that is gone is told as an error.
    first = await anext(pieces, b"")
    return StreamingResponse(_with_first(first, pieces), media_type=TYPES[format], headers=headers)


@routes.patch("/{dataset_id}", summary="Rename a dataset", responses=refused(FACE, NO_DATASET, DatasetChangedError(answers.DATASET_ID)))
async def rename_dataset(dataset_id: DatasetId, body: DatasetChange, caller: Trainer, use: Use) -> answers.Dataset:
    """Its name alone can be changed."""
    await use.rename(dataset_id, body.name, account_id=caller.account_id)
    return dataset_of(await use.show.get(dataset_id, account_id=caller.account_id))


@routes.delete(
    "/{dataset_id}",
    summary="Delete a dataset",
    responses=refused(FACE, NO_DATASET, DatasetUsedError([MODEL_ID]), DatasetReadError([JOB_ID])),
)
async def delete_dataset(dataset_id: DatasetId, caller: Trainer, use: Use) -> answers.DeletedDataset:
    """All of its versions go, and a check that runs is cancelled; what models were trained on, or jobs read, stays as long as they do."""
    at = await use.delete(dataset_id, account_id=caller.account_id)
    return answers.DeletedDataset(id=dataset_id, deleted=True, deleted_at=at)


@routes.delete(
    "/{dataset_id}/versions/{version}",
    summary="Delete a version of a dataset",
    responses=refused(
        FACE, NO_DATASET, NO_VERSION, DatasetVersionKeptError(1, why="a model was trained on it"), DatasetReadError([JOB_ID])
    ),
)
async def delete_dataset_version(dataset_id: DatasetId, version: Numbered, caller: Trainer, use: Use) -> answers.DeletedDatasetVersion:
    """Its file no longer counts, and no later version has its number. The newest, the newest usable and what models learned from stay."""
    at = await use.delete_version(dataset_id, version, account_id=caller.account_id)
    return answers.DeletedDatasetVersion(id=dataset_id, version=version, deleted=True, deleted_at=at)


def _own(dataset_id: str) -> str:
    """Return the id of a dataset that was sent. Raise DatasetFileMissingError for a packaged one."""
    if dataset_id in PACKAGED:
        raise DatasetFileMissingError(READ_ALONE.format(dataset_id))
    return dataset_id


def _filename(dataset: Dataset, version: DatasetVersion) -> str:
    what = f"{dataset.symbol}_{dataset.timeframe}" if dataset.symbol else dataset.name
    return f"{UNSAFE.sub('_', what).strip('._')[:80] or 'dataset'}_v{version.number}"


async def _with_first(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
