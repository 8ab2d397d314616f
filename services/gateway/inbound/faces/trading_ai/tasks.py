"""Trading AI's tasks, which are trainings and backtests: started, listed, shown, cancelled, tried again, counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Path, Query, status
from pydantic import ConfigDict, Field, field_validator
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.ids import is_id
from libs.contracts.job_kinds import JobKind
from libs.contracts.names import did_you_mean
from libs.contracts.own_candles import Timeframe
from libs.contracts.training import JobState, ModelType
from libs.market.own import OwnCatalogue
from modelbourse.answers.trading_ai import tasks as answers
from modelbourse.answers.trading_ai.tasks import TaskName, TaskStatus
from modelbourse.answers.trading_ai.trainings import ModelTypeName
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.errors import TooManyRequestsError
from services.gateway.domain.jobs.errors import CancellationPendingError, JobEndedError, JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.tasks import Tasks
from services.gateway.domain.models.check_spec import AskedSpec, check_spec
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.operations import Fleet
from services.gateway.domain.problems import Problems
from services.gateway.inbound.faces.trading_ai import task_examples, words
from services.gateway.inbound.faces.trading_ai.face import FACE, TOO_MANY_REQUESTS, CannotCancel, refused_as
from services.gateway.inbound.faces.trading_ai.task_words import (
    MODEL_TYPES,
    ORDERS,
    PARAMETERS,
    TASK_NAMES,
    TaskEndedError,
    filter_of,
    status_of,
)
from services.gateway.inbound.faces.trading_ai.tasks_said import URL, row_of, started_of, stats_of, task_of
from services.gateway.inbound.http.described import answered
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.face import Limit, Window
from services.gateway.inbound.http.limits import limited
from services.gateway.inbound.http.paging import Offsets
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import OPEN, used, welcomes
from services.gateway.inbound.http.strict_body import Number, StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.retry_job import NotFailedError, RetryJob
from services.gateway.usecases.jobs.stop_job import StopJob
from services.gateway.usecases.jobs.train_model import TrainModel
from services.gateway.usecases.models.model_draft import ModelDraft

PAGES: Final = Offsets(size=50, most=200)
A_DAY: Final = Limit(10, Window.DAY, refusal="Training task limit reached. Maximum 10 tasks per day.")
NO_MORE_TODAY: Final = TooManyRequestsError(A_DAY.refusal or "", retry_after_s=3600)
# What a network looks at where nobody says it: of each family of features, in the form that does not depend on the price's level.
FEATURES: Final = (
    "log_return_1", "rsi_14", "stoch_k", "macd_histogram", "adx_14", "bollinger_position", "price_ma_50_ratio", "atr_14",
    "volume_ma_ratio_20",
)  # fmt: skip
SPLIT: Final = 0.8
FOLDS: Final = 3
# Where the platform finds a problem, and what that is called here.
CALLED: Final[Mapping[str, str]] = {
    "training_config.symbols": "symbol",
    "training_config.timeframe": "timeframe",
    "training_config.num_workers": "workers",
}
EXAMPLE: Final[dict[str, Any]] = {
    "model_type": "lstm",
    "symbol": "BTCUSDT",
    "timeframe": "15m",
    "epochs": 100,
    "batch_size": 64,
    "learning_rate": 0.001,
}


class TrainIn(StrictBody):
    """What is to be trained: a classifier of buy, hold and sell, on all candles that there are; the last fifth of the time tests it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]}, protected_namespaces=())

    model_type: ModelTypeName = Field(description="The network's architecture; an ensemble is a weighted average of the three others.")
    symbol: str = Field(min_length=1, max_length=40, description="What there are candles for; `BTCUSDT` has those of `BTC-USD`.")
    timeframe: Timeframe = Field(description="How long a candle is; `GET /api/ai-studio/symbols/` says which a symbol has.")
    epochs: Annotated[int, Number] = Field(100, ge=1, le=500, description="Passes over the training rows at most; the best one is kept.")
    batch_size: Annotated[int, Number] = Field(64, ge=8, le=1024, description="Windows that make one step.")
    learning_rate: Annotated[float, Number] = Field(0.001, gt=0, le=0.1, description="Step size of the optimiser.")
    hidden_units: Annotated[int | None, Number] = Field(None, description="Units of each layer. Default: the architecture's.")
    dropout_rate: Annotated[float | None, Number] = Field(None, description="Share of units left out while training. Default: its own.")
    sequence_length: Annotated[int | None, Number] = Field(None, description="Candles that a prediction looks at. Default: its own.")
    workers: Annotated[int, Number] = Field(1, ge=1, le=16, description="Processes that train it together, as many as the tier allows.")

    @field_validator("model_type", mode="before")
    @classmethod
    def _is_supported(cls, given: Any) -> Any:
        if given not in list(MODEL_TYPES):
            nearest = did_you_mean(given, MODEL_TYPES) if isinstance(given, str) else ""
            msg = f"Invalid model_type. Supported: {', '.join(MODEL_TYPES)}{'.' if nearest else ''}{nearest}"
            raise ValueError(msg)
        return given

    def draft(self, *, own: OwnCatalogue, synthetic_allowed: bool, day: str) -> ModelDraft:
        """Return the model that it makes. Raise InvalidError that names each field."""
        algorithm = MODEL_TYPES[self.model_type]
        given = {name: getattr(self, word) for word, name in PARAMETERS.items() if getattr(self, word) is not None}
        symbol = words.candles_of(self.symbol, own=own.candles)
        config = {"symbols": [symbol], "timeframe": self.timeframe, "train_test_split": SPLIT, "cross_validation_folds": FOLDS}
        config |= {"num_workers": self.workers} if self.workers > 1 else {}
        asked = AskedSpec(
            model_type=ModelType.CLASSIFICATION,
            algorithm=algorithm,
            target_variable="",
            features=FEATURES,
            hyperparameters=given,
            training_config=config,
        )
        spec, problems = check_spec(asked, synthetic_allowed=synthetic_allowed, own=own)
        if spec is None:
            message = "The training cannot be started like this."
            raise InvalidError(message, details=_called(problems))
        name = f"{self.model_type}_{words.pair_of(symbol)}_{self.timeframe}_{day}"
        return ModelDraft(name=name, description="Made by a training task.", spec=spec, slug=name)


