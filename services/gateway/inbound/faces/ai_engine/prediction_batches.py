"""AI Engine's batches: what a model says at each candle of a dataset, as a Parquet file that a job writes."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import Path, status
from pydantic import ConfigDict, Field, StrictStr
from starlette.responses import StreamingResponse

from libs.chassis.errors import InvalidError
from libs.contracts.batches import FILE, PredictBatchResult, PredictBatchSpec
from libs.contracts.ids import is_id
from libs.contracts.job_kinds import JobKind, shown_spec
from libs.contracts.training import JobState
from modelbourse.answers.answer import MODEL_ID
from modelbourse.answers.datasets import DATASET_ID
from modelbourse.answers.engine import batches as answers
from services.gateway.domain.datasets.errors import DatasetNotFoundError
from services.gateway.domain.jobs.errors import JobEndedError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.models.errors import ModelNotFoundError, ModelNotTrainedError
from services.gateway.domain.predictions.batch import PREFIX, BatchNotFoundError, BatchNotReadyError, batch_id_of
from services.gateway.inbound.faces.ai_engine.agents import TOO_MANY_JOBS
from services.gateway.inbound.faces.ai_engine.face import FACE
from services.gateway.inbound.faces.ai_engine.predictions import LEVEL, Predicting, Reading
from services.gateway.inbound.faces.ai_engine.words import JOB_WORDS, refusal
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import Number, StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.predictions.predict_batch import PredictBatch

WHAT: Final = "The dataset cannot be predicted"
EXAMPLE: Final[dict[str, Any]] = {"model_id": MODEL_ID, "dataset_id": DATASET_ID}
LACKING: Final = InvalidError(
    f"{WHAT}: see dataset_id.",
    details={"dataset_id": [f"{DATASET_ID} has no funding_rate, which the model looks at: choose a dataset with these columns."]},
)
PARQUET: Final = "application/vnd.apache.parquet"
DOWNLOAD: Final[dict[str, Any]] = {
    "description": "The file.",
    "content": {PARQUET: {"schema": {"type": "string", "format": "binary"}, "example": "the bytes of a Parquet file"}},
}
NO_BATCH: Final = BatchNotFoundError(answers.BATCH_ID)
IN_THE_END: Final = (
    "size", "columns", "rows", "abstained", "left_out", "in_sample", "start", "end", "target", "horizon", "interval_method", "synthetic",
    "data_hash",
)  # fmt: skip
WAITS, RUNS, NEVER = "It waits for a worker.", "It has not ended.", "It never began."
NO_FILE: Final = "It has ended without a file: see error."
CANCELLED: Final = "It was cancelled."
FINE: Final = "Nothing went wrong."

BatchId = Annotated[str, id_of(PREFIX, BatchNotFoundError), Path(description="The batch's id.", examples=[answers.BATCH_ID])]
Use = Annotated[PredictBatch, used(PredictBatch)]
routes = make_router(prefix=f"{FACE.prefix}/predictions/batch", tags=[FACE.tag("predictions")])


class DatasetPredictionIn(StrictBody):
    """Which model is asked about which candles."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]}, protected_namespaces=())

    model_id: StrictStr = Field(description="Which model: its version that serves answers.")
    dataset_id: StrictStr = Field(min_length=1, max_length=100, description="About whose candles, see `GET /v1/ai/datasets`.")
    interval_level: Annotated[float, Number] = Field(
        LEVEL, ge=0.5, le=0.99, description="How often intervals, or sets of classes, are to hold the truth."
    )


@routes.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Predict a dataset",
    response_description="The batch waits for a worker; its credits are reserved.",
    responses=refused(
        FACE,
        LACKING,
        402,
        ModelNotFoundError(MODEL_ID),
        DatasetNotFoundError(DATASET_ID),
        ModelNotTrainedError("draft"),
        TOO_MANY_JOBS,
        504,
    ),
)
@starts_work
async def create_batch(body: DatasetPredictionIn, caller: Predicting, work: CurrentWork, use: Use) -> answers.BatchQueued:
    """Answer each candle of a dataset that has all that the model looks at; a job writes them to a Parquet file."""
    if not is_id(body.model_id, prefix="model"):
        raise ModelNotFoundError(body.model_id)
    spec = await use.spec(body.model_id, account_id=caller.account_id, dataset_id=body.dataset_id, level=body.interval_level)
    order = Order(kind=JobKind.PREDICT_BATCH, spec=spec, name=f"Predictions of {body.dataset_id}")
    try:
        started = await use.start(order, caller=caller, work=work)
    except InvalidError as error:
        raise refusal(WHAT, error.details) from error
    return answers.BatchQueued(**_about(started.job, spec))


