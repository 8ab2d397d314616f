"""AI Studio's trainings: estimated, started, followed, cancelled."""

from typing import Annotated, Any, Final

from fastapi import Body, status
from pydantic import BaseModel, ConfigDict, Field, StrictStr
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobError, JobState, Priority
from modelbourse.answers import trainings as answers
from modelbourse.answers.answer import JOB_ID, MODEL_ID
from modelbourse.answers.limits import Priority as PriorityName
from modelbourse.answers.trainings import (
    Failure,
    JobCancelled,
    JobDetails,
    JobPage,
    JobRow,
    LogLine,
    TrainingEstimated,
    TrainingMetrics,
    TrainingStarted,
    ValidationMetrics,
)
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.jobs.errors import CancellationPendingError, JobEndedError, JobNotFoundError, PriorityNotAllowedError
from services.gateway.domain.jobs.estimate import JOBS_LEAST, Estimate
from services.gateway.domain.jobs.job import Job, model_of
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.models.drafts import trainable
from services.gateway.domain.models.errors import ModelBusyError, ModelNotFoundError
from services.gateway.domain.problems import type_problems
from services.gateway.inbound.faces.ai_studio.face import FACE, NO_SUCH_PAGE, JobId, ModelId, Owner, Trainer, make_routes
from services.gateway.inbound.faces.ai_studio.reading import name_problems, not_like_this, read_object
from services.gateway.inbound.faces.ai_studio.words import JOB_STATES, JOB_WORDS, PRIORITIES, PRIORITY_WORDS, measured
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.queries import query, read_id, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import CurrentWork, starts_work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import Started
from services.gateway.usecases.nouns import TrainingUseCases

DECIMALS: Final = 6
# How far the final fit alone is: told among the metrics, and no metric.
EPOCHS: Final = frozenset({"epoch", "total_epochs", "best_epoch"})
NO_SPREAD: Final = f"Fewer than {JOBS_LEAST} trainings with this algorithm have ended well: how far they spread is not known."
NOT_HAD: Final = "This kind of model does not have it."
FILTERS: Final = [
    query("status", "Only jobs in this status.", enum=list(JOB_STATES)),
    query("model_id", "Only jobs of this model.", examples=[MODEL_ID]),
]
UNREAD: Final = InvalidError(
    "The training cannot be started like this: see priority.",
    details={"priority": ["Must be LOW, NORMAL or HIGH. Did you mean 'HIGH'?"]},
)


Use = Annotated[TrainingUseCases, used(TrainingUseCases)]
routes = make_routes("training")


class TrainIn(BaseModel):
    """How a training job is called and how urgent it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"job_name": "Momentum v1.3", "priority": "NORMAL"}]})

    job_name: StrictStr | None = Field(None, min_length=1, max_length=200, description="Null: by the model and its next version.")
    priority: PriorityName = Field("NORMAL", description="Jobs of a higher one run first; which ones there are depends on the tier.")


@routes.get(
    "/models/{model_id}/estimate/",
    summary="Estimate a training",
    response_description="Time and cost of the model's next training, and how sure they are.",
    responses=refused(FACE, ModelNotFoundError(MODEL_ID)),
)
async def estimate_training(model_id: ModelId, caller: Owner, use: Use) -> TrainingEstimated:
    """From past jobs with this algorithm, scaled by size: nothing is started or set aside."""
    model = await use.models.get(model_id, account_id=caller.account_id)
    estimate, at = await use.estimate(trainable(model), account_id=model.account_id), use.clock()
    return TrainingEstimated(
        model_id=model.id, estimated_completion=estimate.completion(at), estimated_cost=estimate.cost, estimate=estimate_of(estimate)
    )


@routes.post(
    "/models/{model_id}/train/",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Start a training job",
    response_description="The job is queued; its credits are reserved.",
    responses=refused(FACE, UNREAD, 402, PriorityNotAllowedError(Priority.HIGH, tier=Tier.FREE), ModelBusyError(JOB_ID), 504),
)
@starts_work
async def start_training(
    model_id: ModelId, caller: Trainer, work: CurrentWork, use: Use, body: Annotated[Any, Body(), ShownAs(TrainIn)] = None
) -> TrainingStarted:
    """Train the model's next version; the one that serves goes on serving until the new one is ready."""
    name, priority = read_training(body)
    order = Order(kind=JobKind.TRAIN, model_id=model_id, name=name, priority=priority)
    return started_of(await use.start(order, caller=caller, work=work))


