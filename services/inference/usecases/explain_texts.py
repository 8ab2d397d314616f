"""Answer an ask that wants to know what each word contributed: each text is answered some dozens of times for it."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.text_predictions import ExplainTexts as Ask
from libs.contracts.text_predictions import TextPredictions
from libs.texts.serving.attributions import EVALUATIONS_FEWEST, Budget, attribute
from services.inference.usecases.text_answers import TextMeters, TextModels, text_predictions

# Three such asks, one behind the other, have their answers before the gateway gives up.
BUDGET: Final = Budget(usual_s=3.0, most_s=8.0)


@dataclass(frozen=True, slots=True)
class ExplainTexts:
    """So many asks are explained at the same time; a text at a time, so that work ends soon after its asker has gone."""

    models: TextModels
    meters: TextMeters
    explaining: asyncio.Semaphore

    async def __call__(self, ask: Ask) -> TextPredictions:
        """Return the answer. Raise ArtifactMissingError, ModelUnreadableError, or InvalidError for more than can be explained in time."""
        began = time.perf_counter()
        model = await self.models.get(ask.artifact)
        read = await asyncio.to_thread(model.read, ask.texts)
        seconds = model.token_s * sum(text.tokens for text in read)
        evaluations = BUDGET.evaluations(seconds)
        if evaluations < EVALUATIONS_FEWEST and len(read) > 1:
            raise _too_much(len(read), seconds=seconds)
        async with self.explaining:
            served = await asyncio.to_thread(model.probabilities, read)
            why = [
                await asyncio.to_thread(attribute, model, text, served=row, evaluations=max(evaluations, EVALUATIONS_FEWEST))
                for text, row in zip(read, served, strict=True)
            ]
        self.meters.labelled(asks=1, texts=len(read), seconds=time.perf_counter() - began)
        return text_predictions(ask, model, read=read, served=served, why=why)


def _too_much(texts: int, *, seconds: float) -> InvalidError:
    fit = max(1, int(BUDGET.most_s / (seconds / texts * EVALUATIONS_FEWEST)))
    too_long = f"Explaining {texts} texts as long as these takes this model more than {BUDGET.most_s:g} s"
    message = f"{too_long}: send at most {fit} at once, or shorter ones."
    return InvalidError(message, details={"texts": [message]})
