"""What Model Builder answers about trainings on texts: that one was started, how it stands, what it measured and made."""

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, REASONS, Answer, JsonObject, Moment, Money, Numbers
from modelbourse.answers.builder.said import BuilderPage
from modelbourse.answers.texts import Precision

TextStatus = Literal["started", "running", "completed", "failed", "cancelled"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
ENDED: Final = frozenset({"completed", "failed", "cancelled"})
STANDS: Final = "Where it stands: `started` until a runner has taken it up; the last three are its ends."
EXPERIMENT: Final = "crypto-sentiment-v1"
OUTPUT: Final = "outputs/training_run_123"
METRICS: Final = "macro_f1, accuracy, mcc, precision, recall, log_loss, ece, brier"
MEASURED: Final[Numbers] = {"macro_f1": 0.6714, "accuracy": 0.675, "mcc": 0.507}


class TextEstimate(Answer):
    """How long a training will take, by past ones or by its size, and how sure that is."""

    seconds: float = Field(description="Expected, without the wait for a runner; shared by its `num_workers`.", examples=[74.2])
    low_seconds: float | None = Field(description="Lower end of the interval; null without one.", examples=[61.0])
    high_seconds: float | None = Field(description="Upper end of the interval; null without one.", examples=[90.3])
    level: float | None = Field(description="Share of such trainings that the interval holds; null without one.", examples=[0.8])
    runs: int = Field(description="How many past trainings of the same backbone and method it rests on.", examples=[7])
    basis: Literal["your past jobs", "all past jobs", "size only"] = Field(
        description="What it rests on. `size only`: rows, their length and epochs, by what such a step was measured to cost on one core."
    )
    queue_seconds: float | None = Field(description="How long it will wait for a runner; null where that is not known.", examples=[0.0])
    reasons: dict[str, str] = REASONS


class TextTrainingStarted(Answer):
    """The training was accepted, and its credits are set aside."""

    job_id: str = Field(description="The training's id.", examples=[JOB_ID])
    status: TextStatus = Field(description=STANDS, examples=["started"])
    estimated_duration: str = Field(description="What `estimate` expects, for people.", examples=["1m 14s"])
    mlflow_run_id: str = Field(description="What a registration takes as `run_id`: the training's id.", examples=[JOB_ID])
    created_at: Moment = Field(description="When it was accepted (UTC).", examples=[AT])
    experiment_name: str = Field(description="The experiment.", examples=[EXPERIMENT])
    version: str = Field(description="The version of the experiment that it makes.", examples=["1.0"])
    output_dir: str = Field(description="Where its files will lie in your data root.", examples=[OUTPUT])
    estimated_completion: Moment | None = Field(description="When it will have ended; null where it has.", examples=[AT])
    estimated_cost: Money = Field(description="What is set aside, and the most that it is charged.", examples=["0.31"])
    estimate: TextEstimate = Field(description="How long it will take.")
    resumed_from: str | None = Field(description="The checkpoint that it goes on from; null for one from the start.", examples=[None])


class TextTrainingProgress(Answer):
    """How far it is; null before that is known."""

    current_epoch: int | None = Field(description="The epoch under way.", examples=[2])
    total_epochs: int | None = Field(description="How many there will be at most; null for a baseline.", examples=[3])
    current_step: int = Field(description="Steps that are done.", examples=[150])
    total_steps: int = Field(description="How many there are; 0 before that is known.", examples=[225])
    percentage: float = Field(ge=0, le=100, description="current_step / total_steps, in percent.", examples=[66.7])


class TextTrainingMetrics(Answer):
    """The newest values of the loss and of the validation part; null before there are any, or without such a part."""

    train_loss: float | None = Field(description="Mean of the steps since the last value.", examples=[0.45])
    val_loss: float | None = Field(description="At the end of the last epoch.", examples=[0.52])
    val_accuracy: float | None = Field(description="At the end of the last epoch.", examples=[0.87])
    val_macro_f1: float | None = Field(description="At the end of the last epoch.", examples=[0.86])


class TextTrainingError(Answer):
    """Why a training failed."""

    code: Literal["TRAINING_ERROR"] = Field(description="The document's word for it.")
    type: str = Field(description="The more exact kind; `COMPUTE_LIMIT` has used up what it may use.", examples=["InvalidError"])
    message: str = Field(description="In words.", examples=["There is no backbone 'ProsusAI/finbert' here; there is all-minilm-l6-v2."])


class TextMeasured(Answer):
    """What a training measured, on rows that it has not learned from."""

    metrics: Numbers = Field(description=f"On the test part: {METRICS}.", examples=[MEASURED])
    validation_metrics: Numbers = Field(description="The same on the validation part; empty without one.", examples=[MEASURED])
    baselines: dict[str, Numbers] = Field(
        description="The same metrics of `majority`, `lexicon` and `tfidf-logreg`: what is worth nothing beats none of them.",
        examples=[{"majority": {"macro_f1": 0.1831, "accuracy": 0.38, "mcc": 0.0}}],
    )
    labels: Sequence[str] = Field(description="In the order of the model's outputs.", examples=[["negative", "neutral", "positive"]])
    per_class: Sequence[JsonObject] = Field(
        description="Of each label `label`, `precision`, `recall`, `f1`, `support`.",
        examples=[[{"label": "negative", "precision": 0.7, "recall": 0.68, "f1": 0.69, "support": 120}]],
    )
    confusion: JsonObject = Field(
        description="`labels`, and `counts` by a row's own label (a line) and the one answered (a column).",
        examples=[{"labels": ["negative", "positive"], "counts": [[82, 38], [31, 97]]}],
    )
    slices: Sequence[JsonObject] = Field(
        description="`by` (symbol, length), `value`, `rows`, `metrics` of parts of the test rows.",
        examples=[[{"by": "length", "value": "17-32", "rows": 96, "metrics": {"macro_f1": 0.66}}]],
    )
    seeds: Sequence[JsonObject] = Field(description="`seed`, `metrics` of each, where there were several.", examples=[[]])
    seed_mean: Numbers = Field(description="Means over the seeds; empty for one.", examples=[{}])
    seed_spread: Numbers = Field(description="Sample standard deviations over the seeds; empty for one.", examples=[{}])
    history: Sequence[JsonObject] = Field(
        description="Epoch by epoch: `epoch`, `step`, `train_loss`, `val_loss`, `val_accuracy`, `val_macro_f1`, `learning_rate`.",
        examples=[[{"epoch": 1, "step": 75, "train_loss": 0.81, "val_loss": 0.66}]],
    )
    best_epoch: int | None = Field(description="The one whose weights were kept; null for a baseline.", examples=[3])
    rows: dict[str, int] = Field(description="By part.", examples=[{"train": 1200, "validation": 150, "test": 150}])
    near_duplicates: int = Field(description="Rows that look like another one, kept on its side of the split.", examples=[34])
    method: str | None = Field(description="What learned; null for a baseline.", examples=["head"])
    notes: Sequence[str] = Field(
        description="What was done otherwise than asked, or chosen for want of a word.", examples=[["There is no GPU: the head learned."]]
    )
    served_precision: Precision = Field(
        description="In which it is served: `int8` where that answers alike, unless the operator asks for fp32.", examples=["int8"]
    )
    int8: JsonObject | None = Field(
        description="int8 beside what was trained, on the validation rows: `rows`, `max_probability_difference`, "
        "`mean_probability_difference`, `agreement`, `macro_f1`, `macro_f1_int8`; null where it was not compared.",
        examples=[{"rows": 150, "max_probability_difference": 0.04, "agreement": 1.0, "macro_f1": 0.67, "macro_f1_int8": 0.67}],
    )
    run_card: JsonObject = Field(description="Data, backbone, seed, libraries, durations, sizes.", examples=[{"seed": 42}])


class TextTrainingRow(Answer):
    """A training as lists show it."""

    job_id: str = Field(description="The training's id.", examples=[JOB_ID])
    status: TextStatus = Field(description=STANDS, examples=["completed"])
    experiment_name: str = Field(description="The experiment.", examples=[EXPERIMENT])
    version: str = Field(description="The version of the experiment that it makes.", examples=["1.0"])
    model_id: str = Field(description="The model whose version it makes.", examples=[MODEL_ID])
    backbone: str = Field(description="What it learns with.", examples=["all-minilm-l6-v2"])
    percentage: float = Field(description="How far it is.", examples=[100.0])
    macro_f1: float | None = Field(description="On the test part; null before that was measured.", examples=[0.6714])
    created_at: Moment = Field(description="When it was accepted (UTC).", examples=[AT])
    started_at: Moment | None = Field(description="When a runner took it up.", examples=[AT])
    completed_at: Moment | None = Field(description="When it ended.", examples=[AT])
    reasons: dict[str, str] = REASONS


class TextTrainingPage(BuilderPage[TextTrainingRow]):
    """A part of the trainings, the newest first."""


class TextTraining(Answer):
    """A training on texts as it stands."""

    job_id: str = Field(description="The training's id.", examples=[JOB_ID])
    status: TextStatus = Field(description=STANDS, examples=["running"])
    progress: TextTrainingProgress = Field(description="How far it is.")
    metrics: TextTrainingMetrics = Field(description="How it goes.")
    estimated_completion: Moment | None = Field(description="When it will have ended; null where it has.", examples=[AT])
    stage: str = Field(description="What it is doing, in words.", examples=["training"])
    experiment_name: str = Field(description="The experiment.", examples=[EXPERIMENT])
    version: str = Field(description="The version of the experiment that it makes.", examples=["1.0"])
    model_id: str = Field(description="The model whose version it makes.", examples=[MODEL_ID])
    mlflow_run_id: str = Field(description="What a registration takes as `run_id`: the training's id.", examples=[JOB_ID])
    data_path: str = Field(description="What it learns from.", examples=["data/news_dataset.json"])
    output_dir: str = Field(description="Where its files lie in your data root.", examples=[OUTPUT])
    model_path: str | None = Field(description="The folder of the trained model; null until there is one.", examples=[f"{OUTPUT}/model"])
    config: JsonObject = Field(description="How it is done, all settings.", examples=[{"training": {"backbone": "all-minilm-l6-v2"}}])
    created_at: Moment = Field(description="When it was accepted (UTC).", examples=[AT])
    started_at: Moment | None = Field(description="When a runner took it up.", examples=[AT])
    completed_at: Moment | None = Field(description="When it ended.", examples=[None])
    attempt: int = Field(description="Which run of it this is: more than 1 after a runner died; 0 before the first.", examples=[1])
    error: TextTrainingError | None = Field(description="Null unless it has failed.", examples=[None])
    result: TextMeasured | None = Field(description="Null until it has ended well.", examples=[None])
    files: Sequence[str] = Field(description="What it has made, by path in your data root.", examples=[[f"{OUTPUT}/report.html"]])
    cancel_reason: str | None = Field(description="What an operator said who has ended it.", examples=[None])
    resumed_from: str | None = Field(description="The checkpoint that it went on from.", examples=[None])
    resumable_from: str | None = Field(
        description="The folder that another training can go on from (`resume_from`); null while it is under way, and without one.",
        examples=[None],
    )
    compute_hours: float | None = Field(description="CPU hours that it has used.", examples=[0.0206])
    cost: Money | None = Field(description="What it was charged; null until it has ended.", examples=[None])
    reasons: dict[str, str] = REASONS

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ENDED


class TextLogLine(Answer):
    """A line of a training's log."""

    timestamp: Moment = Field(description="When it was written (UTC).", examples=[AT])
    level: LogLevel = Field(description="How grave it is.", examples=["INFO"])
    message: str = Field(description="What it says.", examples=["Epoch 1/3 started"])


class TextTrainingLogs(Answer):
    """A part of a training's log, the oldest line first."""

    job_id: str = Field(description="The training's id.", examples=[JOB_ID])
    items: Sequence[TextLogLine] = Field(description="The lines of this part.")
    total: int = Field(description="How many lines there are of this level and above; its newest 500 of all levels are kept.", examples=[1])
    limit: int = Field(description="How many were asked for.", examples=[100])
    offset: int = Field(description="How many were passed over.", examples=[0])


class TextTrainingCancelled(Answer):
    """A training was ended."""

    job_id: str = Field(description="The training's id.", examples=[JOB_ID])
    status: TextStatus = Field(description=STANDS, examples=["cancelled"])
    compute_hours: float | None = Field(description="CPU hours that it had used, which are charged.", examples=[0.0021])
    cost: Money | None = Field(description="What it was charged.", examples=["0.01"])
    refund: Money | None = Field(description="What came back of what was set aside.", examples=["0.30"])
    resumable_from: str | None = Field(description="The folder that another training can go on from; null without one.", examples=[None])
    reasons: dict[str, str] = REASONS
