"""AI Engine's datasets as they come: a new one, or further rows; each file is streamed to the store and checked by a job."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Annotated, Any, Final

from fastapi import status
from starlette.requests import Request

from libs.chassis.errors import InvalidError, PlatformError
from libs.contracts.datasets import DatasetKind
from libs.contracts.job_kinds import JobKind
from modelbourse.answers import datasets as answers
from modelbourse.answers.answer import JOB_ID
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.caller import Scope
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.domain.datasets.asked import MORE_FIELDS, NAME_MOST, NEW_FIELDS, TIMEFRAMES, read_more, read_new
from services.gateway.domain.datasets.dataset import Dataset
from services.gateway.domain.datasets.errors import DatasetBusyError, SymbolTakenError
from services.gateway.domain.datasets.packaged import check_changeable
from services.gateway.domain.errors import PayloadTooLargeError
from services.gateway.inbound.faces.ai_engine.face import CSV_EXAMPLE, FACE, NO_DATASET, DatasetId, Trainer
from services.gateway.inbound.faces.ai_engine.first_look import first_look
from services.gateway.inbound.http.described import REFERENCE, Schema
from services.gateway.inbound.http.exchange import Exchange, exchange_of
from services.gateway.inbound.http.multipart import FILE
from services.gateway.inbound.http.queries import query
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.inbound.http.uploads import MULTIPART, CurrentUpload, UploadBound, UploadTerms, body_described, takes_upload
from services.gateway.usecases.datasets.send_dataset import Accepted
from services.gateway.usecases.nouns import DatasetUseCases

TRUTH: Final[dict[str, Any]] = {"type": "boolean", "default": False}
OWN: Final = "Of candles: what they are of. It can be used wherever a symbol can, before one of the same name that comes with the platform."
TIMEFRAME: Final = "Of candles: how long one is; told by the file's times, where none is said."
CALENDAR: Final = "Of candles: `24/7`, `24/5` or a name of exchange-calendars; guessed and said, where none is."
# What is said of a file: the fields of a form, or the parameters of the query beside the file itself.
FIELD_SCHEMAS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "name": ("What you call it; its symbol, where none is said.", {"maxLength": NAME_MOST, "examples": ["ACME from our desk"]}),
    "kind": ("What its rows are.", {"enum": [kind.value for kind in DatasetKind], "default": "candles"}),
    "symbol": (OWN, {"examples": ["ACME"]}),
    "timeframe": (TIMEFRAME, {"enum": list(TIMEFRAMES), "examples": ["1h"]}),
    "tz": ("IANA zone of times that say none; UTC, where none is said.", {"examples": ["Europe/Berlin"]}),
    "calendar": (CALENDAR, {"examples": ["XNYS"]}),
    "columns": ("What the file calls a column, by what it is called here, as JSON.", {"examples": ['{"close": "Last price"}']}),
    "dry_run": ("Whether it is only looked at and checked: nothing of it is kept.", TRUTH),
    "revise": ("Whether rows that are there already may have other values; without it such a file is refused.", TRUTH),
}
TOO_LARGE: Final = PayloadTooLargeError(TierLimits(DEFAULTS).refusal(Limit.UPLOAD, tier=Tier.FREE).message)
FULL: Final = TierLimits(DEFAULTS).refusal(Limit.DATASETS, tier=Tier.FREE)
TAKEN: Final = SymbolTakenError(symbol="ACME", timeframe="1h", dataset_id=answers.DATASET_ID)
NOT_LIKE_THIS: Final = InvalidError(
    "The file cannot be taken like this: see timeframe.",
    details={"timeframe": ["'1hr' is not one of 1m, 5m, 15m, 30m, 1h, 4h, 1d, 1w. Did you mean '1h'?"]},
)
Use = Annotated[DatasetUseCases, used(DatasetUseCases)]


# The forms of this noun, by their names among the document's components.
FORMS: Final[dict[str, Schema]] = {}


def describe_forms(document: Schema) -> None:
    """Add the forms to the OpenAPI document."""
    document["components"]["schemas"].update(FORMS)


def _described(form: str, fields: tuple[str, ...]) -> dict[str, Any]:
    """Return a route's body and parameters, as the OpenAPI document has them; the body's form becomes a component of this name."""
    properties = {name: {"type": "string"} | FIELD_SCHEMAS[name][1] | {"description": FIELD_SCHEMAS[name][0]} for name in fields}
    body = body_described(properties, describes="A CSV or Parquet file.")
    said = {name: schema.get("examples", [schema.get("default")])[0] for name, (_, schema) in FIELD_SCHEMAS.items() if name in fields}
    FORMS[form] = body["content"][MULTIPART]["schema"] | {"title": form, "description": "A file, and what it is said to be."}
    body["content"][MULTIPART]["schema"] = {"$ref": REFERENCE.format(model=form)}
    for kind, content in body["content"].items():
        content["example"] = {**said, FILE: CSV_EXAMPLE} if kind == MULTIPART else CSV_EXAMPLE
    return {"parameters": [query(name, FIELD_SCHEMAS[name][0], **FIELD_SCHEMAS[name][1]) for name in fields], "requestBody": body}


def _bound(request: Request) -> UploadBound:
    exchange = exchange_of(request.scope)
    limits: TierLimits = exchange.use_cases[DatasetUseCases].limits
    tier = exchange.require().tier
    return UploadBound(limits.most(Limit.UPLOAD, tier), limits.refusal(Limit.UPLOAD, tier=tier).message)


async def _check_new(request: Request, fields: Mapping[str, str]) -> None:
    """Refuse before the file is read what can be refused by then: of a form, the fields that have come before it."""
    is_form = request.headers.get("content-type", "").startswith("multipart/")
    wanted, exchange = read_new(fields, is_whole=not is_form), exchange_of(request.scope)
    # A form may say behind its file that it is only to be looked at, which takes no room.
    if not is_form or "dry_run" in fields:
        await _unless_repeated(exchange.use_cases[DatasetUseCases].send.check_new(wanted, caller=exchange.require()), exchange)


async def _check_more(request: Request, fields: Mapping[str, str]) -> None:
    exchange = exchange_of(request.scope)
    use = exchange.use_cases[DatasetUseCases]
    dataset = await _found(request.path_params["dataset_id"], use, account_id=exchange.require().account_id)
    read_more(fields, kind=dataset.kind)
    await _unless_repeated(use.send.check_append(dataset, caller=exchange.require()), exchange)


async def _unless_repeated(check: Coroutine[Any, Any, None], exchange: Exchange) -> None:
    """Let a check refuse a request but for one that came before: it may have taken the room itself, and is answered what it was then."""
    try:
        await check
    except PlatformError:
        if not await exchange.has_come_before():
            raise


async def _found(dataset_id: str, use: DatasetUseCases, *, account_id: str) -> Dataset:
    check_changeable(dataset_id)
    return await use.datasets.get(dataset_id, account_id=account_id)


async def accepted_of(accepted: Accepted, *, head: bytes) -> answers.AcceptedDataset:
    """Return the answer to a file that has come, with what its first bytes are understood as."""
    # Some tens of milliseconds: beside the loop.
    preview, why = await asyncio.to_thread(first_look, accepted.spec, head)
    return answers.AcceptedDataset(
        dataset_id=accepted.spec.dataset_id,
        version=accepted.spec.version,
        status="checking",
        job_id=accepted.job.id,
        preview=preview,
        reasons={"preview": why} if why else {},
    )


NEW: Final = UploadTerms(needs=Scope.TRAIN, fields=NEW_FIELDS, bound=_bound, check=_check_new)
MORE: Final = UploadTerms(needs=Scope.TRAIN, fields=MORE_FIELDS, bound=_bound, check=_check_more)
routes = make_router(prefix=f"{FACE.prefix}/datasets", tags=[FACE.tag("datasets")])


@routes.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Send a dataset",
    response_description="The file has come and is being checked.",
    responses=refused(FACE, 402, FULL, TAKEN, TOO_LARGE, NOT_LIKE_THIS, 504),
    openapi_extra=_described("DatasetFile", NEW_FIELDS),
)
@starts_work
@takes_upload(NEW)
async def create_dataset(caller: Trainer, work: CurrentWork, upload: CurrentUpload, use: Use) -> answers.AcceptedDataset:
    """Send a CSV or Parquet file, as a form or as it is; what was understood is shown at once, and a job checks all of it."""
    accepted = await use.send.new(read_new(upload.fields), upload.upload, kind=JobKind.VALIDATE, caller=caller, work=work)
    return await accepted_of(accepted, head=upload.head)


@routes.post(
    "/{dataset_id}/versions",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Append rows to a dataset",
    response_description="The file has come and is being checked.",
    responses=refused(FACE, 402, FULL, NO_DATASET, DatasetBusyError(JOB_ID), TOO_LARGE, NOT_LIKE_THIS, 504),
    openapi_extra=_described("MoreRowsFile", MORE_FIELDS),
)
@starts_work
@takes_upload(MORE)
async def append_dataset(
    dataset_id: DatasetId, caller: Trainer, work: CurrentWork, upload: CurrentUpload, use: Use
) -> answers.AcceptedDataset:
    """Make the next version: all rows that there are, and those of the file. Rows of one moment are equal, unless `revise` is true."""
    dataset = await _found(dataset_id, use, account_id=caller.account_id)
    rows = read_more(upload.fields, kind=dataset.kind)
    accepted = await use.send.append(dataset, rows, upload.upload, kind=JobKind.VALIDATE, caller=caller, work=work)
    return await accepted_of(accepted, head=upload.head)
