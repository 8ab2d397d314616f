"""What AI Engine answers about predictions that are kept."""

from typing import Any, Final

from pydantic import Field

from modelbourse.answers.answer import AT, MODEL_ID, Answer, Moment
from modelbourse.answers.texts import Precision, TextAttribution

NOT_KEPT: Final = "Predictions of texts are not kept: who sends texts has them."
PREDICTION_ID: Final = "pred_01kab8m9s2f2xv1n9n6r3j6c8e"
WHYS: Final[Any] = {
    "predictions.0.prediction_set": "It answers a number, which is no class: see interval.",
    "predictions.0.probabilities": "It answers a number, which is no class.",
    "predictions.0.abstained": "The model has answered.",
    "outcome": "Its time has not come.",
}


class ConfidenceInterval(Answer):
    """Where the truth lies as often as `interval_level` says, in the unit of the value."""

    lower: float = Field(description="The lower end.", examples=[153.5])
    upper: float = Field(description="The upper end.", examples=[156.0])


class PredictedStep(Answer):
    """What is said of one moment."""

    timestamp: Moment = Field(
        description="The moment that it is about: as many steps, each as long as the last, after the last row as the target looks ahead.",
        examples=[AT],
    )
    value: float | str | None = Field(description="The value, or the class; null where the model abstains.", examples=[154.75])
    confidence_interval: ConfidenceInterval | None = Field(
        description="Null for classes (see `prediction_set`), and where the model abstains."
    )
    prediction_set: list[str] | None = Field(
        description="Of a classifier: the classes among which the truth is as often as `interval_level` says. Null for values.",
        examples=[None],
    )
    probabilities: dict[str, float] | None = Field(description="By class; null for values.", examples=[None])
    quality: float | None = Field(
        description="0 to 1: the share of the version's training rows that are at least as unusual as this one.", examples=[0.42]
    )
    abstained: dict[str, Any] | None = Field(description="Why the answer is withheld; null where it is not.", examples=[None])


class PredictionOutcome(Answer):
    """What came."""

    value: float | str = Field(description="What came, in the unit of the prediction.", examples=[155.2])
    error: float | None = Field(
        description="What came less what was said; of classes 0 where it was right, else 1. Null where the model has abstained.",
        examples=[0.45],
    )
    inside_interval: bool | None = Field(description="Whether it lies in the interval, or the set; null without either.", examples=[True])
    known_at: Moment = Field(description="Close of the candle that decided it.", examples=[AT])


class PredictionRow(Answer):
    """A prediction in short."""

    prediction_id: str = Field(description="The prediction's id.", examples=[PREDICTION_ID])
    model_id: str = Field(description="Whose it is.", examples=[MODEL_ID])
    created_at: Moment = Field(description="When it was made.", examples=[AT])


class KeptPrediction(PredictionRow):
    """A prediction as it was made, and what came of it."""

    predictions: list[PredictedStep] = Field(description="One: the rows are one window in the order of time.")
    version: str = Field(description="The version of the model that answered.", examples=["1.0"])
    symbol: str | None = Field(description="Whose rows they are; null where the model knows several and none was named.", examples=["AAPL"])
    target: str = Field(description="What is predicted.", examples=["price_close_next_day"])
    horizon: int = Field(description="Candles that it looks ahead.", examples=[1])
    timeframe: str = Field(description="How long a candle is.", examples=["1d"])
    interval_level: float = Field(description="How often the interval is to hold the truth.", examples=[0.9])
    interval_level_used: float = Field(
        description="The level that it was made with: another one where past outcomes have told so (adaptive conformal inference).",
        examples=[0.9],
    )
    interval_method: str | None = Field(
        description="`quantiles`, `conformalized_quantiles` or `split_conformal`.", examples=["split_conformal"]
    )
    input_hash: str = Field(
        description="SHA-256 of the rows.", examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    rows: int = Field(description="How many rows were sent.", examples=[2])
    ignored: list[str] = Field(description="Names in the rows that the model does not look at.", examples=[[]])
    latency_ms: float = Field(description="How long the answer took, in milliseconds.", examples=[4.2])
    synthetic: bool = Field(description="Whether the version was trained on generated candles.", examples=[False])
    outcome: PredictionOutcome | None = Field(description="What came of it; null until that is known.")
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.", examples=[WHYS])


class LabelledText(Answer):
    """What a model of texts says of one text."""

    timestamp: Moment = Field(description="When it was said.", examples=[AT])
    value: str = Field(description="The likeliest label.", examples=["positive"])
    score: float | None = Field(
        description="Sum of probability times the label's score, -1 to 1; null where a label is no word of sentiment.", examples=[0.82]
    )
    probabilities: dict[str, float] = Field(description="By label.", examples=[{"negative": 0.03, "neutral": 0.12, "positive": 0.85}])
    truncated: bool = Field(description="Whether the text is longer than the model reads: the rest was cut.", examples=[False])
    attribution: TextAttribution | None = Field(description="With `explain`, what each word contributed; null without.", examples=[None])


class TextsPrediction(Answer):
    """What a model of texts says of texts; it is not kept."""

    prediction_id: None = Field(description="Null: predictions of texts are not kept.", examples=[None])
    model_id: str = Field(description="Whose it is.", examples=[MODEL_ID])
    created_at: Moment = Field(description="When it was made.", examples=[AT])
    predictions: list[LabelledText] = Field(description="One a text, in their order.")
    served_precision: Precision = Field(description="`int8` where that answers as trained; `fp64`: no network.", examples=["fp32"])
    version: str = Field(description="The version of the model that answered.", examples=["1.0"])
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.", examples=[{"prediction_id": NOT_KEPT}])


class KeptPredictions(Answer):
    """A part of the predictions, the newest first."""

    predictions: list[PredictionRow] = Field(description="So many of them, at most `limit`.")
    total: int = Field(description="How many there are in all, with these filters.", examples=[1])
    limit: int = Field(description="How many were asked for at most.", examples=[100])
    offset: int = Field(description="How many were passed over.", examples=[0])


class LiveMetrics(Answer):
    """How good a model's kept predictions have been, by the newest 1,000 whose outcome is known."""

    n: int = Field(description="How many outcomes are known.", examples=[0])
    mae: float | None = Field(description="Mean absolute error; of classes the share that was wrong. Null without any.", examples=[None])
    coverage: float | None = Field(description="Share of truths inside interval or set. Null without any.", examples=[None])
    since: Moment | None = Field(description="When the oldest of them was made. Null without any.", examples=[None])
