"""What AI Engine answers about experiments, their trials, and the tunings of models."""

from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, REASONS, Answer, JsonObject, Moment
from modelbourse.answers.datasets import DATASET_ID
from modelbourse.answers.engine.models import FEATURES, TARGET, TypeName

Status = Literal["created", "running", "stopping", "stopped", "completed", "failed"]
TuningStatus = Literal["queued", "running", "stopping", "stopped", "completed", "failed"]
TrialState = Literal["running", "completed", "pruned", "failed"]
EXPERIMENT_ID: Final = "exp_01kab8m9x2f1rr0s5q9y2w6n4v"
TRIAL_ID: Final = "trial_01kab8ma1jfm0rrc5q9y2w6n4w"
NAME: Final = "TFT-Hyperparameter-Tuning"
ABOUT: Final = "Hyperparameter tuning for Temporal Fusion Transformer"
SPACE: Final[dict[str, JsonObject]] = {
    "hidden_size": {"type": "int", "min": 32, "max": 256, "step": 32},
    "learning_rate": {"type": "float", "min": 0.0001, "max": 0.01, "log": True},
}
CHOSEN: Final[JsonObject] = {"hidden_size": 128, "learning_rate": 0.001}
MEASURED: Final[dict[str, float | None]] = {"val_loss": 0.05, "val_accuracy": 0.92}


class TrialFound(Answer):
    """A trial that was found: what was tried, and how it did out of sample."""

    trial_id: str = Field(description="The trial's id.", examples=[TRIAL_ID])
    hyperparameters: JsonObject = Field(description="What was tried, by the names of the space.", examples=[CHOSEN])
    metrics: dict[str, float | None] = Field(description="Means over the validation's folds, out of sample.", examples=[MEASURED])


class Trial(TrialFound):
    """One trial."""

    experiment_id: str = Field(description="Whose trial it is.", examples=[EXPERIMENT_ID])
    number: int = Field(description="In which order they were begun, from 0.", examples=[0])
    status: TrialState = Field(description="`pruned`: ended early, as it would not have been the best.", examples=["completed"])
    created_at: Moment = Field(description="When it was begun.", examples=[AT])
    completed_at: Moment | None = Field(description="When it ended; null while it runs.", examples=[AT])
    spread: dict[str, float] = Field(description="Standard deviation of the metrics over the folds.", examples=[{"val_loss": 0.004}])
    reason: str | None = Field(description="Why it failed or was pruned; null for others.", examples=[None])


class Trials(Answer):
    """A part of an experiment's trials."""

    trials: list[Trial] = Field(description="So many of them, at most `limit`.")
    total: int = Field(description="How many there are in all, with these filters.", examples=[1])
    limit: int = Field(description="How many were asked for at most.", examples=[100])
    offset: int = Field(description="How many were passed over.", examples=[0])


class Progress(Answer):
    """How far a search has come."""

    completed_trials: int = Field(description="Trials that have ended, whichever way.", examples=[5])
    total_trials: int = Field(description="Trials that there may be.", examples=[20])
    best_trial: TrialFound | None = Field(description="The best so far; null before there is one.")


class Goal(Answer):
    """What is searched for."""

    metric: str = Field(description="A metric of the trials.", examples=["val_loss"])
    direction: Literal["minimize", "maximize"] = Field(description="Which way is better.", examples=["minimize"])


class Robustness(Answer):
    """Whether the optimum is a plateau or a spike."""

    score: float | None = Field(
        description="How much of the best trial's lead its neighbours keep, 0 to 1; null: see reasons.", examples=[0.8]
    )
    verdict: Literal["plateau", "spike", "inconclusive"] = Field(description="What that means.", examples=["plateau"])


class SeedsNoise(Answer):
    """What the seed alone changes of the best trial."""

    metric: str = Field(description="Which metric.", examples=["val_loss"])
    seeds: int = Field(description="How many seeds.", examples=[5])
    mean: float | None = Field(description="Its mean over them.", examples=[0.051])
    std: float | None = Field(description="Its standard deviation over them.", examples=[0.003])


