"""What is told of texts, with attributions or without, and what that rests on."""

from collections.abc import Sequence
from typing import Protocol

from libs.contracts.envelope import now
from libs.contracts.text_predictions import PredictTexts, TextAttribution, TextPrediction, TextPredictions, TextSpan
from libs.contracts.texts import sentiment_score, why_no_score
from libs.texts.serving.attributions import Attribution
from libs.texts.serving.model import Floats, ReadText, TextModel


class TextModels(Protocol):
    """Versions of models of texts by the hash of their manifest."""

    async def get(self, artifact: str) -> TextModel:
        """Return a model, loading it if need be. Raise ArtifactMissingError or ModelUnreadableError."""
        ...


class TextMeters(Protocol):
    """Who counts."""

    def labelled(self, *, asks: int, texts: int, seconds: float) -> None:
        """Hear of a batch of asks that was answered."""
        ...


def text_predictions(
    ask: PredictTexts, model: TextModel, *, read: Sequence[ReadText], served: Floats, why: Sequence[Attribution] | None = None
) -> TextPredictions:
    """Return the reply to an ask: `served` are the texts' probabilities (texts, labels), `why` their attributions, where wanted."""
    manifest = model.manifest
    attributions: Sequence[Attribution | None] = why or [None] * len(ask.texts)
    rows = zip(ask.texts, read, served.tolist(), attributions, strict=True)
    return TextPredictions(
        predictions=tuple(_prediction(manifest.labels, text, each, odds, reason) for text, each, odds, reason in rows),
        labels=manifest.labels,
        version=ask.version,
        backbone=manifest.backbone,
        served_precision=model.precision,
        made_at=now(),
        reasons={} if manifest.scores else {"score": why_no_score(manifest.labels)},
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
