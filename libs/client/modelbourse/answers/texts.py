"""What the gateway answers about texts: their labels, a score of sentiment, and what each word contributed."""

from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, MODEL_ID, Answer, Moment

Precision = Literal["fp64", "fp32", "int8"]
PROBABILITIES: Final[Any] = {"negative": 0.03, "neutral": 0.12, "positive": 0.85}


class TextSpan(Answer):
    """A part of a text, and what it contributed to the answer."""

    start: int = Field(description="Its first character, counted from 0 in Unicode characters.", examples=[5])
    end: int = Field(description="Behind its last character.", examples=[11])
    text: str = Field(description="What stands there: a word, or of a long text several in a row.", examples=["surges"])
    contribution: float = Field(description="Shapley value, in probability of the label answered.", examples=[0.41])


class TextAttribution(Answer):
    """Why a label was answered: `base_value` plus the contributions is its probability."""

    label: str = Field(description="The label that is explained: the one answered.", examples=["positive"])
    base_value: float = Field(description="Its probability for the same text with every word masked.", examples=[0.34])
    spans: list[TextSpan] = Field(description="In the text's order; what the model does not read has none.")
    additivity_error: float = Field(description="|base value + sum of contributions - probability|.", examples=[0.0])
    standard_error: float | None = Field(
        description="Root mean square of what a contribution may be off by, as they are estimated; null where they are exact.",
        examples=[None],
    )
    evaluations: int = Field(description="How often the model was asked for it.", examples=[127])


class TextPrediction(Answer):
    """What a model says of one text."""

    label: str = Field(description="The likeliest label.", examples=["positive"])
    probability: float = Field(description="Of the label.", examples=[0.85])
    score: float | None = Field(
        description="Sum of probability times the label's score, -1 to 1; null where a label is no word of sentiment.", examples=[0.82]
    )
    probabilities: dict[str, float] = Field(
        description="By label, in the model's order; calibrated where its training could.", examples=[PROBABILITIES]
    )
    tokens: int = Field(description="Tokens that the model has read, its special ones included.", examples=[9])
    truncated: bool = Field(description="Whether the text is longer than the model reads: the rest was cut.", examples=[False])
    attribution: TextAttribution | None = Field(description="With `explain`; null without.", examples=[None])


class TextPredictions(Answer):
    """Predictions in the order of the texts."""

    predictions: list[TextPrediction] = Field(description="One a text.")
    labels: list[str] = Field(description="In the order of the model's outputs.", examples=[["negative", "neutral", "positive"]])
    version: str = Field(description="The version of the model that has answered.", examples=["1.0"])
    backbone: str = Field(description="What it is made of.", examples=["all-minilm-l6-v2"])
    served_precision: Precision = Field(
        description="`int8` where that was found to answer as the trained weights do, and the operator allows it; `fp64`: no network.",
        examples=["fp32"],
    )
    made_at: Moment = Field(description="When it was answered.", examples=[AT])
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.", examples=[{}])


class LabelledTexts(TextPredictions):
    """Predictions, and of which model they are."""

    model: str = Field(description="The model's experiment.", examples=["sentiment-analysis"])
    model_id: str = Field(description="The model's id, in every face.", examples=[MODEL_ID])
    stage: str = Field(description="How far the version has come, as MLflow has it.", examples=["Production"])
