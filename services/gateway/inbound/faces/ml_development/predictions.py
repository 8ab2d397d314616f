"""ML Development's predictions: what a recipe's model says of rows that are sent, or of those of a file or data set."""

from typing import Annotated, Any, Final, Self

from fastapi import Path, status
from pydantic import ConfigDict, Field, JsonValue, StrictStr, model_validator
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from libs.contracts.envelope import JsonObject
from libs.contracts.job_kinds import shown_spec
from libs.contracts.recipe_predictions import SENT_MOST, PredictRecipeResult, PredictRecipeSpec
from libs.contracts.training import JobState
from modelbourse.answers.ml_development import predictions as answers
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.recipe_runs import STATUS_WORDS, RunModelError
from services.gateway.domain.models.errors import ModelArchivedError, ModelNotTrainedError
from services.gateway.domain.predictions.recipe_rows import PREFIX, PredictionNotFoundError, prediction_id_of
from services.gateway.inbound.faces.ml_development.face import FACE, PAGES, Maker, Reader
from services.gateway.inbound.faces.ml_development.models import NO_MODEL, ModelId
from services.gateway.inbound.faces.ml_development.run_answers import CANCELLED, RUNS, WAITS, error_of, files_of
from services.gateway.inbound.faces.ml_development.run_files import FILE, file_answer
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.representations import PARAMETER
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.recipes.predict_rows import AskedRows, PredictRows

PATH_MOST: Final = 300
NO_PREDICTION: Final = PredictionNotFoundError(answers.PREDICTION_ID)
NOT_TRAINED: Final = ModelNotTrainedError("draft")
NO_FILES: Final = RunModelError("Version 1.0 was reported, and not trained here: there are no files to be asked.")
COMING: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": answers.MlPredictionWhole, "description": "A job answers: ask again by its id."}
}
ROW_OF: Final[dict[str, type[answers.MlAnswered]]] = {
    "pricing": answers.MlPricedRow,
    "next_best_action": answers.MlActionRow,
    "location_scoring": answers.MlPlaceRow,
    "forecasting": answers.MlForecastRow,
}
NOT_SAID: Final = "The row does not say it."
PredictionId = Annotated[
    str, id_of(PREFIX, PredictionNotFoundError), Path(description="The prediction's id.", examples=[answers.PREDICTION_ID])
]
Use = Annotated[PredictRows, used(PredictRows)]
routes = make_router(prefix=f"{FACE.prefix}/models/{{model_id}}", tags=[FACE.tag("models")])


