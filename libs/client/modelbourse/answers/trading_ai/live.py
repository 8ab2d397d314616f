"""What `/ws` tells: signals, deployments, the caller's own trainings, alerts and account's events, as they come."""

from typing import Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, Answer, Moment
from modelbourse.answers.webhook_events import EventData

Topic = Literal["AISignalReceived", "ModelDeployed", "TrainingProgress", "Alert", "event"]
SIGNAL_ID = "signal_01kab8m7j3fm0rrc5q9y2w6n4t"
EVENT_ID = "event_01kab8m7j3fm0rrc5q9y2w6n4t"


class Connected(Answer):
    """The first message."""

    type: Literal["connection"] = Field(description="Which message this is.")
    message: str = Field(description="In words.", examples=["Connected to AI Trading Service"])
    types: list[Topic] = Field(description="What this socket is told of.", examples=[["AISignalReceived"]])
    symbols: list[str] | None = Field(description="The symbols it is told of; null: all.", examples=[["BTCUSDT"]])
    events: list[str] | None = Field(description="Which events of the account; null: all, where `types` has `event`.", examples=[None])
    missed: bool | None = Field(
        None, description="With `told_within`: whether some of the events of that time may be missing; null without.", examples=[None]
    )
    timestamp: Moment = Field(description="When this was said.", examples=[AT])


class Subscribed(Answer):
    """What this socket is told of from now on."""

    type: Literal["subscribed"] = Field(description="Which message this is.")
    types: list[Topic] = Field(description="The messages.", examples=[["AISignalReceived"]])
    symbols: list[str] | None = Field(description="The symbols; null: all.", examples=[["BTCUSDT"]])
    events: list[str] | None = Field(description="Which events of the account; null: all, where `types` has `event`.", examples=[None])
    timestamp: Moment = Field(description="When this was said.", examples=[AT])


class Pong(Answer):
    """The answer to a ping, and a heartbeat."""

    type: Literal["Pong"] = Field(description="Which message this is.")
    message: str = Field(description="In words.", examples=["Connection alive"])
    timestamp: Moment = Field(description="When this was said.", examples=[AT])


class Misunderstood(Answer):
    """What was sent cannot be used; everything stays as it was."""

    type: Literal["error"] = Field(description="Which message this is.")
    message: str = Field(description="In words.", examples=["Nothing can be subscribed to like this."])
    details: dict[str, list[str]] = Field(description="What is wrong, by field.", examples=[{}])
    timestamp: Moment = Field(description="When this was said.", examples=[AT])


class SignalData(Answer):
    """A signal."""

    signal_id: str = Field(description="Its id, by which feedback is given.", examples=[SIGNAL_ID])
    symbol: str = Field(description="Of what.", examples=["BTCUSDT"])
    signal: Literal["long", "short", "neutral"] = Field(description="Which way.", examples=["long"])
    confidence: float = Field(ge=0, le=1, description="How sure the analyst is.", examples=[0.62])
    timestamp: int = Field(description="When it was made, in milliseconds since 1970 (UTC).", examples=[1697234567000])
    model_type: str = Field(description="`technical`, or the LLM that has answered.", examples=["technical"])
    origin: Literal["platform", "caller"] = Field(
        description="`platform`: by candles of its own. `caller`: by candles that somebody has sent, true or not.", examples=["platform"]
    )
    timeframe: str = Field(description="The longest timeframe that was analysed.", examples=["1h"])
    reasoning: str = Field(description="Why, with the indicators that it rests on.", examples=["RSI(14) is 28.4, below 30."])
    strategy_scores: dict[str, float | None] = Field(description="How each strategy stands.", examples=[{"RSI Strategy": 0.85}])
    price: float = Field(description="What the symbol cost.", examples=[64210.5])
    synthetic: bool = Field(description="Whether it rests on generated candles.", examples=[False])


class SignalReceived(Answer):
    """A signal was made. One of an account's own symbol is told to that account alone."""

    type: Literal["AISignalReceived"] = Field(description="Which message this is.")
    data: SignalData = Field(description="The signal.")
    timestamp: Moment = Field(description="When it happened.", examples=[AT])


