"""Which kinds of job there are, and what of each crosses the bus: a row a kind.

How a kind is worked on is a row of `WORK` (services/training/domain/kinds.py); what it takes to accept one, and what its end changes, one
of `TERMS` (services/gateway/domain/jobs/terms.py). docs/guides/add-a-job-kind.md adds one.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias, TypeVar

from pydantic import ValidationError

from libs.contracts import job_words
from libs.contracts.agents import AgentResult, AgentRunResult, AgentRunSpec, AgentSpec
from libs.contracts.backtests import BacktestResult, BacktestSpec
from libs.contracts.batches import PredictBatchResult, PredictBatchSpec
from libs.contracts.datasets import ValidateResult, ValidateSpec
from libs.contracts.envelope import Event, JsonObject, Message
from libs.contracts.importance import ImportanceResult, ImportanceSpec
from libs.contracts.jobs import JobCancelled, JobCancelRequested, JobCompleted, JobEvent, JobFailed, JobProgressed, JobRequested
from libs.contracts.live import RefreshResult, RefreshSpec
from libs.contracts.model_monitoring import MonitorSpec, SnapshotResult
from libs.contracts.recipe_predictions import PredictRecipeResult, PredictRecipeSpec
from libs.contracts.recipe_runs import RecipeRunResult, RecipeRunSpec
from libs.contracts.synthetic_rows import GenerateResult, GenerateSpec
from libs.contracts.text_checks import CheckTextsResult, CheckTextsSpec
from libs.contracts.text_exports import ExportResult, ExportSpec
from libs.contracts.text_scoring import ScoreTextsResult, ScoreTextsSpec
from libs.contracts.texts import TextResult, TextSpec
from libs.contracts.training import (
    TrainingCancelled,
    TrainingCancelRequested,
    TrainingCompleted,
    TrainingFailed,
    TrainingProgressed,
    TrainingRequested,
    TrainingResult,
    TrainingSpec,
)
from libs.contracts.tuning import TuneResult, TuneSpec

S = TypeVar("S", bound=Message)
# By what pydantic calls it: a field, one of several kinds, a word.
NOT_KNOWN_HERE: Final = frozenset({"extra_forbidden", "union_tag_invalid", "literal_error"})
Requested: TypeAlias = TrainingRequested | JobRequested
Progressed: TypeAlias = TrainingProgressed | JobProgressed
Completed: TypeAlias = TrainingCompleted | JobCompleted
Failed: TypeAlias = TrainingFailed | JobFailed
Cancelled: TypeAlias = TrainingCancelled | JobCancelled
CancelRequested: TypeAlias = TrainingCancelRequested | JobCancelRequested


class JobKind(StrEnum):
    """What a job does."""

    TRAIN = "train"
    BACKTEST = "backtest"
    VALIDATE = "validate"
    REFRESH = "refresh"
    TUNE = "tune"
    AGENT = "agent"
    AGENT_RUN = "agent_run"
    IMPORTANCE = "importance"
    PREDICT_BATCH = "predict_batch"
    TRAIN_TEXT = "train_text"
    EXPORT = "export"
    SCORE_TEXTS = "score_texts"
    CHECK_TEXTS = "check_texts"
    RUN_RECIPE = "run_recipe"
    MONITOR_MODEL = "monitor_model"
    GENERATE_ROWS = "generate_rows"
    PREDICT_RECIPE = "predict_recipe"

    @property
    def noun(self) -> str:
        """Return what such a job is called in a sentence."""
        return KINDS[self].noun


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvents:
    """The life of a job as events. Each is made of all that there is to say; it ignores the fields that it does not have."""

    requested: type[Requested]
    progressed: type[Progressed]
    completed: type[Completed]
    failed: type[Failed]
    cancelled: type[Cancelled]
    cancel_requested: type[CancelRequested]


JOB_EVENTS: Final = JobEvents(
    requested=JobRequested,
    progressed=JobProgressed,
    completed=JobCompleted,
    failed=JobFailed,
    cancelled=JobCancelled,
    cancel_requested=JobCancelRequested,
)
# The one exception to "every kind is told of on `job.*`": `training.*` were there first, and their readers must not notice
# (decision 0016). Everything else about trainings is a row.
TRAINING_EVENTS: Final = JobEvents(
    requested=TrainingRequested,
    progressed=TrainingProgressed,
    completed=TrainingCompleted,
    failed=TrainingFailed,
    cancelled=TrainingCancelled,
    cancel_requested=TrainingCancelRequested,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobForm:
    """A kind's row: what it is asked and answers, what it is called in a sentence, how many processes a spec takes, its events.

    `words` are the places of a spec that have a person's words, as dotted paths, and what stands there once its account was erased.
    `is_training` tells that it makes a version of a model by training: webhooks tell of it as of a training, too.
    """

    spec: type[Message]
    result: type[Message]
    noun: str
    processes: Callable[[Any], int] = lambda _: 1
    events: JobEvents = JOB_EVENTS
    words: Mapping[str, Any] = field(default_factory=dict)
    is_training: bool = False


def _workers(spec: TrainingSpec | TextSpec) -> int:
    return spec.workers


KINDS: Final[Mapping[JobKind, JobForm]] = {
    JobKind.TRAIN: JobForm(spec=TrainingSpec, result=TrainingResult, noun="training", processes=_workers, events=TRAINING_EVENTS),
    JobKind.BACKTEST: JobForm(spec=BacktestSpec, result=BacktestResult, noun="backtest"),
    JobKind.VALIDATE: JobForm(spec=ValidateSpec, result=ValidateResult, noun="dataset check", words={"name": job_words.ERASED}),
    JobKind.REFRESH: JobForm(spec=RefreshSpec, result=RefreshResult, noun="refresh"),
    JobKind.TUNE: JobForm(spec=TuneSpec, result=TuneResult, noun="hyperparameter search"),
    JobKind.AGENT: JobForm(spec=AgentSpec, result=AgentResult, noun="agent training"),
    JobKind.AGENT_RUN: JobForm(spec=AgentRunSpec, result=AgentRunResult, noun="agent run"),
    JobKind.IMPORTANCE: JobForm(spec=ImportanceSpec, result=ImportanceResult, noun="feature importance"),
    JobKind.PREDICT_BATCH: JobForm(spec=PredictBatchSpec, result=PredictBatchResult, noun="batch of predictions"),
    JobKind.TRAIN_TEXT: JobForm(
        spec=TextSpec,
        result=TextResult,
        noun="training on texts",
        processes=_workers,
        words=job_words.IN_TRAININGS,
        is_training=True,
    ),
    JobKind.EXPORT: JobForm(spec=ExportSpec, result=ExportResult, noun="export", words=job_words.IN_EXPORTS),
    JobKind.SCORE_TEXTS: JobForm(spec=ScoreTextsSpec, result=ScoreTextsResult, noun="scoring of texts", words=job_words.IN_SCORINGS),
    JobKind.CHECK_TEXTS: JobForm(spec=CheckTextsSpec, result=CheckTextsResult, noun="check of texts", words=job_words.IN_CHECKS),
    JobKind.RUN_RECIPE: JobForm(spec=RecipeRunSpec, result=RecipeRunResult, noun="recipe run", words=job_words.IN_RECIPE_RUNS),
    JobKind.MONITOR_MODEL: JobForm(spec=MonitorSpec, result=SnapshotResult, noun="snapshot of a model", words=job_words.IN_SNAPSHOTS),
    JobKind.GENERATE_ROWS: JobForm(spec=GenerateSpec, result=GenerateResult, noun="generation of rows", words=job_words.IN_GENERATIONS),
    JobKind.PREDICT_RECIPE: JobForm(
        spec=PredictRecipeSpec,
        result=PredictRecipeResult,
        noun="prediction by a recipe's model",
        words=job_words.IN_RECIPE_PREDICTIONS,
    ),
}


def without_words(spec: S) -> S:
    """Return a job's spec, or a model's that is a part of one, without what its owner has called things."""
    words = next((form.words for form in KINDS.values() if issubclass(form.spec, type(spec))), {})
    return type(spec).model_validate(left_of(spec.model_dump(mode="json"), words=words)) if words else spec


def left_of(spec: JsonObject, *, words: Mapping[str, Any]) -> JsonObject:
    """Return a spec as JSON with what is left in the places of `words`."""
    for path, left in words.items():
        *outer, name = path.split(".")
        inner = spec
        for each in outer:
            inner = inner.get(each) or {}
        if name in inner:
            inner[name] = left
    return spec


def is_of_later_release(error: ValidationError) -> bool:
    """Tell whether a spec could not be read because it asks for something that this release does not know.

    To do the rest of it would be another job than was asked for: so whoever works on jobs leaves it to a process of that release.
    """
    return any(each["type"] in NOT_KNOWN_HERE for each in error.errors())


def is_for_later_release(kind: JobKind, spec: JsonObject) -> bool:
    """Tell the same of a job's spec; whatever else is wrong with it comes to light when it is worked on."""
    try:
        KINDS[kind].spec.model_validate_json(json.dumps(spec))
    except ValidationError as error:
        return is_of_later_release(error)
    return False


def shown_spec(model: type[S], spec: Any) -> S:
    """Return a job's spec to be shown, without what only a later release knows. Raise ValidationError for one that is of no use without."""
    return model.model_validate(spec, extra="ignore")


def kind_word(event: Event) -> str:
    """Return the word for the kind of the job that an event tells of; it may be one that only a later release knows."""
    return event.kind if isinstance(event, JobEvent) else JobKind.TRAIN.value


def kind_of(event: Event) -> JobKind | None:
    """Return the kind of the job that an event tells of; None for one that this release does not know."""
    told_of = JOB_EVENTS if isinstance(event, JobEvent) else TRAINING_EVENTS
    return next((kind for kind, form in KINDS.items() if kind.value == kind_word(event) and form.events is told_of), None)


def spec_as(event: JobCompleted | JobFailed, model: type[S]) -> S | None:
    """Return the spec of a job whose kind takes this model, as the event of its end has it; None for a job of another kind.

    A replica of a later release may have done the job: what only that release knows of the spec is left out.
    """
    kind = kind_of(event)
    return shown_spec(model, event.spec) if kind is not None and KINDS[kind].spec is model else None
