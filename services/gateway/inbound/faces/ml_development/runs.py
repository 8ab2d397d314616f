"""ML Development's runs: trainings, evaluations and backtests of recipes, done by the platform or reported by an outside worker."""

import json
from typing import Annotated, Any, Final

from fastapi import Path, status
from pydantic import ConfigDict, Field, JsonValue, StrictStr, field_validator
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from libs.contracts.job_kinds import JobKind
from libs.contracts.recipe_runs import RunType
from libs.contracts.training import JobState
from modelbourse.answers.answer import MODEL_ID
from modelbourse.answers.ml_development import runs as answers
from services.gateway.domain.jobs.errors import CancellationPendingError, JobEndedError, JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.jobs.recipe_runs import ENDED as ENDED_STATUSES
from services.gateway.domain.jobs.recipe_runs import STATUS_WORDS, RunModelError, RunOverError, Said, is_reported, job_id_of, status_of
from services.gateway.domain.jobs.run_report import RUN_STATUSES
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.inbound.faces.ml_development.face import FACE, PAGES, Maker, Reader
from services.gateway.inbound.faces.ml_development.run_answers import estimate_of, no_run, row_of, run_of
from services.gateway.inbound.faces.ml_development.run_files import FILE, file_answer
from services.gateway.inbound.faces.ml_development.words import one_of, read_filter
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.queries import query
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.representations import PARAMETER
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.recipe_nouns import RecipeRunUseCases
from services.gateway.usecases.recipes.start_run import AskedRun

KIND: Final = JobKind.RUN_RECIPE
RUN_TYPES: Final = tuple(each.value for each in RunType)
STATES: Final = {word: tuple(state for state, its in STATUS_WORDS.items() if its == word) for word in RUN_STATUSES}
LOGS_MOST, REPORTED_BYTES, ID_MOST = 200_000, 200_000, 80
NO_RUN: Final = no_run(answers.RUN_ID)
NO_MODEL: Final = ModelNotFoundError(MODEL_ID)
ENDED: Final = JobEndedError(JobState.SUCCEEDED.value)
NO_FILES: Final = RunModelError(f"Version 1.0 of {MODEL_ID} was reported, and not trained here: there are no files to be measured.")
ASKED: Final[dict[str, Any]] = {
    "recipe_id": answers.RECIPE_ID,
    "recipe_version_id": answers.VERSION_ID,
    "run_type": "train",
    "model_id": MODEL_ID,
}
FILTERS: Final = [
    query("model_id", "Runs of this model."),
    query("recipe_id", "Runs of this recipe."),
    query("status", "Runs that stand so.", enum=list(RUN_STATUSES)),
    query("run_type", "Runs of this type.", enum=list(RUN_TYPES)),
]
RunTypeWord = Annotated[RunType, one_of("run_type", RUN_TYPES)]
RunStatusWord = Annotated[answers.RunStatus, one_of("status", RUN_STATUSES)]
RunId = Annotated[str, id_of("run", no_run), Path(description="The run's id.", examples=[answers.RUN_ID])]
Use = Annotated[RecipeRunUseCases, used(RecipeRunUseCases)]
routes = make_router(prefix=f"{FACE.prefix}/runs", tags=[FACE.tag("runs")])


class MlRunIn(StrictBody):
    """A run of a recipe."""

    model_config = ConfigDict(json_schema_extra={"examples": [ASKED]})

    recipe_id: StrictStr = Field(max_length=ID_MOST, description="The recipe: yours, or one of the platform's.")
    recipe_version_id: StrictStr = Field(max_length=ID_MOST, description="The version of it whose manifest is run.")
    run_type: RunTypeWord = Field(
        description="`train` learns, and makes the next version of a model. `eval` measures a version on the hold-out, or a fresh fit "
        "where there is none. `backtest` learns anew on each origin through time, or fold, and measures each."
    )
    model_id: StrictStr | None = Field(
        None, max_length=ID_MOST, description="The model that it is of, made by the same recipe; null: none."
    )
    model_version: StrictStr | None = Field(
        None, max_length=60, description="Which version of the model an `eval` measures, or an alias; null: the one that serves."
    )

    def asked(self) -> AskedRun:
        """Return it as the platform has it."""
        return AskedRun(self.recipe_id, self.recipe_version_id, self.run_type, self.model_id, self.model_version)


