"""Trading AI's training jobs: listed, shown with all that they measured, deployed by admins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query
from pydantic import ConfigDict, Field
from starlette.requests import Request

from libs.contracts.algorithms import complete_hyperparameters
from libs.contracts.ids import is_id
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState, TrainingResult, TrainingSpec
from modelbourse.answers.trading_ai import trainings as answers
from modelbourse.answers.trading_ai.trainings import ModelTypeName, TrainingStatus
from services.gateway.domain.accounts.caller import STRANGER, Caller, Scope
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.deployments.deployment import Deployment, DeploymentState
from services.gateway.domain.deployments.errors import DeployForbiddenError, LowAccuracyError
from services.gateway.domain.deployments.ports import Deployments
from services.gateway.domain.errors import NotFoundError, PermissionDeniedError
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.tasks import Tasks, TrainingFilter
from services.gateway.domain.models.errors import ModelNotFoundError, ResultNotKeptError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Models, Results
from services.gateway.inbound.faces.trading_ai import task_examples, words
from services.gateway.inbound.faces.trading_ai.face import FACE, PAGES, TOO_MANY_REQUESTS, CannotDeploy, refused_as
from services.gateway.inbound.faces.trading_ai.task_words import MODEL_TYPES, PARAMETERS, TRAINING_STATUSES, TYPE_WORDS
from services.gateway.inbound.faces.trading_ai.tasks_said import path_of
from services.gateway.inbound.faces.trading_ai.words import known_symbol
from services.gateway.inbound.http.described import answered
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.face import Limit, Window
from services.gateway.inbound.http.limits import limited
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import OPEN, CurrentCaller, used, welcomes
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router, starts_work
from services.gateway.usecases.datasets.find_own import FindOwn
from services.gateway.usecases.deployments.deploy_model import DeployModel, DeployWish

URL: Final = "/api/training/jobs"
NONE: Final = "nothing answered before"
NEVER: Final = "it was never deployed"
LOST: Final = "what its version measured is not kept any more"
UNSAID: Final = "it was trained before this was written down"


class DeployIn(StrictBody):
    """How it is deployed; nothing has to be said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"notes": "Better out of sample."}]})

    force_deploy: bool = Field(default=False, strict=True, description="Whether its accuracy does not matter.")
    activate_immediately: bool = Field(
        default=True, strict=True, description="Whether it answers from now on; if not, it stands by until it is deployed again."
    )
    notes: str = Field("", max_length=1000, description="What there is to say of it.", examples=["Better out of sample."])


@dataclass(frozen=True, slots=True)
class Made:
    """What a training has made: its model, what its version measured, and who has deployed it, by name; None for what is not there."""

    model: Model | None = None
    result: TrainingResult | None = None
    deployed_by: str | None = None


def row_of(job: Job, *, deployment: Deployment | None) -> answers.TrainingJob:
    """Return a training's row in a list, by its state."""
    said, reasons = _standing(job, deployment)
    if job.state is JobState.SUCCEEDED:
        measured = {name: job.metrics.get(name) for name in ("accuracy", "precision", "recall", "f1_score")}
        said |= measured
        reasons |= {name: job.reasons.get(name, UNSAID) for name, value in measured.items() if value is None}
    return answers.TrainingJob(**said, deployed=_stands(deployment), reasons=reasons)


def training_of(job: Job, made: Made, *, deployment: Deployment | None) -> answers.TrainingJob:
    """Return all there is to say of a training, by its state."""
    said, reasons = _standing(job, deployment)
    parts: dict[str, Any] = {"parameters": _parameters(job, made), "deployment": _deployment(deployment, made)}
    if job.state is JobState.SUCCEEDED:
        parts |= {"metrics": _metrics(job, made), "performance": _performance(job, made), "model_info": _info(job, made)}
        card = made.result.run_card if made.result else {}
        said |= {"synthetic": card.get("synthetic"), "data_source": None}
        if made.result:
            said["data_source"] = f"{', '.join(job.symbols)}: {card.get('data_source')}"
        reasons |= {name: LOST for name in ("synthetic", "data_source") if said[name] is None}
    known = dict(made.result.reasons) if made.result else {}
    whys = {"deployment": _whys_of(deployment), "parameters": {}}
    for part, values in parts.items():
        why = whys.get(part, known | job.reasons)
        unsaid = "this architecture does not have it" if part == "parameters" else UNSAID if made.result else LOST
        reasons |= {f"{part}.{name}": why.get(name, unsaid) for name, value in values if value is None}
    return answers.TrainingJob(**said, **parts, reasons=reasons)