@routes.get(
    "/training-jobs/",
    summary="List your training jobs",
    response_description="A page of jobs, the newest first.",
    responses=NO_SUCH_PAGE,
    response_model_exclude_unset=True,
    openapi_extra={"parameters": [*FILTERS, *PAGES]},
)
async def list_jobs(request: Request, caller: Owner, use: Use) -> JobPage:
    """Jobs that the caller started."""
    paging = read_paging(request)
    word = read_word(request, "status", known=JOB_STATES)
    model_id = read_id(request, "model_id", prefix="model")
    wanted = JobFilter(JobKind.TRAIN, states=[JOB_STATES[word]] if word else [], model_id=model_id)
    page = await use.jobs.find(caller.account_id, paging.part, wanted)
    return paging.page(JobPage, [row_of(job) for job in page.items], count=page.count, after=page.after)


@routes.get(
    "/training-jobs/{job_id}/",
    summary="Get a training job's status",
    response_description="The job as it stands, with its latest 500 log lines.",
    responses=refused(FACE, JobNotFoundError(JOB_ID)),
    response_model_exclude_unset=True,
)
async def get_job(job_id: JobId, caller: Owner, use: Use) -> JobDetails:
    """Progress, metrics, logs, and how it ended."""
    return details_of(await use.jobs.get(job_id, account_id=caller.account_id))


@routes.post(
    "/training-jobs/{job_id}/cancel/",
    summary="Cancel a training job",
    response_description="The cluster is free, unused credits are back.",
    responses=refused(FACE, JobNotFoundError(JOB_ID), JobEndedError("succeeded"), CancellationPendingError(JOB_ID)),
)
@starts_work
async def cancel_job(job_id: JobId, caller: Trainer, use: Use) -> JobCancelled:
    """End a pending or running job; hours it has used are charged, the rest is refunded."""
    job = await use.stop(job_id, account_id=caller.account_id, kind=JobKind.TRAIN)
    assert job.refund is not None  # It has ended.
    message = "Training job cancelled successfully"
    return JobCancelled(message=message, refund_amount=job.refund, job_id=job.id, status=JOB_WORDS[job.state])


def read_training(body: Any) -> tuple[str | None, Priority]:
    """Return the name and priority of the job that a request wants, which may have no body. Raise InvalidError with all problems."""
    given = read_object({} if body is None else body)
    problems = type_problems(TrainIn, given)
    name = given.get("job_name")
    if name is not None and "job_name" not in problems:
        problems |= name_problems(name, field="job_name")
    if problems:
        what = "The training cannot be started like this"
        raise not_like_this(what, problems)
    return (name.strip() if name else None), PRIORITIES[given.get("priority", "NORMAL")]


def started_of(started: Started) -> TrainingStarted:
    """Return what is answered of a job when it is accepted."""
    job, estimate = started.job, started.estimate
    assert estimate is not None  # Past jobs tell what a training takes.
    _, version = model_of(job)
    return TrainingStarted(
        job_id=job.id,
        message="Training job queued successfully",
        estimated_completion=job.estimated_completion or job.ended_at,
        estimated_cost=job.reserved_cost,
        estimate=estimate_of(estimate),
        status=JOB_WORDS[job.state],
        model_version=version,
    )


def estimate_of(estimate: Estimate) -> answers.Estimate:
    """Return the hours expected and how sure that is."""
    reasons = dict.fromkeys(("low_hours", "high_hours", "level"), NO_SPREAD) if estimate.level is None else {}
    wait, why = estimate.queue.wait_s, estimate.queue.why_unknown
    return answers.Estimate(
        hours=round(estimate.hours, DECIMALS),
        low_hours=_rounded(estimate.low_hours),
        high_hours=_rounded(estimate.high_hours),
        level=estimate.level,
        jobs=estimate.jobs,
        basis=estimate.basis.value,
        queue_seconds=None if wait is None else round(wait, 1),
        reasons=reasons | ({"queue_seconds": why} if why else {}),
    )


def row_of(job: Job) -> JobRow:
    """Return a job as lists show it."""
    training, validation = measured(TrainingMetrics, job.training_metrics or {}), measured(ValidationMetrics, job.validation_metrics or {})
    model_id, version = model_of(job)
    return JobRow(
        id=job.id,
        model_id=model_id,
        job_name=job.name,
        status=JOB_WORDS[job.state],
        priority=PRIORITY_WORDS[job.priority],
        model_version=version,
        progress=job.progress,
        created_at=job.created_at,
        started_at=job.started_at,
        completed_at=job.ended_at,
        compute_hours=None if job.compute_hours is None else float(job.compute_hours),
        training_metrics=training,
        validation_metrics=validation,
        reasons=_reasons(job, training, validation),
        **({"parent_id": job.parent} if job.parent else {}),
    )