def _called(problems: Problems) -> Problems:
    """Return problems by what their fields are called here."""
    told: Problems = {}
    for field, texts in problems.items():
        for text in texts:
            # A problem of a hyperparameter names it in its text alone.
            word = next((word for word, name in PARAMETERS.items() if f"'{name}'" in text), None)
            said = text.replace(f"'{PARAMETERS[word]}'", f"'{word}'") if word else text
            told.setdefault(word or CALLED.get(field, field), []).append(said)
    return told


@dataclass(frozen=True, slots=True)
class TaskUseCases:
    """What the handlers call."""

    jobs: Jobs
    tasks: Tasks
    models: Models
    train: TrainModel
    stop: StopJob
    retry: RetryJob
    fleet: Fleet
    clock: Clock
    synthetic_allowed: bool

    async def find(self, task_id: str, caller: Caller) -> Job:
        """Return a task of the caller. Raise JobNotFoundError."""
        if is_id(task_id, prefix="job"):
            job = await self.jobs.get(task_id, account_id=caller.account_id, kind=None)
            if job.kind in TASK_NAMES:
                return job
        raise JobNotFoundError(task_id, noun="job")

    async def model_of(self, job: Job) -> str | None:
        """Return the readable id of the model that a task trains; None where it trains none."""
        if job.model_id is None:
            return None
        try:
            model = await self.models.get(job.model_id, account_id=job.account_id)
        except ModelNotFoundError:
            return job.model_id  # Deleted since.
        return model.slug or model.id

    async def cancel(self, task_id: str, caller: Caller) -> Job:
        """Return the task as it was ended. Raise JobNotFoundError, TaskEndedError, or what StopJob raises."""
        job = await self.find(task_id, caller)
        if job.state.ended:
            raise TaskEndedError(job.id, state=job.state)
        try:
            return await self.stop(job.id, account_id=caller.account_id)
        except JobEndedError as error:  # In between.
            raise TaskEndedError(job.id, state=JobState(error.state)) from error

    async def workers(self) -> int:
        """Return how many training services answer."""
        return sum(each["service"] == "training" and each["health"] in {"healthy", "degraded"} for each in await self.fleet.all())


Use = Annotated[TaskUseCases, used(TaskUseCases)]
Trader = Annotated[Caller, welcomes(Scope.TRAIN)]
# Whoever may ask for tasks may look at them.
Reader = Annotated[Caller, welcomes(Scope.READ, Scope.TRAIN)]
TaskId = Annotated[str, Path(description="As the answer to the request had it.", examples=[task_examples.QUEUED.id])]
NO_TASK: Final = JobNotFoundError(task_examples.QUEUED.id, noun="job")
routes = make_router(prefix=URL, tags=[FACE.tag("tasks")])


@routes.post(
    "/train",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Train a model",
    response_description="It is accepted and waits for a worker.",
    responses=answered(started_of(task_examples.QUEUED, model_id=task_examples.MODEL), status=202) | refused(FACE, 402, NO_MORE_TODAY, 504),
    openapi_extra=OPEN,
)
@starts_work
async def train_model(request: Request, body: TrainIn, caller: Trader, work: CurrentWork, use: Use) -> answers.TaskStarted:
    """Make a model and train it. 10 a day by account, or by address; compute hours that it does not use come back."""
    own = await use.train.start.own(caller.account_id)
    draft = body.draft(own=own, synthetic_allowed=use.synthetic_allowed, day=f"{use.clock():%Y%m%d}")
    slug = f"training_{body.model_type}_{words.pair_of(draft.spec.symbols[0])}_{use.clock():%Y%m%d}"
    exchange = exchange_of(request.scope)
    # Counted here and not at the door (`@limited`): what cannot be done, or not now, is no training.
    job = await use.train(
        draft,
        Order(kind=JobKind.TRAIN, slug=slug),
        caller=caller,
        work=work,
        admit=lambda: exchange.count_for_now([A_DAY], route=f"POST {URL}/train"),
    )
    return started_of(job, model_id=await use.model_of(job) or "")