@routes.get("/{batch_id}", summary="Get a batch of predictions", responses=refused(FACE, NO_BATCH))
async def get_batch(batch_id: BatchId, caller: Reading, use: Use) -> answers.Batch:
    """Return how it stands, and what its file has once it is written."""
    return batch_of(await use.get(batch_id, account_id=caller.account_id, kind=JobKind.PREDICT_BATCH))


@routes.post(
    "/{batch_id}/cancel",
    summary="Cancel a batch of predictions",
    responses=refused(FACE, NO_BATCH, JobEndedError(JobState.SUCCEEDED), 504),
)
async def cancel_batch(batch_id: BatchId, caller: Predicting, use: Use) -> answers.Batch:
    """End one that waits or runs; hours that it has not used come back."""
    return batch_of(await use.cancel(batch_id, account_id=caller.account_id, kind=JobKind.PREDICT_BATCH))


@routes.get(
    "/{batch_id}/download",
    summary="Download a batch of predictions",
    response_class=StreamingResponse,
    responses={200: DOWNLOAD, **refused(FACE, NO_BATCH, BatchNotReadyError("running"))},
)
async def download_batch(batch_id: BatchId, caller: Reading, use: Use) -> StreamingResponse:
    """Return the file: a row a candle, with its value or class, its interval or set, and whether the version has learned from it."""
    job = await use.get(batch_id, account_id=caller.account_id, kind=JobKind.PREDICT_BATCH)
    pieces = use.pieces(job)
    # The first piece before the answer: a file that is gone is told as an error.
    first = await anext(pieces, b"")
    result = PredictBatchResult.model_validate(job.result)
    headers = {"content-disposition": f'attachment; filename="{batch_id}.parquet"', "content-length": str(result.files[FILE].size)}
    return StreamingResponse(_with_first(first, pieces), media_type=PARQUET, headers=headers)


async def _with_first(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def batch_of(job: Job) -> answers.Batch:
    """Return a batch as it stands, in this face's words."""
    spec = shown_spec(PredictBatchSpec, job.spec)
    result = PredictBatchResult.model_validate(job.result) if job.result else None
    told: dict[str, Any] = dict.fromkeys(IN_THE_END)
    if result is not None:
        told = result.model_dump(include=set(IN_THE_END)) | {"columns": list(result.columns), "size": result.files[FILE].size}
    told |= {"started_at": job.started_at, "completed_at": job.ended_at, "error": _error(job)}
    told["download_url"] = None if result is None else f"{FACE.prefix}/predictions/batch/{batch_id_of(job.id)}/download"
    whys = dict.fromkeys((*IN_THE_END, "download_url"), NO_FILE if job.state.ended else RUNS)
    whys |= {"started_at": NEVER if job.state.ended else WAITS, "completed_at": RUNS, "error": FINE if job.state.ended else RUNS}
    whys |= result.reasons if result else {}
    return answers.Batch(
        **_about(job, spec),
        **told,
        version=spec.version,
        interval_level=spec.interval_level,
        progress=job.progress,
        reasons={name: why for name, why in whys.items() if told.get(name) is None},
    )


def _about(job: Job, spec: PredictBatchSpec) -> dict[str, Any]:
    ids = {"batch_id": batch_id_of(job.id), "job_id": job.id, "model_id": spec.model_id, "dataset_id": spec.dataset_id}
    return ids | {"status": JOB_WORDS[job.state], "created_at": job.created_at}


def _error(job: Job) -> str | None:
    if job.state is JobState.CANCELLED:
        return job.cancel_reason or CANCELLED
    return job.error.message if job.error else None