def details_of(job: Job) -> JobDetails:
    """Return all there is to say of a job. An epoch is a tree, round, epoch or iteration of the fit under way; before it began, a step."""
    row, (epoch, epochs) = row_of(job), _epochs(job)
    return JobDetails(
        **{name: value for name, value in row if name in row.model_fields_set},
        stage=job.stage,
        current_epoch=epoch,
        total_epochs=epochs,
        best_epoch=_best_epoch(job),
        current_metrics=_current_metrics(job),
        estimated_completion=job.estimated_completion,
        estimated_cost=job.reserved_cost,
        cost=job.cost,
        refund_amount=job.refund,
        attempts=job.attempt,
        error=_failure(job.error) if job.error else None,
        cancel_requested_at=job.cancel_requested_at,
        cancel_reason=job.cancel_reason,
        logs=[LogLine(timestamp=line.timestamp, level=line.level, message=line.message) for line in job.logs],
    )


def _failure(error: JobError) -> Failure:
    return Failure(code="COMPUTE_LIMIT" if error.is_compute_limit else "MODEL_TRAINING_ERROR", type=error.type, message=error.message)


def _reasons(job: Job, training: TrainingMetrics, validation: ValidationMetrics) -> dict[str, str]:
    """Say why a job's values are null, by name."""
    reasons = {"cancel_reason": "No operator has ended it."} if job.cancel_reason is None else {}
    word = JOB_WORDS[job.state]
    if job.started_at is None:
        reasons["started_at"] = "No runner has taken the job up." if job.state.ended else "The job waits for a runner."
    if not job.state.ended:
        reasons |= dict.fromkeys(("completed_at", "cost", "refund_amount"), f"The job is {word}: known when it ends.")
        if job.compute_hours is None:
            reasons["compute_hours"] = f"The job is {word}: known when it has run for a while."
    if job.estimated_completion is None:
        reasons["estimated_completion"] = "The job has ended." if job.state.ended else "It is too early to say."
    if job.training_metrics is None:
        when = f"The job is {word} and measured nothing." if job.state.ended else f"The job is {word}: measured when it ends."
        reasons |= dict.fromkeys(("training_metrics", "validation_metrics"), when)
    else:
        values = dict(training) | dict(validation)
        reasons |= {name: job.reasons.get(name, NOT_HAD) for name, value in values.items() if value is None}
    return _why_not_now(job) | reasons


def _why_not_now(job: Job) -> dict[str, str]:
    """Say why one of the latest metrics is null, by name."""
    match job.state:
        case JobState.QUEUED | JobState.RUNNING:
            why = f"The job is {JOB_WORDS[job.state]} and has not measured it yet."
        case JobState.SUCCEEDED:
            why = NOT_HAD
        case _:
            why = f"The job is {JOB_WORDS[job.state]} and did not measure it."
    values = _current_metrics(job) | {"best_epoch": _best_epoch(job)}
    return {name: job.reasons.get(name, why) for name, value in values.items() if value is None}


def _best_epoch(job: Job) -> int | None:
    """Return the epoch that would be kept now, or was; null while there is none."""
    best = ((job.training_metrics if job.state is JobState.SUCCEEDED else job.metrics) or {}).get("best_epoch")
    return None if best is None else int(best)


def _epochs(job: Job) -> tuple[int, int]:
    """Return how many are done, and of how many; a job that ended well has done them all, whatever was told last on the way."""
    done, of = job.metrics.get("epoch"), job.metrics.get("total_epochs")
    if job.state is JobState.SUCCEEDED:
        done = of = (job.training_metrics or {}).get("epochs") or job.total_steps
    return (job.step, job.total_steps) if done is None or of is None else (int(done), int(of))


def _current_metrics(job: Job) -> dict[str, float | None]:
    metrics = {name: value for name, value in job.metrics.items() if name not in EPOCHS}
    return {"accuracy": None, **metrics, "loss": metrics.get("loss", metrics.get("log_loss"))}


def _rounded(hours: float | None) -> float | None:
    return None if hours is None else round(hours, DECIMALS)
