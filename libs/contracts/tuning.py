"""What the job kind `tune` is asked and what it answers: a search of hyperparameters, trial after trial."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Literal, get_args

from pydantic import ConfigDict, Field, model_validator

from libs.contracts.envelope import JsonObject, Message, Moment
from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.own_candles import OwnCandles
from libs.contracts.training import Artifact, TrainingSpec

TRIALS_MOST: Final = 1000
PARALLEL_MOST: Final = 16
PARAMETERS_MOST: Final = 32
VALUES_MOST: Final = 1000
OBJECTIVES_MOST: Final = 3

Direction = Literal["minimize", "maximize"]
Sampler = Literal["tpe", "cmaes", "random", "grid", "gp"]
Pruner = Literal["none", "median", "hyperband", "wilcoxon"]
DIRECTIONS: Final[tuple[str, ...]] = get_args(Direction)
SAMPLERS: Final[tuple[str, ...]] = get_args(Sampler)
PRUNERS: Final[tuple[str, ...]] = get_args(Pruner)

BETTER: Final[Mapping[str, Direction]] = {
    "val_loss": "minimize",
    "val_accuracy": "maximize",
    "precision": "maximize",
    "recall": "maximize",
    "f1_score": "maximize",
    "roc_auc": "maximize",
    "mae": "minimize",
    "rmse": "minimize",
    "r2": "maximize",
    "sharpe": "maximize",
    "sortino": "maximize",
    "calmar": "maximize",
    "max_drawdown": "minimize",
    "total_return": "maximize",
    "turnover": "minimize",
    "sharpe_less_turnover": "maximize",
}
"""The metrics of a trial, and which way each is better. All are means over the validation's folds, out of sample and after costs.

`val_loss` is log loss, or mean squared error where values are learned; `val_accuracy` is that of the classes, or of the direction (up or
down). `max_drawdown` is a share above 0, `turnover` is traded value a year by equity, `sharpe_less_turnover` is the Sharpe ratio after what
so much trading costs once more.
"""
ALSO_CALLED: Final[Mapping[str, str]] = {
    "loss": "val_loss",
    "log_loss": "val_loss",
    "mse": "val_loss",
    "accuracy": "val_accuracy",
    "directional_accuracy": "val_accuracy",
    "val_mae": "mae",
    "val_rmse": "rmse",
    "sharpe_ratio": "sharpe",
    "sortino_ratio": "sortino",
    "calmar_ratio": "calmar",
}
OF_CLASSES: Final = frozenset({"precision", "recall", "f1_score", "roc_auc"})
"""Metrics that a classification alone has."""
FITTING: Final[Mapping[str, bool]] = {"log_loss": True, "mse": False, "directional_accuracy": False}
"""Of the other words, those that fit a classification alone (True), or whatever learns values alone."""
OF_VALUES: Final = frozenset({"mae", "rmse", "r2"})
"""Metrics that whatever learns values alone has."""


class TrialStatus(StrEnum):
    """Where a trial stands; a `pruned` one was ended early, as it would not have been the best."""

    RUNNING = "running"
    COMPLETED = "completed"
    PRUNED = "pruned"
    FAILED = "failed"


class SearchRange(Message):
    """What one hyperparameter may be: from `min` to `max`, both included, or one of `values`."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["int", "float", "categorical"]
    min: float | None = None
    max: float | None = None
    step: Annotated[float, Field(gt=0)] | None = Field(None, description="Between two values; null: 1 of whole numbers, any of others.")
    log: bool = Field(default=False, description="Whether small ones are as likely as large ones, by their size; not with `step`.")
    values: Annotated[tuple[HyperparameterValue, ...], Field(max_length=VALUES_MOST)] = ()

    @model_validator(mode="after")
    def _one_way(self) -> "SearchRange":
        if fault := self._fault():
            raise ValueError(fault)
        return self

    def _fault(self) -> str | None:
        if self.values:
            bounded = self.min is not None or self.max is not None or self.step is not None or self.log
            return "give values, or min and max with step or log, not both" if bounded else None
        if self.type == "categorical" or self.min is None or self.max is None:
            return "a categorical one needs values" if self.type == "categorical" else "give min and max, or values"
        return self._fault_of_bounds(self.min, self.max)

    def _fault_of_bounds(self, low: float, high: float) -> str | None:
        if low > high:
            return "min must not be above max"
        if self.log and low <= 0:
            return "log needs a min above 0"
        if self.log and self.step is not None and (self.type, self.step) != ("int", 1):
            return "log and step exclude each other"
        whole = all(float(each).is_integer() for each in (low, high, self.step or 1))
        return "min, max and step of an int are whole numbers" if self.type == "int" and not whole else None


class Objective(Message):
    """What is searched for: a metric of `BETTER`, and which way is better."""

    model_config = ConfigDict(extra="forbid")

    metric: str
    direction: Direction


class TrialStopping(Message):
    """When the search ends before its last trial: when so many in a row have not been better."""

    model_config = ConfigDict(extra="forbid")

    patience: Annotated[int, Field(ge=1, le=TRIALS_MOST)] = Field(description="Trials in a row without a better one.")
    min_delta: Annotated[float, Field(ge=0)] = Field(0.0, description="How much better is better.")


