"""What the gateway answers about trainings of networks and their deployment. What is said to be of a status is left out of others."""

from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, Answer, Moment
from modelbourse.answers.trading_ai.tasks import NETWORK_ID, TRAINING_ID, Reasons

ModelTypeName = Literal["lstm", "gru", "transformer", "ensemble"]
TrainingStatus = Literal["PENDING", "TRAINING", "COMPLETED", "FAILED", "DEPLOYED"]
BEFORE: Final = "lstm_BTCUSDT_15m_20260108"


class NetworkParameters(Answer):
    """What the network is trained with, defaults included."""

    epochs: int | None = Field(description="Passes over the training rows at most.", examples=[100])
    batch_size: int | None = Field(description="Windows that make one step.", examples=[64])
    learning_rate: float | None = Field(description="Step size of the optimiser.", examples=[0.001])
    hidden_units: int | None = Field(description="Units of each layer.", examples=[32])
    dropout_rate: float | None = Field(description="Share of units left out while training.", examples=[0.1])
    sequence_length: int | None = Field(description="Candles that a prediction looks at.", examples=[20])


class NetworkMetrics(Answer):
    """How right it is, out of sample unless it says otherwise. The classes are buy, hold and sell, by which barrier is touched first."""

    accuracy: float | None = Field(description="Share of test rows that were right.", examples=[0.52])
    precision: float | None = Field(description="Macro average over the classes.", examples=[0.5])
    recall: float | None = Field(description="Macro average over the classes.", examples=[0.48])
    f1_score: float | None = Field(description="Macro average over the classes.", examples=[0.49])
    final_loss: float | None = Field(description="Log loss on the training rows, at its end.", examples=[0.98])
    best_epoch: int | None = Field(
        description="The epoch that was kept: the one with the lowest loss on `validation_samples`.", examples=[87]
    )
    best_validation_accuracy: float | None = Field(
        description="Accuracy on the purged folds of the training time, their mean.", examples=[0.5]
    )
    training_samples: int | None = Field(description="Rows that were learned from.", examples=[5601])
    validation_samples: int | None = Field(description="Rows of the training time's end that were set aside to stop by.", examples=[988])
    test_samples: int | None = Field(description="Rows after the training time, purged.", examples=[1640])


class NetworkPerformance(Answer):
    """What its signals earned on the test rows, after costs."""

    sharpe_ratio: float | None = Field(description="Annualised.", examples=[0.31])
    max_drawdown: float | None = Field(description="As a fraction of the peak.", examples=[0.14])
    win_rate: float | None = Field(description="Winning / all trades.", examples=[0.51])
    profit_factor: float | None = Field(description="Gross profit / |gross loss|.", examples=[1.1])


class NetworkInfo(Answer):
    """The version that was made."""

    model_id: str = Field(description="The model's readable id; of one without such its id.", examples=[NETWORK_ID])
    model_path: str | None = Field(description="Where the version's manifest lies in the artifact store.", examples=["sha256/6b/6b1f…"])
    model_size_mb: float | None = Field(description="Of the model and its explanation, in millions of bytes.", examples=[0.04])
    parameters_count: int | None = Field(description="How many numbers the network has learned.", examples=[5603])


class DeploymentInfo(Answer):
    """Whether it is in production for its symbol and timeframe. What another one has replaced is not."""

    deployed: bool = Field(description="Whether it answers or stands by.", examples=[True])
    deployed_at: Moment | None = Field(description="When; null where it never was.", examples=[AT])
    deployed_by: str | None = Field(
        description="The admin's name; null where it never was, or when that account was erased.", examples=["root"]
    )
    previous_model: str | None = Field(description="The model that answered before; null where there was none.", examples=[BEFORE])
    is_active: bool = Field(description="Whether it answers now.", examples=[True])
    archived_at: Moment | None = Field(description="When another one replaced it; null unless one has.", examples=[None])
    notes: str | None = Field(description="What the admin wrote.", examples=["Better out of sample."])