def _standing(job: Job, deployment: Deployment | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what every answer about a training says by its state, and why values of it are null."""
    active = deployment is not None and deployment.is_active
    said: dict[str, Any] = {
        "job_id": job.slug or job.id,
        "model_type": TYPE_WORDS[job.algorithm or ""],
        "symbol": ", ".join(map(words.pair_of, job.symbols)),
        "timeframe": job.timeframe,
        "status": "DEPLOYED" if active else TRAINING_STATUSES[job.state],
        "task_id": job.id,
        "created_at": job.created_at,
        "started_at": job.started_at,
    }
    never = {} if job.started_at else {"started_at": "it ended before it began to run"}
    match job.state:
        case JobState.QUEUED | JobState.RUNNING:
            waits = {"started_at": "it waits for a free worker"} if job.state is JobState.QUEUED else {}
            unknown = {"estimated_completion": "it has not run long enough to tell"} if job.estimated_completion is None else {}
            return said | {"progress": job.progress, "estimated_completion": job.estimated_completion}, waits | unknown
        case JobState.SUCCEEDED:
            took = (job.ended_at - job.started_at).total_seconds() if job.started_at and job.ended_at else None
            return said | {"completed_at": job.ended_at, "training_time_seconds": took}, never
        case JobState.FAILED | JobState.CANCELLED:
            cancelled = f"The training was cancelled: {job.cancel_reason}" if job.cancel_reason else "The training was cancelled."
            return said | {"error": job.error.message if job.error else cancelled, "failed_at": job.ended_at}, never


def _stands(deployment: Deployment | None) -> bool:
    return deployment is not None and deployment.state is not DeploymentState.ARCHIVED


def _parameters(job: Job, made: Made) -> answers.NetworkParameters:
    spec = TrainingSpec.model_validate_json(job.asked) if job.asked else made.model.market if made.model else None
    known = complete_hyperparameters(spec.algorithm, spec.hyperparameters, model_type=spec.model_type) if spec else {}
    return answers.NetworkParameters.model_validate({word: known.get(name) for word, name in PARAMETERS.items()})


def _metrics(job: Job, made: Made) -> answers.NetworkMetrics:
    learned, card = job.training_metrics or {}, made.result.run_card if made.result else {}
    best, rows, held = learned.get("best_epoch"), card.get("train_rows"), card.get("held_rows")
    return answers.NetworkMetrics(
        **{name: job.metrics.get(name) for name in ("accuracy", "precision", "recall", "f1_score")},
        final_loss=learned.get("final_loss"),
        best_epoch=None if best is None else int(best),
        best_validation_accuracy=(job.validation_metrics or {}).get("accuracy"),
        training_samples=rows if rows is None or held is None else rows - held,
        validation_samples=held,
        test_samples=card.get("test_rows"),
    )


def _performance(job: Job, made: Made) -> answers.NetworkPerformance:
    values: Mapping[str, float | None] = {**(made.result.backtest if made.result else {}), **job.metrics}
    return answers.NetworkPerformance(**{name: values.get(name) for name in answers.NetworkPerformance.model_fields})


def _info(job: Job, made: Made) -> answers.NetworkInfo:
    card = made.result.run_card if made.result else {}
    size = card.get("model_bytes")
    return answers.NetworkInfo(
        model_id=(made.model.slug if made.model else None) or job.model_id or "",
        model_path=path_of(job),
        model_size_mb=None if size is None else size / 1_000_000,
        parameters_count=card.get("parameters"),
    )


def _deployment(deployment: Deployment | None, made: Made) -> answers.DeploymentInfo:
    return answers.DeploymentInfo(
        deployed=_stands(deployment),
        deployed_at=deployment.deployed_at if deployment else None,
        deployed_by=made.deployed_by if deployment else None,
        previous_model=deployment.previous_model if deployment else None,
        is_active=deployment is not None and deployment.is_active,
        archived_at=deployment.archived_at if deployment else None,
        notes=deployment.notes if deployment else None,
    )


def _whys_of(deployment: Deployment | None) -> dict[str, str]:
    """Return why something of a deployment is null."""
    if deployment is None:
        return dict.fromkeys(("deployed_at", "deployed_by", "previous_model", "archived_at", "notes"), NEVER)
    return {"deployed_by": "the admin's account was erased", "previous_model": NONE, "archived_at": "nothing has replaced it"}


def deployed_of(job: Job, deployment: Deployment) -> answers.Deployed:
    """Return the answer to a training that was deployed."""
    new, before = deployment.accuracy, deployment.previous_accuracy
    gain = None if new is None or before is None else new - before
    unknown = NONE if deployment.previous_model is None else "the accuracy of one of them is not known"
    values = {"previous_model": deployment.previous_model, "previous_accuracy": before, "new_accuracy": new, "accuracy_improvement": gain}
    said = "Model deployed to production successfully" if deployment.is_active else "Model deployed; it stands by until it is activated"
    return answers.Deployed(
        success=True,
        job_id=job.slug or job.id,
        model_id=deployment.name,
        deployed_at=deployment.deployed_at,
        previous_model=deployment.previous_model,
        previous_accuracy=before,
        new_accuracy=new,
        accuracy_improvement=gain,
        is_active=deployment.is_active,
        message=said,
        reasons={name: unknown for name, value in values.items() if value is None},
    )


@dataclass(frozen=True, slots=True)
class TrainingJobUseCases:
    """What the handlers call."""

    jobs: Jobs
    tasks: Tasks
    models: Models
    results: Results
    accounts: Accounts
    deployments: Deployments
    deploy: DeployModel
    own: FindOwn

    async def find(self, job_id: str, *, account_id: str | None) -> Job:
        """Return a training of an account (of anybody by its task's id, for None) by its readable id or its task's.

        Raise JobNotFoundError, also for what has no word here.
        """
        if is_id(job_id, prefix="job"):
            job = await self.jobs.get(job_id, account_id=account_id)
        else:
            job = await self.jobs.named(job_id, account_id=account_id or STRANGER.account_id, kind=JobKind.TRAIN)
        if job.algorithm not in TYPE_WORDS:
            raise JobNotFoundError(job_id)
        return job

    async def of_anybody(self, job_id: str, *, by: Caller) -> Job:
        """Return a training: by its readable id the admin's own, else that of a caller without a credential; by its task's id any."""
        try:
            return await self.find(job_id, account_id=by.account_id)
        except JobNotFoundError:
            return await self.find(job_id, account_id=None)

    async def made(self, job: Job, deployment: Deployment | None) -> Made:
        """Return what a training has made, as far as it is there."""
        by = await self._name(deployment.deployed_by) if deployment else None
        try:
            model = await self.models.get(job.model_id or "", account_id=job.account_id)
            version = next((each for each in model.versions if each.job_id == job.id), None)
        except ModelNotFoundError:
            return Made(deployed_by=by)
        if version is None or version is model.in_service:
            return Made(model, model.result if version else None, by)
        try:
            return Made(model, await self.results.get(model.id, version), by)
        except ResultNotKeptError:
            return Made(model, deployed_by=by)

    async def _name(self, account_id: str | None) -> str | None:
        if account_id is None:
            return None
        try:
            return (await self.accounts.get(account_id)).username
        except NotFoundError:
            return None


async def _admin(request: Request, _: CurrentCaller) -> Caller:
    try:
        return exchange_of(request.scope).require(Scope.ADMIN)
    except PermissionDeniedError as error:
        raise DeployForbiddenError from error


Use = Annotated[TrainingJobUseCases, used(TrainingJobUseCases)]
Admin = Annotated[Caller, Depends(_admin)]
# Whoever may ask for trainings may look at them.
Reader = Annotated[Caller, welcomes(Scope.READ, Scope.TRAIN)]
JobId = Annotated[str, Path(description="As the training's task had it, or the task's id.", examples=[task_examples.QUEUED.slug])]
NO_JOB: Final = JobNotFoundError(task_examples.QUEUED.slug or "")
ROW: Final = row_of(task_examples.COMPLETED, deployment=None)
routes = make_router(prefix=URL, tags=[FACE.tag("training jobs")])


@routes.get(
    "",
    summary="List your training jobs",
    response_description="A part of the list, the newest first.",
    responses=answered(answers.TrainingJobs(total=1, limit=PAGES.size, offset=0, jobs=[ROW])) | refused(FACE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN | {"parameters": PAGES.parameters},
    response_model_exclude_unset=True,
)
async def list_training_jobs(
    request: Request,
    caller: Reader,
    use: Use,
    *,
    status: Annotated[TrainingStatus | None, Query(description="Only in this status.")] = None,
    model_type: Annotated[ModelTypeName | None, Query(description="Only of this architecture.")] = None,
    symbol: Annotated[str | None, Query(max_length=40, description="Only on this symbol.")] = None,
) -> answers.TrainingJobs:
    """Trainings of networks that the caller asked for; callers without a credential share theirs."""
    part = PAGES.read(request)
    active = await use.deployments.active_jobs(caller.account_id) if status in {"DEPLOYED", "COMPLETED"} else ()
    wanted = TrainingFilter(
        algorithms=[name for word, name in MODEL_TYPES.items() if model_type in {None, word}],
        states=[state for state, word in TRAINING_STATUSES.items() if word == ("COMPLETED" if status == "DEPLOYED" else status)],
        symbol=known_symbol(symbol, own=(await use.own(caller.account_id)).candles) if symbol else None,
        among=active if status == "DEPLOYED" else None,
        but=active if status == "COMPLETED" else (),
    )
    page = await use.tasks.trainings(caller.account_id, part, wanted)
    deployments = await use.deployments.of_jobs([job.id for job in page.items])
    rows = [row_of(job, deployment=deployments.get(job.id)) for job in page.items]
    return answers.TrainingJobs(total=page.count, limit=part.size, offset=part.skipped, jobs=rows)


@routes.get(
    "/{job_id}",
    summary="Get a training job",
    response_description="How it stands; when it has ended well, all that it has measured, and whether it is deployed.",
    responses=answered(training_of(task_examples.COMPLETED, Made(), deployment=None)) | refused(FACE, NO_JOB, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
    response_model_exclude_unset=True,
)
async def get_training_job(job_id: JobId, caller: Reader, use: Use) -> answers.TrainingJob:
    """Parameters, metrics, performance, the version that was made, its deployment. What is null has its reason under `reasons`."""
    job = await use.find(job_id, account_id=caller.account_id)
    deployment = (await use.deployments.of_jobs([job.id])).get(job.id)
    return training_of(job, await use.made(job, deployment), deployment=deployment)


@routes.post(
    "/{job_id}/deploy",
    summary="Deploy what a training has made",
    response_description="It answers for its symbol and timeframe, or stands by.",
    responses=refused_as(CannotDeploy, LowAccuracyError(0.55, least=0.6), DeployForbiddenError(), NO_JOB, TOO_MANY_REQUESTS),
)
@limited(Limit(5, Window.MINUTE))
@starts_work
async def deploy_training_job(job_id: JobId, caller: Admin, use: Use, body: DeployIn | None = None) -> answers.Deployed:
    """For admins: whatever anybody has trained, by its task's id. What answered for the symbol and timeframe before is archived."""
    job, given = await use.of_anybody(job_id, by=caller), body or DeployIn()
    wish = DeployWish(force=given.force_deploy, activate=given.activate_immediately, notes=given.notes)
    return deployed_of(job, await use.deploy(job, wish, by=caller))