@routes.get(
    "/stats",
    summary="Count your tasks",
    response_description="What they come to, and how the platform's queue stands.",
    responses=refused(FACE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
)
async def get_task_stats(caller: Reader, use: Use) -> answers.TaskStats:
    """Count the caller's tasks; callers without a credential share theirs. A value that cannot be computed is null, with its reason."""
    at = use.clock()
    found = await use.tasks.statistics(caller.account_id, list(TASK_NAMES), at=at)
    return stats_of(found, await use.tasks.queue(), workers=await use.workers(), at=at)


@routes.get(
    "",
    summary="List your tasks",
    response_description="A part of the list, the newest first where nothing else is asked for.",
    responses=answered(answers.Tasks(total=1, limit=PAGES.size, offset=0, tasks=[row_of(task_examples.COMPLETED)]))
    | refused(FACE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN | {"parameters": PAGES.parameters},
    response_model_exclude_unset=True,
)
async def list_tasks(
    request: Request,
    caller: Reader,
    use: Use,
    *,
    status: Annotated[TaskStatus | None, Query(description="Only in this status.")] = None,
    task_name: Annotated[TaskName | None, Query(description="Only of this name.")] = None,
    sort_by: Annotated[answers.TaskSortBy, Query(description="What they are ordered by; no value counts as the lowest.")] = "created_at",
    sort_order: Annotated[words.SortOrder, Query(description="Lowest or highest first.")] = "desc",
) -> answers.Tasks:
    """Tasks that the caller asked for; callers without a credential share theirs."""
    part = PAGES.read(request)
    page = await use.tasks.find(caller.account_id, part, filter_of(status, task_name), by=ORDERS[sort_by], descending=sort_order == "desc")
    return answers.Tasks(total=page.count, limit=part.size, offset=part.skipped, tasks=[row_of(job) for job in page.items])


@routes.get(
    "/{task_id}",
    summary="Get a task",
    response_description="How it stands; when it has ended well, what came of it.",
    responses=answered(task_of(task_examples.COMPLETED, model_id=task_examples.MODEL)) | refused(FACE, NO_TASK, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
    response_model_exclude_unset=True,
)
async def get_task(task_id: TaskId, caller: Reader, use: Use) -> answers.Task:
    """Its place in the queue, then its progress, then its result or its error; each status has fields of its own."""
    job = await use.find(task_id, caller)
    position = 1 + await use.tasks.ahead(job) if job.state is JobState.QUEUED else None
    return task_of(job, position=position, model_id=await use.model_of(job))


@routes.delete(
    "/{task_id}",
    summary="Cancel a task",
    response_description="It has ended.",
    responses=refused_as(
        CannotCancel,
        TaskEndedError(task_examples.QUEUED.id, state=JobState.SUCCEEDED),
        NO_TASK,
        TOO_MANY_REQUESTS,
        CancellationPendingError(""),
    ),
    openapi_extra=OPEN,
)
@limited(Limit(20, Window.MINUTE))
async def cancel_task(task_id: TaskId, caller: Trader, use: Use) -> answers.TaskCancelled:
    """End one that waits or runs. It stays among the tasks, and counts among the day's; hours that it has not used come back."""
    job = await use.cancel(task_id, caller)
    assert job.ended_at is not None  # It has ended.
    return answers.TaskCancelled(
        success=True, task_id=job.id, status=status_of(job), message="Task cancelled successfully", cancelled_at=job.ended_at
    )


@routes.post(
    "/retry/{task_id}",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Try a failed task again",
    response_description="A new task with the same parameters is accepted.",
    responses=refused(FACE, NotFailedError(JobState.SUCCEEDED), 402, NO_TASK, TOO_MANY_REQUESTS, 504),
    openapi_extra=OPEN,
)
@limited(Limit(10, Window.MINUTE))
@starts_work
async def retry_task(task_id: TaskId, caller: Trader, work: CurrentWork, use: Use) -> answers.TaskRetried:
    """Only what has failed. A training trains the model of the first one, once at a time; it does not count among the day's."""
    first = await use.find(task_id, caller)
    job = await use.retry(first, caller=caller, work=work)
    return answers.TaskRetried(
        success=True,
        new_task_id=job.id,
        original_task_id=first.id,
        status=status_of(job),
        message="Task retried with new ID",
        check_status_url=f"{URL}/{job.id}",
        created_at=job.created_at,
    )