class Evidence(Answer):
    """What a search has shown beside its best trial, and how far that is to be believed; null before it has ended well, see `reasons`."""

    parameter_importance: dict[str, float] | None = Field(description="Shares of 1, by hyperparameter.", examples=[{"learning_rate": 1.0}])
    importance_method: str | None = Field(description="How that was computed.", examples=["ped_anova"])
    holdout_metrics: dict[str, float | None] | None = Field(
        description="Of the best trial, in the newest part of the time, which no trial has seen.", examples=[MEASURED]
    )
    trials_counted: int | None = Field(description="Trials that the deflated Sharpe ratio pays for.", examples=[20])
    deflated_sharpe: float | None = Field(
        description="Probability that the best Sharpe ratio is more than luck among so many trials.", examples=[0.61]
    )
    pbo: float | None = Field(description="Probability of backtest overfitting over the trials.", examples=[0.34])
    robustness: Robustness | None = Field(description="Whether its neighbours are as good.")
    seeds_noise: SeedsNoise | None = Field(description="What the seed alone changes.")
    front: list[TrialFound] = Field(description="Of several objectives: the trials that no other beats in all of them.")
    stopped_early: bool | None = Field(description="Whether it ended before its last trial, as nothing got better.", examples=[False])
    plots: list[str] = Field(description="Pictures and `report.html`, see `…/plots/{plot}`.", examples=[["history.png", "report.html"]])
    warnings: list[str] = Field(description="What a reader must know before believing it.", examples=[[]])
    reasons: dict[str, str] = REASONS


class ExperimentRow(Answer):
    """An experiment in short."""

    id: str = Field(description="The experiment's id.", examples=[EXPERIMENT_ID])
    name: str = Field(description="What it is called.", examples=[NAME])
    status: Status = Field(description="Where it stands.", examples=["created"])
    created_at: Moment = Field(description="When it was made.", examples=[AT])
    updated_at: Moment = Field(description="When it last changed.", examples=[AT])


class Experiments(Answer):
    """A part of the experiments, the oldest first."""

    experiments: list[ExperimentRow] = Field(description="So many of them, at most `limit`.")
    total: int = Field(description="How many there are in all, with these filters.", examples=[1])
    limit: int = Field(description="How many were asked for at most.", examples=[100])
    offset: int = Field(description="How many were passed over.", examples=[0])


class Experiment(ExperimentRow, Evidence):
    """All there is to say of an experiment; its trials have a list of their own."""

    description: str = Field(description="What it is for.", examples=[ABOUT])
    model_type: TypeName = Field(description="What learns.", examples=["temporal_fusion_transformer"])
    dataset_id: str = Field(description="What it learns from.", examples=[DATASET_ID])
    features: list[str] = Field(description="What it looks at.", examples=[FEATURES])
    target: str = Field(description="What it predicts.", examples=[TARGET])
    parameters: JsonObject = Field(description="Hyperparameters that are not searched; all others have their defaults.", examples=[{}])
    hyperparameter_space: dict[str, JsonObject] = Field(description="What each may be, as it was asked for.", examples=[SPACE])
    optimization_metric: str | None = Field(
        description="What is searched for; null where there are several objectives.", examples=["val_loss"]
    )
    optimization_direction: Literal["minimize", "maximize"] | None = Field(
        description="Which way is better; null where there are several objectives.", examples=["minimize"]
    )
    objectives: list[Goal] = Field(description="All that is searched for.")
    max_trials: int = Field(description="Trials in all.", examples=[20])
    parallel_trials: int = Field(description="Trials at a time.", examples=[4])
    sampler: str = Field(description="What chooses the next trial.", examples=["tpe"])
    pruner: str = Field(description="What ends hopeless ones early.", examples=["none"])
    seed: int = Field(description="Seed of everything random.", examples=[42])
    holdout: float = Field(description="Newest share of the time that no trial sees.", examples=[0.2])
    validation: JsonObject | None = Field(description="How each trial is validated; null: as trainings are.", examples=[None])
    symbols: list[str] = Field(description="Whose candles it learns from.", examples=[["AAPL"]])
    timeframe: str = Field(description="How long a candle is.", examples=["1d"])
    job_id: str | None = Field(description="The job that searches, or searched last; null before it is started.", examples=[JOB_ID])
    started_at: Moment | None = Field(description="When it was first started; null before.", examples=[AT])
    completed_at: Moment | None = Field(description="When it last ended; null before.", examples=[None])
    error: str | None = Field(description="Why it failed; null where it has not.", examples=[None])
    progress: Progress = Field(description="How far it has come.")


