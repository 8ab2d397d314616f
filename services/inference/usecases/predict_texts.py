"""Answer all waiting asks about texts at once: one run of each model over all of their texts."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from libs.chassis.errors import PlatformError
from libs.contracts.text_predictions import PredictTexts as Ask
from libs.contracts.text_predictions import TextPredictions
from libs.texts.serving.model import Floats, ReadText, TextModel
from services.inference.usecases.by_model import answer_by_model
from services.inference.usecases.text_answers import TextMeters, TextModels, text_predictions

Answer = TextPredictions | PlatformError
# So long the event loop may be held; what takes longer goes to a thread, which costs a tenth of a millisecond more and runs beside it.
INLINE_S: Final = 0.001
# From here on it is worth a second thread.
APART_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class PredictTexts:
    """Asks of one model are one batch, and no ask fails by another one."""

    models: TextModels
    meters: TextMeters
    threads: int

    async def __call__(self, asks: Sequence[Ask]) -> list[Answer]:
        """Return each ask's answer, or why there is none, in order."""
        began = time.perf_counter()
        answers = await answer_by_model(asks, self._answer, name=Ask.name)
        texts = sum(len(ask.texts) for ask, answer in zip(asks, answers, strict=True) if isinstance(answer, TextPredictions))
        self.meters.labelled(asks=len(asks), texts=texts, seconds=time.perf_counter() - began)
        return answers

    async def _answer(self, artifact: str, asks: Sequence[Ask]) -> list[Answer]:
        model = await self.models.get(artifact)
        texts = [text for ask in asks for text in ask.texts]
        read, served = await self._run(model, texts)
        answers, place = list[Answer](), 0
        for ask in asks:
            own = slice(place, place + len(ask.texts))
            place += len(ask.texts)
            answers.append(text_predictions(ask, model, read=read[own], served=served[own]))
        return answers

    async def _run(self, model: TextModel, texts: Sequence[str]) -> tuple[list[ReadText], Floats]:
        """Read and answer texts: at once where that is short, else in threads side by side, each with texts of all lengths."""
        # A token is at least a letter, mostly four.
        seconds = sum(map(len, texts)) / 4 * model.token_s
        if seconds <= INLINE_S:
            read = model.read(texts)
            return read, model.probabilities(read)
        read = await asyncio.to_thread(model.read, texts)
        threads = min(self.threads, len(texts)) if seconds > APART_S else 1
        order = sorted(range(len(read)), key=lambda place: read[place].tokens)
        parts = [order[thread::threads] for thread in range(threads)]
        served = np.zeros((len(read), len(model.manifest.labels)))
        answers = [asyncio.to_thread(model.probabilities, [read[place] for place in places]) for places in parts]
        for places, answered in zip(parts, await asyncio.gather(*answers), strict=True):
            served[places] = answered
        return read, served
