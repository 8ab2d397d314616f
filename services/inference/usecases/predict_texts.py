"""Answer all waiting asks about texts at once: one run of each model over all of their texts."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from libs.chassis.errors import PlatformError
from libs.chassis.liveness.outages import as_answer
from libs.contracts.envelope import now
from libs.contracts.text_predictions import PredictTexts as Ask
from libs.contracts.text_predictions import TextAttribution, TextPrediction, TextPredictions, TextSpan
from libs.contracts.texts import sentiment_score, why_no_score
from libs.texts.serving.attributions import Attribution, explained
from libs.texts.serving.model import Floats, ReadText, TextModel

Why = Mapping[int, Attribution | None]
Answer = TextPredictions | PlatformError
# So long the event loop may be held; what takes longer goes to a thread, which costs a tenth of a millisecond more and runs beside it.
INLINE_S: Final = 0.001
# From here on it is worth a second thread.
APART_S: Final = 0.01
# So long attributions of asks that are answered together may take, about: less than whoever asks waits. On slow models fewer parts of a
# text are told apart, and what is left then has none.
EXPLAIN_S: Final = 3.0
NO_TIME: Final = "{late} of {texts} texts are not explained: there is no time for more beside what else is asked."


class TextModels(Protocol):
    """Versions of models of texts by the hash of their manifest."""

    async def get(self, artifact: str) -> TextModel:
        """Return a model, loading it if need be. Raise ArtifactMissingError or ModelUnreadableError."""
        ...


class Meters(Protocol):
    """Who counts."""

    def labelled(self, *, asks: int, texts: int, seconds: float) -> None:
        """Hear of a batch of asks that was answered."""
        ...


@dataclass(frozen=True, slots=True)
class PredictTexts:
    """Asks of one model are one batch, those for attributions one after the other; no ask fails by another one."""

    models: TextModels
    meters: Meters
    explaining: asyncio.Semaphore
    threads: int
    explain_s: float = EXPLAIN_S

    async def __call__(self, asks: Sequence[Ask]) -> list[Answer]:
        """Return each ask's answer, or why there is none, in order."""
        began = time.perf_counter()
        by_model: dict[str, list[int]] = {}
        for place, ask in enumerate(asks):
            by_model.setdefault(ask.artifact, []).append(place)
        answers: dict[int, Answer] = {}
        batches = [self._answer_alone(artifact, [asks[place] for place in places]) for artifact, places in by_model.items()]
        for places, found in zip(by_model.values(), await asyncio.gather(*batches), strict=True):
            answers |= dict(zip(places, found, strict=True))
        texts = sum(len(ask.texts) for place, ask in enumerate(asks) if isinstance(answers[place], TextPredictions))
        self.meters.labelled(asks=len(asks), texts=texts, seconds=time.perf_counter() - began)
        return [answers[place] for place in range(len(asks))]

    async def _answer_alone(self, artifact: str, asks: Sequence[Ask]) -> list[Answer]:
        """Answer the asks of a model; where that fails, each by itself: whose ask it fails by is then the only one that is refused."""
        try:
            return await self._answer(artifact, asks)
        except Exception as error:  # noqa: BLE001  # logged; whoever else asked meanwhile must not pay for it
            if len(asks) == 1:
                return [as_answer(error, ask=Ask.name)]
        return [answer for ask in asks for answer in await self._answer_alone(artifact, [ask])]

    async def _answer(self, artifact: str, asks: Sequence[Ask]) -> list[Answer]:
        model = await self.models.get(artifact)
        texts = [text for ask in asks for text in ask.texts]
        read, served = await self._run(model, texts)
        starts = np.cumsum([0, *(len(ask.texts) for ask in asks)]).tolist()
        wanted = [place for ask, start in zip(asks, starts, strict=False) if ask.explain for place in range(start, start + len(ask.texts))]
        why = await self._explain(model, read, served, wanted=wanted) if wanted else {}
        owned = [(ask, range(start, start + len(ask.texts))) for ask, start in zip(asks, starts, strict=False)]
        return [_told(ask, model, read=read, served=served[list(own)].tolist(), why=why, own=own) for ask, own in owned]

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

    async def _explain(self, model: TextModel, read: Sequence[ReadText], served: Floats, *, wanted: Sequence[int]) -> Why:
        """Return attributions by the places of texts; None for those that there was no time for."""
        async with self.explaining:
            some, odds = [read[place] for place in wanted], served[list(wanted)]
            found = await asyncio.to_thread(explained, model, some, served=odds, budget_s=self.explain_s)
        return dict(zip(wanted, found, strict=True))


def _told(
    ask: Ask, model: TextModel, *, read: Sequence[ReadText], served: Sequence[Sequence[float]], why: Why, own: Sequence[int]
) -> TextPredictions:
    manifest = model.manifest
    rows = zip(ask.texts, [read[place] for place in own], served, [why.get(place) for place in own], strict=True)
    reasons = {} if manifest.scores else {"score": why_no_score(manifest.labels)}
    if ask.explain and (late := sum(why[place] is None for place in own)):
        reasons["attribution"] = f"{NO_TIME.format(late=late, texts=len(own))} Ask for fewer texts at once, or for shorter ones."
    return TextPredictions(
        predictions=tuple(_prediction(manifest.labels, text, each, odds, reason) for text, each, odds, reason in rows),
        labels=manifest.labels,
        version=ask.version,
        backbone=manifest.backbone,
        made_at=now(),
        reasons=reasons,
    )


def _prediction(labels: Sequence[str], text: str, read: ReadText, odds: Sequence[float], why: Attribution | None) -> TextPrediction:
    probabilities = dict(zip(labels, odds, strict=True))
    label = max(probabilities, key=probabilities.__getitem__)
    return TextPrediction(
        label=label,
        probability=probabilities[label],
        score=sentiment_score(probabilities),
        probabilities=probabilities,
        tokens=read.tokens,
        truncated=read.truncated,
        attribution=None if why is None else _attribution(labels, text, why),
    )


def _attribution(labels: Sequence[str], text: str, why: Attribution) -> TextAttribution:
    parts = zip(why.spans, why.contributions.tolist(), strict=True)
    return TextAttribution(
        label=labels[why.answered],
        base_value=why.base,
        spans=tuple(TextSpan(start=start, end=end, text=text[start:end], contribution=part) for (start, end), part in parts),
        additivity_error=why.additivity_error,
        standard_error=why.standard_error,
        evaluations=why.evaluations,
    )