class ExperimentStarted(Answer):
    """An experiment that has begun."""

    id: str = Field(description="The experiment's id.", examples=[EXPERIMENT_ID])
    status: Status = Field(description="Where it stands.", examples=["running"])
    started_at: Moment | None = Field(description="When it was first started.", examples=[AT])
    updated_at: Moment = Field(description="When it last changed.", examples=[AT])
    job_id: str | None = Field(description="The job that searches.", examples=[JOB_ID])


class ExperimentStopping(Answer):
    """An experiment that ends."""

    id: str = Field(description="The experiment's id.", examples=[EXPERIMENT_ID])
    status: Status = Field(description="Where it stands: `stopped` when its trials have ended.", examples=["stopping"])
    updated_at: Moment = Field(description="When it last changed.", examples=[AT])


class ExperimentDeleted(Answer):
    """An experiment that is gone."""

    success: bool = Field(description="Always true.", examples=[True])
    message: str = Field(description="What was done.", examples=["Experiment deleted successfully"])


class ModelMade(Answer):
    """A model that was made of a trial; it is trained like any other."""

    id: str = Field(description="The model's id.", examples=[MODEL_ID])
    name: str = Field(description="What it is called.", examples=[NAME])
    type: TypeName = Field(description="What learns.", examples=["temporal_fusion_transformer"])
    status: Literal["created"] = Field(description="It has not been trained yet.", examples=["created"])
    created_at: Moment = Field(description="When it was made.", examples=[AT])
    experiment_id: str = Field(description="Which experiment found it.", examples=[EXPERIMENT_ID])
    trial_id: str = Field(description="Which trial it is made of.", examples=[TRIAL_ID])
    parameters: JsonObject = Field(description="Its hyperparameters, the searched ones and the others.", examples=[CHOSEN])


class TuningQueued(Answer):
    """A tuning that was accepted."""

    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    model_id: str = Field(description="The model that is tuned.", examples=[MODEL_ID])
    status: TuningStatus = Field(description="Where it stands.", examples=["queued"])
    created_at: Moment = Field(description="When it was asked for.", examples=[AT])


class Tuning(TuningQueued):
    """A tuning as it stands."""

    started_at: Moment | None = Field(description="When a runner took it up; null before.", examples=[AT])
    completed_at: Moment | None = Field(description="When it ended; null before.", examples=[None])
    error: str | None = Field(description="Why it failed; null where it has not.", examples=[None])
    progress: Progress = Field(description="How far it has come.")


class TuningFound(Evidence):
    """What a tuning has found."""

    best_trial: TrialFound | None = Field(description="The best trial; null where none has completed.")
    all_trials: list[TrialFound] = Field(description="All completed trials, in the order they were begun.")


class TuningResults(TuningQueued):
    """A tuning that has ended well, with what it has found."""

    started_at: Moment | None = Field(description="When a runner took it up.", examples=[AT])
    completed_at: Moment | None = Field(description="When it ended.", examples=[AT])
    results: TuningFound = Field(description="What it has found.")