class TrainingJob(Answer):
    """A training: what was asked for, how it stands, what has come of it. A list has it in short."""

    job_id: str = Field(description="Its readable id; of one that was not asked for here its task's.", examples=[TRAINING_ID])
    model_type: ModelTypeName = Field(description="The network.")
    symbol: str = Field(description="Whose candles it learns from; of several, their names joined by commas.", examples=["BTCUSDT"])
    timeframe: str = Field(description="How long a candle is.", examples=["15m"])
    status: TrainingStatus = Field(
        description="How it stands. `DEPLOYED`: it answers now; `COMPLETED` and `deployed`: it stands by. One cancelled is `FAILED`."
    )
    task_id: str = Field(description="Its task's id, which is good for the same as `job_id`.", examples=[JOB_ID])
    deployed: bool | None = Field(None, description="In a list: whether it is in production.", examples=[False])
    progress: int | None = Field(None, ge=0, le=100, description="`PENDING`, `TRAINING`: how far it is, in percent.", examples=[65])
    accuracy: float | None = Field(None, description="`COMPLETED`, `DEPLOYED`, in a list: out of sample.", examples=[0.52])
    precision: float | None = Field(None, description="`COMPLETED`, `DEPLOYED`, in a list: out of sample.", examples=[0.5])
    recall: float | None = Field(None, description="`COMPLETED`, `DEPLOYED`, in a list: out of sample.", examples=[0.48])
    f1_score: float | None = Field(None, description="`COMPLETED`, `DEPLOYED`, in a list: out of sample.", examples=[0.49])
    parameters: NetworkParameters | None = Field(None, description="What it is trained with. Not in a list.")
    metrics: NetworkMetrics | None = Field(None, description="`COMPLETED`, `DEPLOYED`: how right it is. Not in a list.")
    performance: NetworkPerformance | None = Field(None, description="`COMPLETED`, `DEPLOYED`: what its signals earned. Not in a list.")
    model_info: NetworkInfo | None = Field(None, description="`COMPLETED`, `DEPLOYED`: the version that was made. Not in a list.")
    deployment: DeploymentInfo | None = Field(None, description="Whether it is in production. Not in a list.")
    data_source: str | None = Field(
        None, description="`COMPLETED`, `DEPLOYED`: where its candles come from. Not in a list.", examples=["BTC-USD: …"]
    )
    synthetic: bool | None = Field(
        None, description="`COMPLETED`, `DEPLOYED`: whether its candles were generated. Not in a list.", examples=[False]
    )
    error: str | None = Field(None, description="`FAILED`: what went wrong, or that it was cancelled.", examples=["Only 12 rows are left."])
    created_at: Moment = Field(description="When it was asked for (UTC, as all moments are).", examples=[AT])
    started_at: Moment | None = Field(None, description="When it began to run; null where it has not.", examples=[AT])
    estimated_completion: Moment | None = Field(None, description="`PENDING`, `TRAINING`: when it may end, if known.", examples=[AT])
    completed_at: Moment | None = Field(None, description="`COMPLETED`, `DEPLOYED`: when it ended.", examples=[AT])
    failed_at: Moment | None = Field(None, description="`FAILED`: when it ended.", examples=[AT])
    training_time_seconds: float | None = Field(None, description="`COMPLETED`, `DEPLOYED`: from its begin to its end.", examples=[190.0])
    reasons: Reasons


class TrainingJobs(Answer):
    """A part of a list."""

    total: int = Field(description="How many there are in all.", examples=[1])
    limit: int = Field(description="How many at most are in this part.", examples=[50])
    offset: int = Field(description="How many were passed over.", examples=[0])
    jobs: list[TrainingJob] = Field(description="This part, the newest first.")


class Deployed(Answer):
    """What a training has made is in production."""

    success: bool = Field(description="True.", examples=[True])
    job_id: str = Field(description="The training's readable id.", examples=[TRAINING_ID])
    model_id: str = Field(description="The model's readable id.", examples=[NETWORK_ID])
    deployed_at: Moment = Field(description="When it was deployed.", examples=[AT])
    previous_model: str | None = Field(description="The model that answered before; null where there was none.", examples=[BEFORE])
    previous_accuracy: float | None = Field(description="Its accuracy out of sample.", examples=[0.48])
    new_accuracy: float | None = Field(description="The new one's accuracy out of sample.", examples=[0.52])
    accuracy_improvement: float | None = Field(description="The difference.", examples=[0.04])
    is_active: bool = Field(description="Whether it answers now.", examples=[True])
    message: str = Field(description="What was done.", examples=["Model deployed to production successfully"])
    reasons: Reasons
