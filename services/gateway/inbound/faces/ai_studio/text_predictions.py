"""AI Studio's predictions of texts: the same route as those of symbols, for models that read texts."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from libs.chassis.errors import InvalidError
from libs.contracts.text_predictions import EXPLAINED_MOST, TEXTS_MOST
from services.gateway.domain.predictions.texts import TextReference
from services.gateway.usecases.predictions.predict_texts import PredictTexts

KEY: Final = b'"texts"'
"""What the body of such a request has."""
NOT_BOTH: Final = "Give symbols, for a model of markets, or texts, for a model of texts."


class StudioTextsIn(BaseModel):
    """Which texts to label, with a model that learned from texts (Model Builder's)."""

    model_config = ConfigDict(extra="ignore")

    texts: list[StrictStr] = Field(
        min_length=1, max_length=TEXTS_MOST, description="They are answered in this order.", examples=[["ACME's profit surges"]]
    )
    explain: StrictBool = Field(
        default=False, description=f"Whether what each word contributed is told, too, of at most {EXPLAINED_MOST} texts.", examples=[False]
    )


async def label_texts(given: Mapping[str, Any], predict: PredictTexts, *, model_id: str, account_id: str) -> bytes:
    """Return what inference answers. Raise InvalidError with all problems of the form, or what PredictTexts raises."""
    texts, explain = given.get("texts"), given.get("explain", False)
    problems: dict[str, list[str]] = {}
    if given.get("symbols") is not None:
        problems["symbols"] = [NOT_BOTH]
    if type(texts) is not list or not all(type(text) is str for text in texts):
        problems["texts"] = [f"Must be a list of 1 to {TEXTS_MOST} texts."]
    if type(explain) is not bool:
        problems["explain"] = ["Must be true or false."]
    if problems:
        message = "The prediction cannot be made: see the details."
        raise InvalidError(message, details=problems)
    assert isinstance(texts, list)
    _, said = await predict(TextReference(model_id), account_id=account_id, texts=texts, explain=explain)
    return said