class DeploymentData(Answer):
    """A deployment."""

    deployment_id: str = Field(description="Its id.", examples=["deployment_01kab8m7j3fm0rrc5q9y2w6n4t"])
    model_id: str = Field(description="The model.", examples=[MODEL_ID])
    name: str = Field(description="Its readable name.", examples=["lstm_BTCUSDT_15m_20251122"])
    version: str = Field(description="The version that answers from now on.", examples=["1.0"])
    symbol: str = Field(description="For which symbol it answers.", examples=["BTCUSDT"])
    timeframe: str = Field(description="For which timeframe it answers.", examples=["15m"])
    accuracy: float | None = Field(description="Out of sample; null where it is not known.", examples=[0.64])
    previous_model: str | None = Field(description="The one that answered before; null where there was none.", examples=[None])
    is_active: bool = Field(description="Whether it answers from now on.", examples=[True])


class Deployed(Answer):
    """A model was put into production for a symbol and a timeframe."""

    type: Literal["ModelDeployed"] = Field(description="Which message this is.")
    data: DeploymentData = Field(description="The deployment.")
    timestamp: Moment = Field(description="When it happened.", examples=[AT])


class TrainingStep(Answer):
    """A training of the caller as it stands."""

    job_id: str = Field(description="The job's id, which is its task's.", examples=[JOB_ID])
    name: str = Field(description="Its name.", examples=["lstm_BTCUSDT_15m_20251122"])
    model_id: str | None = Field(description="The model that it trains.", examples=[MODEL_ID])
    status: Literal["PENDING", "RUNNING", "COMPLETED", "FAILED"] = Field(description="How it stands.", examples=["RUNNING"])
    progress: int = Field(ge=0, le=100, description="In percent.", examples=[34])
    current_operation: str = Field(description="What it is doing.", examples=["training"])
    loss: float | None = Field(description="Of the fit under way; null while none has been measured.", examples=[0.45])
    estimated_completion: Moment | None = Field(description="When it may end, where that is known.", examples=[AT])
    error: str | None = Field(description="Null unless it has failed.", examples=[None])


class TrainingProgressed(Answer):
    """A training of the caller's own has changed."""

    type: Literal["TrainingProgress"] = Field(description="Which message this is.")
    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    data: TrainingStep = Field(description="How it stands.")
    timestamp: Moment = Field(description="When this was said.", examples=[AT])


class AlertData(Answer):
    """An alert."""

    alert_id: str = Field(description="Its id.", examples=["alert_01kab8m7j3fm0rrc5q9y2w6n4t"])
    status: Literal["OPEN", "ACKNOWLEDGED", "RESOLVED"] = Field(description="How it stands.", examples=["OPEN"])
    rule: str | None = Field(description="The rule that raised it; null where it was not told again.", examples=["instance_silent"])
    severity: Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"] | None = Field(
        description="How much it matters; null but for an open one.", examples=["CRITICAL"]
    )
    subject: str = Field(description="What it is about.", examples=["training-1"])
    message: str = Field(description="In words.", examples=["training-1 has been silent for 15 s."])


class AlertTold(Answer):
    """Something needs a look, or is over: the platform's own for its admins, an account's for that account."""

    type: Literal["Alert"] = Field(description="Which message this is.")
    data: AlertData = Field(description="The alert.")
    timestamp: Moment = Field(description="When it happened.", examples=[AT])


class AccountEvent(Answer):
    """An event of the caller's own account, as its webhooks are told it; it is told to who asks for the type `event`."""

    type: Literal["event"] = Field(description="Which message this is.")
    event: str = Field(description="What has happened, by the name that webhooks have for it.", examples=["training_job.completed"])
    id: str = Field(description="The message's id: a delivery of the same event has it as `webhook-id`.", examples=[EVENT_ID])
    occurred_at: Moment = Field(description="When it happened.", examples=[AT])
    data: EventData = Field(description="To what, and how it stands: as in the body of a delivery.")
