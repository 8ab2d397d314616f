"""Model Builder's predictions: what a model says of texts."""

from collections.abc import Iterable
from typing import Final

from modelbourse.answers.texts import LabelledTexts
from modelbourse.asking import given, strings_of
from modelbourse.builder.asking import ask_builder
from modelbourse.gateway import Gateway
from modelbourse.steps import Steps

PREDICT: Final = "/predict"


def predict_texts(
    gateway: Gateway,
    model: str,
    texts: str | Iterable[str],
    *,
    version: str | None = None,
    stage: str | None = None,
    explain: bool = False,
) -> Steps[LabelledTexts]:
    """Label texts by a model: its name in the registry, `models:/name/Production`, an experiment or a run's id.

    With `explain` each answer tells what every word contributed. Raise InvalidRequestError, NotFoundError or ConflictError.
    """
    body = {"model": model, "texts": strings_of("texts", texts), "explain": explain} | given(version=version, stage=stage)
    return ask_builder(gateway, LabelledTexts, "POST", PREDICT, body=body)
