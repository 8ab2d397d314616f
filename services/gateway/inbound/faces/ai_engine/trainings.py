"""AI Engine's trainings: a model is trained on a dataset, followed, cancelled."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import status
from pydantic import ConfigDict, Field, StrictStr

from libs.chassis.errors import InvalidError
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState, Priority, TrainingSpec
from modelbourse.answers.answer import JOB_ID
from modelbourse.answers.datasets import DATASET_ID
from modelbourse.answers.engine import models as answers
from services.gateway.domain.datasets.errors import DatasetNotFoundError
from services.gateway.domain.jobs.errors import CancellationPendingError, JobEndedError, JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.models.callbacks import CALLBACKS, read_callbacks
from services.gateway.domain.models.engine_types import in_given_names, parameters_in
from services.gateway.domain.models.errors import ModelBusyError, NoDataError, UntrainableError
from services.gateway.inbound.faces.ai_engine.face import FACE, JobId, ModelId, Reader, Trainer
from services.gateway.inbound.faces.ai_engine.models import Use
from services.gateway.inbound.faces.ai_engine.words import JOB_WORDS, refusal
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_body import Boolean, Number, StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.jobs.start_job import Started
from services.gateway.usecases.jobs.train_on_dataset import TrainingWish
from services.gateway.usecases.nouns import EngineModelUseCases

WHAT: Final = "The model cannot be trained like this"
EPOCHS: Final = frozenset({"epoch", "total_epochs", "best_epoch"})
UNKNOWN_END: Final = "It is too early to say."
EXAMPLE: Final[dict[str, Any]] = {
    "dataset_id": "packaged_AAPL_1d",
    "hyperparameters": {"learning_rate": 0.001, "batch_size": 64, "epochs": 100},
    "validation_split": 0.2,
    "callbacks": [{"type": "early_stopping", "parameters": {"patience": 10, "monitor": "val_loss"}}],
}
MISSPELT: Final = InvalidError(
    f"{WHAT}: see callbacks.0.type.", details={"callbacks.0.type": ["Unknown callback 'early_stop'. Did you mean 'early_stopping'?"]}
)
NO_JOB: Final = JobNotFoundError(JOB_ID)
SPLIT: Final = (
    "Share of time, at the end, that is not learned from and measures what was learned; rows whose label reaches into it are left out. "
    "Null: as the model has it, 0.2 where it says nothing."
)
routes = make_router(prefix=f"{FACE.prefix}/models/{{model_id}}/train", tags=[FACE.tag("models")])


class EngineCallbackIn(StrictBody):
    """What is done while it trains."""

    type: StrictStr = Field(description=" ".join(f"`{name}` {each.about}." for name, each in CALLBACKS.items()))
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="Of `early_stopping`: `patience`, `min_delta`; of `reduce_lr_on_plateau`: `factor`, `patience`, `min_lr`; `monitor` is "
        "`val_loss`.",
    )


class EngineTrainIn(StrictBody):
    """How a model is trained."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    dataset_id: StrictStr | None = Field(
        None, max_length=100, description="What it learns from, see `GET /v1/ai/datasets`; null: what it learned from before."
    )
    hyperparameters: dict[str, Any] = Field(
        default_factory=dict, description="They go over the model's parameters, in this training alone."
    )
    validation_split: Annotated[float, Number] | None = Field(None, ge=0.05, le=0.5, description=SPLIT)
    callbacks: list[EngineCallbackIn] = Field(default_factory=list, max_length=10, description="What is done while it trains.")
    validation: dict[str, Any] | None = Field(
        None, description="How it is validated before: `method` (`holdout`, `purged_kfold`, `walk_forward`, `cpcv`), `folds`, `embargo` …"
    )
    sample_weights: StrictStr | None = Field(None, description="`uniqueness`: rows whose labels overlap count for less; `none`.")
    calibration: StrictStr | None = Field(None, description="A classifier's probabilities by held-out rows: `isotonic`, `platt`; `none`.")
    refit: Boolean | None = Field(None, description="Whether what serves has learned from all rows, those at the end included.")
    job_name: StrictStr | None = Field(None, min_length=1, max_length=200, description="What the job is called; null: by the model.")
    priority: Priority = Field(Priority.NORMAL, description="Jobs of a higher one run first; which ones there are depends on the tier.")


@routes.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Train a model",
    response_description="The job is queued; its credits are reserved.",
    responses=refused(FACE, MISSPELT, 402, DatasetNotFoundError(DATASET_ID), ModelBusyError(JOB_ID), 504),
)
@starts_work
async def train_engine_model(
    model_id: ModelId, body: EngineTrainIn, caller: Trainer, work: CurrentWork, use: Use
) -> answers.EngineTrainingQueued:
    """Make the model's next version; the one that serves goes on serving until the new one is ready."""
    algorithm = (await use.models.get(model_id, account_id=caller.account_id)).market.algorithm
    wish, names = read_wish(body, algorithm=algorithm)
    try:
        started, spec = await use.train(model_id, wish, caller=caller, work=work)
    except (UntrainableError, NoDataError) as error:
        details = {field: in_given_names(texts, given=names) for field, texts in error.details.items()}
        raise refusal(WHAT, details) from error
    return queued_of(started, spec, dataset_id=body.dataset_id)


@routes.get("/{job_id}", summary="Get a training job", responses=refused(FACE, NO_JOB))
async def get_engine_training(model_id: ModelId, job_id: JobId, caller: Reader, use: Use) -> answers.EngineTraining:
    """How it stands, epoch by epoch; what is null has its reason."""
    return training_of(await _found(model_id, job_id, use, account_id=caller.account_id))


