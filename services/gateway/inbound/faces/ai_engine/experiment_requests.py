"""What AI Engine is asked about experiments and tunings: bodies, and what they mean."""

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, StrictInt, StrictStr, WithJsonSchema, field_validator, model_validator

from libs.chassis.errors import InvalidError
from libs.contracts.tuning import BETTER, OBJECTIVES_MOST, PARALLEL_MOST, PRUNERS, SAMPLERS, TRIALS_MOST, Pruner, Sampler, TrialStopping
from modelbourse.answers.engine import experiments as answers
from services.gateway.domain.models.check_features import FEATURES_MOST
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.ai_engine.words import TYPE_NAMES
from services.gateway.inbound.http.queries import as_word
from services.gateway.inbound.http.strict_body import Number, StrictBody
from services.gateway.usecases.experiments.make_experiment import ExperimentDraft
from services.gateway.usecases.experiments.plan_search import SearchWish

WHAT: Final = "The search cannot be made like this"
DATASET: Final = "packaged_AAPL_1d"
SEARCH: Final[dict[str, Any]] = {
    "dataset_id": DATASET,
    "hyperparameter_space": answers.SPACE,
    "optimization_metric": "val_loss",
    "optimization_direction": "minimize",
    "max_trials": 20,
    "parallel_trials": 4,
}
EXAMPLE: Final[dict[str, Any]] = SEARCH | {
    "name": answers.NAME,
    "description": answers.ABOUT,
    "model_type": "temporal_fusion_transformer",
    "features": ["price_open", "price_high", "price_low", "price_close", "volume"],
    "target": "price_close_next_day",
}
METRICS: Final = ", ".join(f"`{name}`" for name in BETTER)
TypeIn = Annotated[StrictStr, WithJsonSchema({"type": "string", "enum": list(TYPE_NAMES)})]


class ObjectiveIn(StrictBody):
    """One of several things that are searched for."""

    metric: StrictStr = Field(description=f"One of {METRICS}.", examples=["sharpe"])
    direction: StrictStr | None = Field(None, description="`minimize` or `maximize`; null: the way that the metric is better.")


class StoppingIn(StrictBody):
    """When the search ends before its last trial."""

    patience: StrictInt = Field(ge=1, le=TRIALS_MOST, description="Trials in a row without a better one.", examples=[5])
    min_delta: Annotated[float, Number] = Field(0.0, ge=0, description="How much better is better.", examples=[0.001])


class SearchIn(StrictBody):
    """How hyperparameters are searched."""

    dataset_id: StrictStr = Field(max_length=100, description="What is learned from, see `GET /v1/ai/datasets`.", examples=[DATASET])
    hyperparameter_space: dict[str, dict[str, Any]] = Field(
        description="What each hyperparameter may be: `type` (`int`, `float`, `categorical`) with `min`, `max` and `step` or `log`, or "
        "with `values`; within what the learner takes.",
        examples=[answers.SPACE],
    )
    optimization_metric: StrictStr | None = Field(None, description=f"What is searched for: {METRICS}. Null: `val_loss`.")
    optimization_direction: StrictStr | None = Field(None, description="`minimize` or `maximize`; null: the way that the metric is better.")
    objectives: list[ObjectiveIn] | None = Field(
        None, min_length=1, max_length=OBJECTIVES_MOST, description="Several metrics instead of one: there is a front then."
    )
    max_trials: StrictInt = Field(20, ge=1, le=TRIALS_MOST, description="Trials in all; how many there may be depends on the tier.")
    parallel_trials: StrictInt = Field(1, ge=1, le=PARALLEL_MOST, description="Trials at a time; 1 makes the same trials again.")
    sampler: StrictStr = Field("tpe", description=f"What chooses the next trial: {', '.join(SAMPLERS)}.")
    pruner: StrictStr = Field("none", description=f"What ends hopeless trials early: {', '.join(PRUNERS)}.")
    seed: StrictInt = Field(42, ge=0, lt=2**31, description="Seed of everything random: the same one makes the same trials.")
    validation: dict[str, Any] | None = Field(
        None, description="How each trial is validated: `method` (`holdout`, `purged_kfold`, `walk_forward`, `cpcv`), `folds`, `embargo` …"
    )
    holdout: Annotated[float, Number] = Field(0.2, ge=0, le=0.5, description="Newest share of the time that no trial sees; 0 for none.")
    early_stopping: StoppingIn | None = Field(None, description="When it ends before its last trial; null: never.")

    @model_validator(mode="after")
    def _one_way(self) -> "SearchIn":
        if self.objectives is not None and (self.optimization_metric or self.optimization_direction):
            msg = "Give optimization_metric or objectives, not both"
            raise ValueError(msg)
        return self