class MlPredictIn(StrictBody):
    """What a model is asked: rows, or a file or data set of them. A forecast needs neither."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rows": answers.SENT}]})

    rows: list[dict[str, JsonValue]] | None = Field(
        None,
        max_length=SENT_MOST,
        description="Rows by the columns of the data that the model has learned from, without what is to be told. A forecast goes on from "
        "what it has learned from: rows of it come after, with what came of them or is known ahead.",
    )
    data: StrictStr | None = Field(
        None, min_length=1, max_length=PATH_MOST, description="Rows of a file or data set: a path of your data root, or `dataset:<id>`."
    )
    version: StrictStr | None = Field(
        None, max_length=60, description="The version, or an alias; null: the one in production, else the newest."
    )

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.rows is not None and self.data is not None:
            msg = "Send rows, or name a file or data set of them in data, and not both"
            raise ValueError(msg)
        return self


@routes.post(
    "/predict",
    summary="Ask a model about rows",
    response_description="What it says.",
    response_model=answers.MlPredictionWhole,
    responses=COMING | refused(FACE, NO_MODEL, NOT_TRAINED, ModelArchivedError(), NO_FILES, 402, 504),
)
@starts_work
async def predict_ml_rows(  # noqa: PLR0917 - FastAPI gives them by name
    model_id: ModelId, body: MlPredictIn, caller: Maker, work: CurrentWork, use: Use, response: Response
) -> answers.MlPredictionWhole:
    """Start a job that answers: 200 where it has done so in time, else 202, and the answer is at its own address. Charged as a job."""
    job = await use(model_id, AskedRows(body.rows, body.data, body.version), caller=caller, work=work)
    if not job.state.ended:
        response.status_code = status.HTTP_202_ACCEPTED
    return prediction_of(job)


@routes.get(
    "/predictions",
    summary="List predictions of a model",
    response_description="A part of the list, the newest first.",
    responses=refused(FACE, NO_MODEL),
    openapi_extra={"parameters": PAGES.parameters},
)
async def list_ml_predictions(model_id: ModelId, request: Request, caller: Reader, use: Use) -> answers.MlPredictions:
    """Show what it was asked, in short."""
    page = await use.find_all(model_id, PAGES.read(request), account_id=caller.account_id)
    return answers.MlPredictions(predictions=[answers.MlPrediction(**_short(job)) for job in page.items], total=page.count)


@routes.get("/predictions/{prediction_id}", summary="Get a prediction", responses=refused(FACE, NO_PREDICTION))
async def get_ml_prediction(model_id: ModelId, prediction_id: PredictionId, caller: Reader, use: Use) -> answers.MlPredictionWhole:
    """Show how far it is, and in the end what the model says of the rows."""
    return prediction_of(await use.get(model_id, prediction_id, account_id=caller.account_id))


@routes.get(
    "/predictions/{prediction_id}/files/{path:path}",
    summary="Get a file of a prediction",
    response_class=StreamingResponse,
    responses={**FILE, **refused(FACE, NO_PREDICTION, 503)},
    openapi_extra={"parameters": [PARAMETER]},
)
async def get_ml_prediction_file(  # noqa: PLR0917 - FastAPI gives them by name
    model_id: ModelId,
    prediction_id: PredictionId,
    path: Annotated[str, Path(description="`predictions.csv` or `predictions.jsonl`.", examples=["predictions.csv"])],
    request: Request,
    caller: Reader,
    use: Use,
) -> Response:
    """Get all rows of the answer, as comma-separated values or as JSON lines."""
    job = await use.get(model_id, prediction_id, account_id=caller.account_id)
    return await file_answer(job, path, request, bytes_of=use.bytes)


def prediction_of(job: Job) -> answers.MlPredictionWhole:
    """Return a prediction with its rows, as far as it is."""
    result = PredictRecipeResult.model_validate(job.result, extra="ignore") if job.result else None
    values, row = _short(job), ROW_OF[shown_spec(PredictRecipeSpec, job.spec).family]
    values |= {
        "rows": [_row(each, row) for each in result.rows] if result else [],
        "synthetic": result.synthetic if result else None,
        "notes": list(result.notes) if result else [],
        "error": error_of(job),
        "compute_hours": None if job.compute_hours is None else float(job.compute_hours),
        "reserved_cost": job.reserved_cost,
        "cost": job.cost,
    }
    early = _early(job)
    whys = {"synthetic": early, "error": "It has not failed.", "compute_hours": early, "cost": early}
    values["reasons"] |= {name: why for name, why in whys.items() if values[name] is None}
    return answers.MlPredictionWhole(**values)


def _row(told: JsonObject, model: type[answers.MlAnswered]) -> answers.MlAnswered:
    """Return a row with all that its family has; what it lacks is null with a reason."""
    whole: JsonObject = {**dict.fromkeys(model.model_fields), **told}
    lacking = {name: NOT_SAID for name, value in whole.items() if value is None}
    return model.model_validate(whole | {"reasons": lacking | whole["reasons"]})


def _short(job: Job) -> dict[str, Any]:
    spec, told = shown_spec(PredictRecipeSpec, job.spec), job.result or {}
    own = prediction_id_of(job.id)
    values: dict[str, Any] = {
        "id": own,
        "model_id": spec.model_id,
        "model_family": spec.family,
        "model_version": spec.version,
        "run_id": spec.run_id,
        "recipe_id": spec.recipe_id,
        "recipe_version_id": spec.recipe_version_id,
        "status": STATUS_WORDS[job.state],
        "data": spec.data.path if spec.data else None,
        "progress": 100 if job.state is JobState.SUCCEEDED else job.progress,
        "stage": job.stage or ("waiting for a runner" if job.state is JobState.QUEUED else job.state.value),
        "total": told.get("total"),
        "unanswered": told.get("unanswered"),
        "files": {name: f"{FACE.prefix}/models/{spec.model_id}/predictions/{own}/files/{name}" for name in sorted(files_of(job))},
        "created_at": job.created_at,
        "finished_at": job.ended_at,
        "job_id": job.id,
    }
    early = _early(job)
    whys = {"data": "Rows were sent, or none.", "total": early, "unanswered": early, "finished_at": early}
    return values | {"reasons": {name: why for name, why in whys.items() if values[name] is None}}


def _early(job: Job) -> str:
    if job.state.ended:
        return CANCELLED.message if job.state is JobState.CANCELLED else "It has failed."
    return WAITS if job.state is JobState.QUEUED else RUNS