class MlRunReport(StrictBody):
    """What an outside worker says of a run; what is left out stays as it was."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "succeeded", "metrics_json": {"revenue_lift": 0.045}}]})

    status: RunStatusWord | None = Field(None, description="How far it is: forward alone, and never out of `succeeded` or `failed`.")
    metrics_json: dict[str, JsonValue] | None = Field(None, max_length=200, description="Figures, by name.")
    artifacts_json: dict[str, JsonValue] | None = Field(None, max_length=200, description="Where its files are.")
    logs_text: StrictStr | None = Field(None, max_length=LOGS_MOST, description="What it has logged, all of it.")

    @field_validator("metrics_json", "artifacts_json")
    @classmethod
    def _can_be_kept(cls, said: dict[str, JsonValue] | None) -> dict[str, JsonValue] | None:
        written = json.dumps(said)
        if len(written) > REPORTED_BYTES or "\\u0000" in written:
            msg = f"Must be at most {REPORTED_BYTES} bytes of JSON without null characters"
            raise ValueError(msg)
        return said

    def said(self) -> Said:
        """Return it as the platform has it."""
        return Said(self.status, self.metrics_json, self.artifacts_json, self.logs_text)


@routes.get(
    "",
    summary="List runs",
    response_description="A part of the list, the newest first.",
    openapi_extra={"parameters": [*FILTERS, *PAGES.parameters]},
)
async def list_ml_runs(request: Request, caller: Reader, use: Use) -> answers.MlRuns:
    """Show runs in short: files and logs are at each one's own address."""
    part, given = PAGES.read(request), request.query_params
    word = read_filter(request, "status", known=RUN_STATUSES)
    spec = {"recipe_id": given.get("recipe_id"), "run_type": read_filter(request, "run_type", known=RUN_TYPES)}
    wanted = JobFilter(
        KIND,
        states=STATES[word] if word else (),
        model_id=given.get("model_id") or None,
        spec={name: value for name, value in spec.items() if value},
        reported=(word,) if word else (),
    )
    page = await use.jobs.find(caller.account_id, part, wanted)
    return answers.MlRuns(runs=[row_of(job) for job in page.items], total=page.count)


@routes.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Create a run",
    response_description="It is accepted and waits for a worker; its credits are set aside.",
    responses=refused(FACE, NO_MODEL, NO_FILES, 402, 504),
)
@starts_work
async def create_ml_run(body: MlRunIn, caller: Maker, work: CurrentWork, use: Use) -> answers.MlRunWhole:
    """Start a job that learns and measures; whoever reports on it before it has an answer takes it over."""
    return run_of((await use.start(body.asked(), caller=caller, work=work)).job)


@routes.post("/estimate", summary="Estimate a run", responses=refused(FACE, NO_MODEL, NO_FILES))
async def estimate_ml_run(body: MlRunIn, caller: Reader, use: Use) -> answers.MlRunEstimate:
    """Tell what would be set aside for a run, and start nothing."""
    return estimate_of(await use.start.draft(body.asked(), account_id=caller.account_id))


@routes.get("/{run_id}", summary="Get a run", responses=refused(FACE, NO_RUN))
async def get_ml_run(run_id: RunId, caller: Reader, use: Use) -> answers.MlRunWhole:
    """Show how it stands, and in the end what it measured beside its baselines, and made."""
    return run_of(await _run(use, run_id, account_id=caller.account_id))


@routes.put(
    "/{run_id}",
    summary="Report on a run",
    response_description="The run as it stands after the report.",
    responses=refused(FACE, NO_RUN, RunOverError("succeeded", "running")),
)
async def report_ml_run(run_id: RunId, body: MlRunReport, caller: Maker, use: Use) -> answers.MlRunWhole:
    """Take a run over as its outside worker, by a status or figures: the platform's job is cancelled.

    A log or the place of files alone stand beside the run, and so does what is reported of one that has measured.
    """
    try:
        return run_of(await use.report(job_id_of(run_id), body.said(), account_id=caller.account_id))
    except JobNotFoundError as error:
        raise no_run(run_id) from error


@routes.delete(
    "/{run_id}",
    summary="Cancel a run",
    response_description="It was cancelled; hours that it has not used come back.",
    responses=refused(FACE, NO_RUN, ENDED, CancellationPendingError(job_id_of(answers.RUN_ID))),
)
async def cancel_ml_run(run_id: RunId, caller: Maker, use: Use) -> answers.MlRunWhole:
    """End one that waits or runs: it stays, as one that has failed. An outside worker's is reported as failed."""
    job = await _run(use, run_id, account_id=caller.account_id)
    if is_reported(job) and (now := status_of(job)) in ENDED_STATUSES:
        raise JobEndedError(now)
    if is_reported(job):
        return run_of(await use.report(job.id, Said(status="failed"), account_id=caller.account_id))
    return run_of(await use.stop(job.id, account_id=caller.account_id, kind=KIND))


@routes.get(
    "/{run_id}/files/{path:path}",
    summary="Get a file of a run",
    response_class=StreamingResponse,
    responses={**FILE, **refused(FACE, NO_RUN, 503)},
    openapi_extra={"parameters": [PARAMETER]},
)
async def get_ml_run_file(
    run_id: RunId,
    path: Annotated[str, Path(description="As the run's `artifacts_json` names it.", examples=["report.html"])],
    request: Request,
    caller: Reader,
    use: Use,
) -> Response:
    """Get the model's manifest and files, the report, pictures: what the platform's own run has made."""
    job = await _run(use, run_id, account_id=caller.account_id)
    return await file_answer(job, path, request, bytes_of=use.bytes)


async def _run(use: RecipeRunUseCases, run_id: str, *, account_id: str) -> Job:
    try:
        return await use.jobs.get(job_id_of(run_id), account_id=account_id, kind=KIND)
    except JobNotFoundError as error:
        raise no_run(run_id) from error
