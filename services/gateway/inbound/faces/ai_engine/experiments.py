"""AI Engine's experiments: made, started, stopped, resumed; their trials, pictures, and a model of the best one."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeAlias

from fastapi import Path, Query, status
from starlette.requests import Request
from starlette.responses import Response

from libs.contracts.tuning import ALSO_CALLED, BETTER, TrialRow, TrialStatus
from modelbourse.answers.datasets import DATASET_ID
from modelbourse.answers.engine import experiments as answers
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.domain.datasets.errors import DatasetNotFoundError
from services.gateway.domain.experiments.errors import ExperimentNotFoundError, ExperimentStateError, NoTrialError
from services.gateway.domain.experiments.experiment import Experiment, ExperimentFilter, ExperimentStatus
from services.gateway.domain.models.errors import PlotMissingError, TableMissingError
from services.gateway.inbound.faces.ai_engine.experiment_answers import experiment_of, model_made_of, row_of, trial_of
from services.gateway.inbound.faces.ai_engine.experiment_requests import MISSPELT, ExperimentIn, ModelOfTrialIn, ResumeIn, draft_of
from services.gateway.inbound.faces.ai_engine.face import FACE, NO_SUCH_PART, PAGES, Reader, Trainer
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.queries import as_word, query, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.representations import DRAWN_POLICY, HEADERS, PARAMETER, SAME, has, kept_answer
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.nouns import ExperimentUseCases

STATUSES: Final = [status.value for status in ExperimentStatus]
MOMENTS: Final = ("created_at", "completed_at", "number")
FILTERS: Final = [query("status", "Only experiments in this status.", enum=STATUSES)]
TRIAL_FILTERS: Final = [query("status", "Only trials in this status.", enum=[each.value for each in TrialStatus])]
SORTED_BY: Final = f"`created_at`, `completed_at`, `number`, or a metric: {', '.join(BETTER)}; trials without it come last."
NO_EXPERIMENT: Final = ExperimentNotFoundError(answers.EXPERIMENT_ID)
RUNS: Final = ExperimentStateError("The experiment still runs.", state="running")
FULL: Final = TierLimits(DEFAULTS).refusal(Limit.EXPERIMENTS, tier=Tier.FREE)
NO_DATASET: Final = DatasetNotFoundError(DATASET_ID)
NO_FILE: Final = PlotMissingError("There is no history.png yet: the experiment is running.")
MEDIA_TYPES: Final = {"html": "text/html", "png": "image/png", "svg": "image/svg+xml"}
DRAWN: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": HEADERS,
        "content": {
            "image/png": {"schema": {"type": "string", "format": "binary"}, "example": "the bytes of a picture"},
            "image/svg+xml": {"schema": {"type": "string"}, "example": "<svg/>"},
            "text/html": {"schema": {"type": "string"}, "example": "<!doctype html>"},
        },
    },
    304: SAME,
}
ExperimentId = Annotated[
    str, id_of("exp", ExperimentNotFoundError), Path(description="The experiment's id.", examples=[answers.EXPERIMENT_ID])
]
PlotName = Annotated[str, Path(max_length=60, description="A name of `plots`, with its ending.", examples=["history.png"])]
Order = Literal["asc", "desc"]
Key: TypeAlias = float | datetime | int
Use = Annotated[ExperimentUseCases, used(ExperimentUseCases)]
routes = make_router(prefix=f"{FACE.prefix}/experiments", tags=[FACE.tag("experiments")])


@routes.get(
    "",
    summary="List experiments",
    response_description="A part of the list, the oldest first.",
    responses=NO_SUCH_PART,
    openapi_extra={"parameters": [*FILTERS, *PAGES.parameters]},
)
async def list_experiments(request: Request, caller: Reader, use: Use) -> answers.Experiments:
    """Your experiments; tunings are shown with their models."""
    part = PAGES.read(request)
    word = read_word(request, "status", known=STATUSES)
    wanted = ExperimentFilter(account_id=caller.account_id, status=ExperimentStatus(word) if word else None)
    page = await use.show.find(wanted, part)
    rows = [row_of(each) for each in page.items]
    return answers.Experiments(experiments=rows, total=page.count, limit=part.size, offset=part.skipped)


@routes.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Create an experiment",
    response_description="The experiment, which is started next.",
    responses=refused(FACE, MISSPELT, FULL, NO_DATASET),
)
@starts_work
async def create_experiment(body: ExperimentIn, caller: Trainer, work: CurrentWork, use: Use) -> answers.Experiment:
    """Keep a new search; every problem with it is told at once, by field."""
    return experiment_of(await use.make(draft_of(body), caller=caller, work=work))


@routes.get("/{experiment_id}", summary="Get an experiment", responses=refused(FACE, NO_EXPERIMENT))
async def get_experiment(experiment_id: ExperimentId, caller: Reader, use: Use) -> answers.Experiment:
    """How far it has come; when it has ended well, what it has shown and how far that is to be believed."""
    return experiment_of(await use.show.get(experiment_id, account_id=caller.account_id))


@routes.post(
    "/{experiment_id}/start",
    summary="Start an experiment",
    response_description="It runs; its credits are reserved.",
    responses=refused(FACE, NO_EXPERIMENT, RUNS, 402, 504),
)
@starts_work
async def start_experiment(experiment_id: ExperimentId, caller: Trainer, work: CurrentWork, use: Use) -> answers.ExperimentStarted:
    """Search: trials run on the cluster, so many at a time as were asked for."""
    return _started(await use.run.start(experiment_id, caller=caller, work=work))


@routes.post(
    "/{experiment_id}/stop",
    summary="Stop an experiment",
    response_description="It is stopping: trials that have ended are kept, unused credits come back.",
    responses=refused(FACE, NO_EXPERIMENT, RUNS),
)
async def stop_experiment(experiment_id: ExperimentId, caller: Trainer, use: Use) -> answers.ExperimentStopping:
    """End a running search; it can be resumed."""
    stopped = await use.run.stop(experiment_id, account_id=caller.account_id)
    return answers.ExperimentStopping(id=stopped.id, status=stopped.status.value, updated_at=stopped.updated_at)


@routes.post(
    "/{experiment_id}/resume",
    summary="Resume an experiment",
    response_description="It runs again; trials that have ended count.",
    responses=refused(FACE, NO_EXPERIMENT, RUNS, 402, 504),
)
@starts_work
async def resume_experiment(
    experiment_id: ExperimentId, body: ResumeIn, caller: Trainer, work: CurrentWork, use: Use
) -> answers.ExperimentStarted:
    """Go on with a search that was stopped, failed or has completed, on the same candles, until there are `max_trials` in all."""
    return _started(await use.run.resume(experiment_id, max_trials=body.max_trials, caller=caller, work=work))


@routes.delete("/{experiment_id}", summary="Delete an experiment", responses=refused(FACE, NO_EXPERIMENT, RUNS))
async def delete_experiment(experiment_id: ExperimentId, caller: Trainer, use: Use) -> answers.ExperimentDeleted:
    """Its trials and pictures go with it; models that were made of it stay."""
    await use.experiments.remove(experiment_id, account_id=caller.account_id)
    return answers.ExperimentDeleted(success=True, message="Experiment deleted successfully")


@routes.get(
    "/{experiment_id}/trials",
    summary="List an experiment's trials",
    response_description="A part of the list, the newest first where nothing else is asked for.",
    responses=NO_SUCH_PART | refused(FACE, NO_EXPERIMENT, TableMissingError("The trials are no longer in the artifact store.")),
    openapi_extra={"parameters": [*TRIAL_FILTERS, *PAGES.parameters]},
)
async def list_trials(
    experiment_id: ExperimentId,
    request: Request,
    caller: Reader,
    use: Use,
    *,
    sort_by: Annotated[str, Query(max_length=60, description=SORTED_BY)] = "created_at",
    sort_order: Annotated[Order | None, Query(description="Lowest or highest first; null: the newest, or the best, first.")] = None,
) -> answers.Trials:
    """Every trial: what was tried, how it did out of sample, why it was pruned or failed."""
    part = PAGES.read(request)
    word = read_word(request, "status", known=[each.value for each in TrialStatus])
    by = as_word(ALSO_CALLED.get(sort_by, sort_by), "sort_by", known=[*MOMENTS, *BETTER])
    experiment = await use.show.get(experiment_id, account_id=caller.account_id)
    rows = [trial_of(row, experiment) for row in in_order(await use.show.trials(experiment), by=by, order=sort_order)]
    found = [row for row in rows if word in {None, row.status}]
    shown = found[part.skipped : part.skipped + part.size]
    return answers.Trials(trials=shown, total=len(found), limit=part.size, offset=part.skipped)


@routes.post(
    "/{experiment_id}/model",
    status_code=status.HTTP_201_CREATED,
    summary="Make a model of the best trial",
    response_description="The model, which is trained next.",
    responses=refused(FACE, NO_EXPERIMENT, NoTrialError("No trial has completed yet, so there is none to make a model of.")),
)
@starts_work
async def make_model_of_trial(
    experiment_id: ExperimentId, body: ModelOfTrialIn, caller: Trainer, work: CurrentWork, use: Use
) -> answers.ModelMade:
    """Make a model with the hyperparameters of the best trial, or of the one that is named, on the experiment's dataset."""
    model, trial = await use.show.make_model(experiment_id, name=body.name, trial_id=body.trial_id, caller=caller, work=work)
    return model_made_of(model, trial, experiment_id)


