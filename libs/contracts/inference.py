"""What inference answers: predictions with reasons."""

from typing import ClassVar

from pydantic import Field

from libs.contracts.envelope import Ask, Message, Moment, Reply


class Prediction(Message):
    """One symbol's prediction and why. `base_value` plus the contributions is the served model's output on `scale`."""

    symbol: str
    prediction: str | float
    confidence: float | None = Field(description="Probability of the class answered; null for regression.")
    feature_contributions: dict[str, float]
    probabilities: dict[str, float] | None = Field(description="By class; null for regression.")
    value: float | None = Field(description="The predicted value; null for classification.")
    base_value: float
    scale: str = Field(description="probability, log-odds or value: what base value and contributions are measured in.")
    additivity_error: float = Field(description="|base value + sum of contributions - served output|.")
    as_of: Moment | None = Field(description="Close of the candle the features rest on; null when the request gave them.")
    synthetic: bool = Field(description="Whether the candles behind it were generated.")


class Predictions(Reply):
    """Predictions in the order of the symbols asked."""

    predictions: tuple[Prediction, ...]
    model_version: str
    prediction_timestamp: Moment


class Predict(Ask):
    """Predict some symbols with one model version, from given features or from the latest candles."""

    topic: ClassVar[str] = "inference.asks.prediction"
    name: ClassVar[str] = "prediction.make"
    reply: ClassVar[type[Reply]] = Predictions
    key_field: ClassVar[str] = "model_id"

    model_id: str
    account_id: str
    version: str
    artifact: str = Field(description="sha256 of the version's manifest.")
    symbols: tuple[str, ...]
    rows: tuple[tuple[float, ...] | None, ...] = Field(
        description="A symbol's features in the model's order, or null to compute them from its latest candles."
    )
    timeframe: str
    synthetic_allowed: bool = False