class TuningIn(SearchIn):
    """How a model's hyperparameters are searched."""

    model_config = ConfigDict(json_schema_extra={"examples": [SEARCH | {"early_stopping": {"patience": 5, "min_delta": 0.001}}]})


class ExperimentIn(SearchIn):
    """A new experiment."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: StrictStr = Field(min_length=1, max_length=200, description="What it is called, for people.")
    description: StrictStr = Field("", max_length=5000, description="What it is for, for people; lines may break.")
    model_type: TypeIn = Field(description="What learns.")
    features: list[StrictStr] = Field(min_length=1, max_length=FEATURES_MOST, description="What it looks at, as a model's `features`.")
    target: StrictStr = Field(min_length=1, max_length=100, description="What it predicts, as a model's `target`.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Hyperparameters that are not searched.")

    @field_validator("name")
    @classmethod
    def _can_be_read(cls, name: str) -> str:
        return readable(name)

    @field_validator("description")
    @classmethod
    def _can_be_seen(cls, description: str) -> str:
        return readable(description, needed=False, lines=True)


class ResumeIn(StrictBody):
    """How far an experiment goes on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"max_trials": 40}]})

    max_trials: StrictInt | None = Field(
        None,
        ge=1,
        le=TRIALS_MOST,
        description="Trials in all, those that have ended included; null: no more, the best one of a search that was stopped is measured.",
    )


class ModelOfTrialIn(StrictBody):
    """Which model is made of an experiment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "TFT, tuned"}]})

    name: StrictStr | None = Field(None, min_length=1, max_length=200, description="What it is called; null: as the experiment.")
    trial_id: StrictStr | None = Field(None, max_length=100, description="Which trial it is made of; null: the best one.")

    @field_validator("name")
    @classmethod
    def _can_be_read(cls, name: str | None) -> str | None:
        return None if name is None else readable(name)


def readable(text: str, *, needed: bool = True, lines: bool = False) -> str:
    """Return a text that people can read. Raise ValueError."""
    if problem := text_problem(text, needed=needed, lines=lines):
        raise ValueError(problem)
    return text.strip()


def wish_of(body: SearchIn) -> SearchWish:
    """Return what is to be searched. Raise InvalidError with the known samplers and pruners."""
    sampler: Sampler = _word(body.sampler, "sampler", SAMPLERS)
    pruner: Pruner = _word(body.pruner, "pruner", PRUNERS)
    one = [("optimization", body.optimization_metric or "val_loss", body.optimization_direction)]
    several = [(f"objectives.{place}", each.metric, each.direction) for place, each in enumerate(body.objectives or ())]
    stopping = body.early_stopping
    return SearchWish(
        dataset_id=body.dataset_id,
        space=body.hyperparameter_space,
        objectives=several or one,
        max_trials=body.max_trials,
        parallel_trials=body.parallel_trials,
        sampler=sampler,
        pruner=pruner,
        seed=body.seed,
        holdout=body.holdout,
        validation=body.validation,
        early_stopping=TrialStopping(patience=stopping.patience, min_delta=stopping.min_delta) if stopping else None,
    )


def draft_of(body: ExperimentIn) -> ExperimentDraft:
    """Return the experiment that is asked for. Raise InvalidError."""
    return ExperimentDraft(
        name=body.name,
        description=body.description,
        model_type=body.model_type,
        features=body.features,
        target=body.target,
        parameters=body.parameters,
        wish=wish_of(body),
    )


def _word(text: str, name: str, known: tuple[str, ...]) -> Any:
    return as_word(text, name, known=known, refusal=f"{WHAT}: see {name}.")


MISSPELT: Final = InvalidError(
    f"{WHAT}: see hyperparameter_space.hiden_size.",
    details={"hyperparameter_space.hiden_size": ["lstm has no hyperparameter 'hiden_size'. Did you mean 'hidden_size'?"]},
)
