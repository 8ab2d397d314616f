"""What inference answers about texts: labels with probabilities, a score of sentiment, and what each word contributed."""

from typing import Annotated, ClassVar, Final

from pydantic import Field, StringConstraints

from libs.contracts.envelope import Ask, Message, Moment, Reply
from libs.contracts.text_precision import Precision

TEXTS_MOST: Final = 256
"""Texts of one ask."""
EXPLAINED_MOST: Final = 16
"""Texts of one ask that wants attributions: each is answered some dozens of times for them."""
CHARACTERS_MOST: Final = 10_000
"""Characters of one text; a model reads fewer, and says where it has cut."""
TOGETHER_MOST: Final = 200_000
"""Characters of all texts of one ask, so that it fits into a message however they are written."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=CHARACTERS_MOST)]
SCORE: Final = "Sum of probability times the label's score, -1 to 1; null where a label is no word of sentiment (`reasons` says which)."


class TextSpan(Message):
    """A part of a text (a word, or several in a row of a long text), and what it contributed to the answer."""

    start: int = Field(description="Its first character, counted from 0 in Unicode characters.")
    end: int = Field(description="Behind its last character.")
    text: str
    contribution: float = Field(description="Shapley value, in probability of the label answered.")


class TextAttribution(Message):
    """Why a label was answered: `base_value` plus the contributions is its probability."""

    label: str
    base_value: float = Field(description="Its probability for the same text with every word masked.")
    spans: tuple[TextSpan, ...] = Field(description="In the text's order; what the model does not read has none.")
    additivity_error: float = Field(description="|base value + sum of contributions - probability|.")
    standard_error: float | None = Field(
        description="Root mean square of what a contribution may be off by, as they are estimated; null where they are exact."
    )
    evaluations: int = Field(description="How often the model was asked for it.")


class TextPrediction(Message):
    """What a model says of one text."""

    label: str
    probability: float = Field(description="Of the label.")
    score: float | None = Field(description=SCORE)
    probabilities: dict[str, float] = Field(description="By label, in the model's order; calibrated where its training could.")
    tokens: int = Field(description="Tokens that the model has read, its special ones included.")
    truncated: bool = Field(description="Whether the text is longer than the model reads: the rest was cut.")
    attribution: TextAttribution | None = Field(None, description="Where it was asked for.")


class TextPredictions(Reply):
    """Predictions in the order of the texts."""

    predictions: tuple[TextPrediction, ...]
    labels: tuple[str, ...] = Field(description="In the order of the model's outputs.")
    version: str
    backbone: str
    served_precision: Precision = Field("fp32", description="`int8` where that was found to answer alike, and the operator allows it.")
    made_at: Moment = Field(description="When it was answered.")
    reasons: dict[str, str] = Field(default_factory=dict, description="Why a value is null, by its name.")


class PredictTexts(Ask[TextPredictions]):
    """Label some texts with one version of a model of texts."""

    topic: ClassVar[str] = "inference.asks.texts"
    name: ClassVar[str] = "texts.predict"
    # Asks of one model go to one process, which has it in memory.
    key_field: ClassVar[str] = "model_id"

    model_id: str
    account_id: str
    version: str
    artifact: str = Field(description="sha256 of the version's manifest.")
    texts: Annotated[tuple[Text, ...], Field(min_length=1, max_length=TEXTS_MOST)]


class ExplainTexts(PredictTexts):
    """Label a few texts and tell what each word contributed: an ask of its own, since it takes long and must hold up no plain answer."""

    name: ClassVar[str] = "texts.explain"
    ends_unread: ClassVar[bool] = True

    texts: Annotated[tuple[Text, ...], Field(min_length=1, max_length=EXPLAINED_MOST)]