@routes.post(
    "/{job_id}/cancel",
    summary="Cancel a training job",
    response_description="The cluster is free, unused credits are back.",
    responses=refused(FACE, NO_JOB, JobEndedError("succeeded"), CancellationPendingError(JOB_ID)),
)
@starts_work
async def cancel_engine_training(model_id: ModelId, job_id: JobId, caller: Trainer, use: Use) -> answers.EngineTraining:
    """End a queued or running job: hours that it has used are charged, and what served before goes on serving."""
    await _found(model_id, job_id, use, account_id=caller.account_id)
    return training_of(await use.stop(job_id, account_id=caller.account_id, kind=JobKind.TRAIN))


def read_wish(body: EngineTrainIn, *, algorithm: str) -> tuple[TrainingWish, Mapping[str, str]]:
    """Return what a request wants, and how it calls the learner's hyperparameters. Raise InvalidError with what is wrong by itself."""
    given, twice = parameters_in(algorithm, body.hyperparameters)
    settings, problems = read_callbacks(algorithm, [each.model_dump() for each in body.callbacks])
    if problems := problems | ({"hyperparameters": twice} if twice else {}):
        raise refusal(WHAT, problems)
    config = {
        "train_test_split": None if body.validation_split is None else round(1.0 - body.validation_split, 6),
        "validation": body.validation,
        "sample_weights": body.sample_weights,
        "calibration": body.calibration,
        "refit": body.refit,
    }
    wish = TrainingWish(
        dataset_id=body.dataset_id,
        hyperparameters=given | settings,
        config={name: value for name, value in config.items() if value is not None},
        name=body.job_name,
        priority=body.priority,
    )
    names = {own: name for own, name in zip(given, body.hyperparameters, strict=True) if own != name}
    return wish, names


async def _found(model_id: str, job_id: str, use: EngineModelUseCases, *, account_id: str) -> Job:
    """Return a training of a model. Raise JobNotFoundError, also for one of another model."""
    job = await use.jobs.get(job_id, account_id=account_id, kind=JobKind.TRAIN)
    if job.model_id != model_id:
        raise JobNotFoundError(job_id)
    return job


def queued_of(started: Started, spec: TrainingSpec, *, dataset_id: str | None) -> answers.EngineTrainingQueued:
    """Return the answer to a training that was accepted."""
    job = started.job
    whys = {"estimated_completion": UNKNOWN_END, "dataset_id": "It learns from what it learned from before."}
    values = {"estimated_completion": job.estimated_completion or job.ended_at, "dataset_id": dataset_id}
    return answers.EngineTrainingQueued(
        job_id=job.id,
        model_id=job.model_id or "",
        status=JOB_WORDS[job.state],
        created_at=job.created_at,
        estimated_completion=job.estimated_completion or job.ended_at,
        dataset_id=dataset_id,
        symbols=list(spec.symbols),
        timeframe=spec.timeframe,
        reasons={name: why for name, why in whys.items() if values[name] is None},
    )


def training_of(job: Job) -> answers.EngineTraining:
    """Return a training as it stands."""
    word = JOB_WORDS[job.state]
    metrics = _metrics(job)
    whys = {
        "started_at": "No runner has taken the job up." if job.state.ended else "The job waits for a runner.",
        "completed_at": f"The job is {word}.",
        "error": "It has not failed.",
        "cost": f"The job is {word}: known when it ends.",
        "version": "It makes none.",
    }
    values = {
        "started_at": job.started_at,
        "completed_at": job.ended_at,
        "error": _error(job),
        "cost": None if job.cost is None else float(job.cost),
        "version": job.model_version,
    }
    reasons = {name: why for name, why in whys.items() if values[name] is None}
    unmeasured = "Not measured by this type of model." if job.state.ended else f"The job is {word} and has not measured it."
    reasons |= {f"progress.metrics.{name}": job.reasons.get(name, unmeasured) for name, value in metrics.items() if value is None}
    done, total = _epochs(job)
    progress = answers.EngineTrainingProgress(
        current_epoch=done, total_epochs=total, metrics=metrics, percent=job.progress, stage=job.stage or word
    )
    return answers.EngineTraining(
        job_id=job.id,
        model_id=job.model_id or "",
        status=word,
        version=job.model_version,
        created_at=job.created_at,
        started_at=job.started_at,
        completed_at=job.ended_at,
        progress=progress,
        error=_error(job),
        cost=None if job.cost is None else float(job.cost),
        reasons=reasons,
    )


def _error(job: Job) -> str | None:
    if job.error is not None:
        return job.error.message
    return job.cancel_reason if job.state is JobState.CANCELLED else None


def _epochs(job: Job) -> tuple[int, int]:
    """Return how many epochs of the fit under way are done, and of how many; before it began, steps of the job."""
    done, of = job.metrics.get("epoch"), job.metrics.get("total_epochs")
    if job.state is JobState.SUCCEEDED:
        done = of = (job.training_metrics or {}).get("epochs") or job.total_steps
    return (job.step, job.total_steps) if done is None or of is None else (int(done), int(of))


def _metrics(job: Job) -> dict[str, float | None]:
    known = {name: value for name, value in job.metrics.items() if name not in EPOCHS}
    loss, held = known.pop("loss", known.get("log_loss")), known.pop("validation_loss", None)
    if job.state is JobState.SUCCEEDED:
        loss = (job.training_metrics or {}).get("final_loss", loss)
        held = (job.validation_metrics or {}).get("log_loss", held)
    return {"loss": loss, "val_loss": held} | known