@routes.get(
    "/{experiment_id}/plots/{plot}",
    summary="Get a picture of an experiment",
    response_class=Response,
    responses=DRAWN | refused(FACE, NO_EXPERIMENT, NO_FILE),
    openapi_extra={"parameters": [PARAMETER]},
)
async def get_experiment_plot(request: Request, experiment_id: ExperimentId, plot: PlotName, caller: Reader, use: Use) -> Response:
    """History, importance, slices, contours, parallel coordinates, or `report.html` with all of them. Ask again with `If-None-Match`."""
    return await drawn(request, await use.show.get(experiment_id, account_id=caller.account_id), plot, use=use)


async def drawn(request: Request, experiment: Experiment, plot: str, *, use: ExperimentUseCases) -> Response:
    """Return a picture or the report. Raise PlotMissingError, UnavailableError or ArtifactDamagedError."""
    sha256 = use.show.drawn(experiment, plot)
    body = None if has(request, sha256) else await use.files.drawn(sha256)
    media_type = MEDIA_TYPES.get(plot.rpartition(".")[2], "application/octet-stream")
    return kept_answer(body, sha256=sha256, media_type=media_type, policy=f"{DRAWN_POLICY}; img-src data:")


def in_order(rows: Any, *, by: str, order: Order | None) -> list[TrialRow]:
    """Return trials by a moment, their number or a metric; those without the value last, whatever the order."""

    def key(row: TrialRow) -> Key | None:
        return getattr(row, by) if by in MOMENTS else row.metrics.get(by)

    best_first = "desc" if by in MOMENTS or BETTER[by] == "maximize" else "asc"
    there = sorted((row for row in rows if key(row) is not None), key=lambda row: (key(row), row.number))
    if (order or best_first) == "desc":
        there.reverse()
    return [*there, *(row for row in rows if key(row) is None)]


def _started(experiment: Experiment) -> answers.ExperimentStarted:
    return answers.ExperimentStarted(
        id=experiment.id,
        status=experiment.status.value,
        started_at=experiment.started_at,
        updated_at=experiment.updated_at,
        job_id=experiment.job_id,
    )