class TuneSpec(Message):
    """Everything that decides which trials a search makes. With one slot the same spec makes the same trials."""

    model_config = ConfigDict(extra="forbid")

    experiment_id: str = Field("", description="Whose trials they are; empty where nobody keeps them.")
    base: TrainingSpec = Field(
        description="The model that is tuned, with the hyperparameters that are not searched; its training_config says how it is validated."
    )
    space: Annotated[dict[str, SearchRange], Field(min_length=1, max_length=PARAMETERS_MOST)]
    objectives: Annotated[tuple[Objective, ...], Field(min_length=1, max_length=OBJECTIVES_MOST)] = Field(
        description="One, or several: then there is a front instead of a best trial."
    )
    max_trials: Annotated[int, Field(ge=1, le=TRIALS_MOST)] = Field(20, description="In all, those of `earlier` among them.")
    parallel_trials: Annotated[int, Field(ge=1, le=PARALLEL_MOST)] = Field(1, description="Trials at a time.")
    sampler: Sampler = "tpe"
    pruner: Pruner = "none"
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 42
    holdout: Annotated[float, Field(ge=0, le=0.5)] = Field(
        0.2, description="Newest share of the time that no trial sees; the best one is measured there once. 0: none."
    )
    early_stopping: TrialStopping | None = None
    earlier: Artifact | None = Field(None, description="Trials of the job that it goes on from, as a `TrialTable`.")
    earlier_trials: Annotated[int, Field(ge=0, le=TRIALS_MOST)] = Field(0, description="How many of them have ended.")
    own: tuple[OwnCandles, ...] = Field(
        (), description="What stands behind a symbol that is the account's own, as it was when the first of its jobs was started."
    )

    @model_validator(mode="after")
    def _distinct(self) -> "TuneSpec":
        names = [each.metric for each in self.objectives]
        if unknown := next((name for name in names if name not in BETTER), None):
            msg = f"there is no metric '{unknown}'"
            raise ValueError(msg)
        if len(set(names)) != len(names):
            msg = "objectives must not repeat"
            raise ValueError(msg)
        if len(names) > 1 and self.pruner != "none":
            msg = "a search of several objectives prunes nothing"
            raise ValueError(msg)
        return self

    def trained_with(self, hyperparameters: Mapping[str, HyperparameterValue]) -> TrainingSpec:
        """Return the training of a trial: the base with these of its hyperparameters, on the candles as they were at the start."""
        return self.base.model_copy(update={"hyperparameters": {**self.base.hyperparameters, **hyperparameters}, "own": self.own})


class TrialRow(Message):
    """One trial. A metric that cannot be computed is null."""

    trial_id: str
    number: int = Field(ge=0, description="The first is 0.")
    status: TrialStatus
    created_at: Moment
    completed_at: Moment | None = None
    hyperparameters: dict[str, HyperparameterValue] = Field(description="Those that were searched.")
    metrics: dict[str, float | None] = Field(default_factory=dict, description="By the names of `BETTER`, out of sample.")
    spread: dict[str, float] = Field(default_factory=dict, description="Standard deviation of the metrics over the folds.")
    reason: str | None = Field(None, description="Why it failed or was pruned.")


class TrialTable(Message):
    """What a file of trials has (gzipped JSON), in the order of their numbers."""

    trials: Annotated[tuple[TrialRow, ...], Field(max_length=TRIALS_MOST)] = ()


class TuneProgress(Message):
    """How far a search has come: the `partial` of its `job.progressed`, always the whole of it."""

    completed_trials: int = Field(description="That have ended, whichever way.")
    total_trials: int
    best_trial: TrialRow | None = None
    trials: Artifact | None = Field(None, description="All so far, as a `TrialTable`; an older one may be gone.")


class Robustness(Message):
    """Whether the neighbours of the best trial are as good: the optimum is a plateau, or a spike that may be luck."""

    score: float | None = Field(None, description="0 to 1: how much of the best trial's lead over the median its neighbours keep.")
    verdict: Literal["plateau", "spike", "inconclusive"] = "inconclusive"


class SeedsNoise(Message):
    """What the seed alone changes: the best trial's hyperparameters, trained again with other seeds."""

    metric: str
    seeds: int
    mean: float | None = None
    std: float | None = None


class TuneResult(Message):
    """All that a search answers. A value that cannot be computed is null, and `reasons` says why under its name."""

    best_trial: TrialRow | None = Field(description="Of several objectives: that of the front which is best by the first.")
    front: Annotated[tuple[TrialRow, ...], Field(max_length=100)] = Field(
        (), description="Pareto front, where there are several objectives."
    )
    trials: Artifact = Field(description="All of them, as a `TrialTable`.")
    completed_trials: int
    total_trials: int
    stopped_early: bool = False
    parameter_importance: dict[str, float] = Field(default_factory=dict, description="Sums to 1.")
    importance_method: str | None = Field(None, description="fanova or ped_anova.")
    holdout_metrics: dict[str, float | None] = Field(default_factory=dict, description="Of the best trial, where no trial has looked.")
    trials_counted: int = Field(0, description="Trials that the deflated Sharpe ratio pays for, those of earlier jobs among them.")
    deflated_sharpe: float | None = Field(None, description="Probability that the best Sharpe ratio is above what luck makes of so many.")
    pbo: float | None = Field(None, description="Probability of backtest overfitting over the trials (CSCV).")
    robustness: Robustness = Field(default_factory=Robustness)
    seeds_noise: SeedsNoise | None = None
    files: dict[str, Artifact] = Field(
        default_factory=dict,
        description="By name. As PNG: history, importance, slice, contour, parallel-coordinates, front; and all in `report.html`.",
    )
    reasons: dict[str, str] = Field(default_factory=dict)
    warnings: tuple[str, ...] = Field((), description="What a reader must know before believing it.")
    run_card: JsonObject = Field(default_factory=dict, description="seed, sampler, pruner, data_source, data_hash, synthetic, libraries.")
