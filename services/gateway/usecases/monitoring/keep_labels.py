"""Keep what came true of a model's predictions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite

from libs.chassis.errors import InvalidError
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.monitoring.labels import SENT_MOST, Label, LabelsKept
from services.gateway.domain.monitoring.ports import Labels
from services.gateway.domain.predictions.kept import PREFIX, KeptPredictions


@dataclass(frozen=True, slots=True)
class KeepLabels:
    """A label that comes again takes the place of the one before. One of a prediction that was kept is of its moment and symbol."""

    models: Models
    labels: Labels
    predictions: KeptPredictions
    clock: Clock

    async def __call__(self, model_id: str, labels: Sequence[Label], *, account_id: str) -> LabelsKept:
        """Return what became of them. Raise ModelNotFoundError, or InvalidError that names each row."""
        await self.models.get(model_id, account_id=account_id, kind=None)
        wrong = {f"rows.{place}": [why] for place, each in enumerate(labels) if (why := _problem(each)) is not None}
        if not labels or len(labels) > SENT_MOST:
            wrong = {"rows": [f"Send 1 to {SENT_MOST:,} rows at once; these are {len(labels):,}."]}
        if wrong:
            raise _refusal(wrong)
        placed = await self._placed(labels, model_id=model_id, account_id=account_id)
        # Of two of the same row in one request the later counts, as of two requests.
        newest = {each.key: each for each in placed}
        kept = await self.labels.put(list(newest.values()), model_id=model_id, account_id=account_id, at=self.clock())
        return replace(kept, replaced=kept.replaced + len(placed) - len(newest))

    async def _placed(self, labels: Sequence[Label], *, model_id: str, account_id: str) -> Sequence[Label]:
        """Return labels of kept predictions with the moments and symbols that these were made for."""
        wanted = {each.prediction_id for each in labels if each.prediction_id and each.prediction_id.startswith(f"{PREFIX}_")}
        if not wanted:
            return labels
        known = await self.predictions.moments(sorted(wanted), model_id=model_id, account_id=account_id)
        missing = {
            f"rows.{place}": [f"The model has no prediction {str(each.prediction_id)[:60]}."]
            for place, each in enumerate(labels)
            if each.prediction_id in wanted and each.prediction_id not in known
        }
        if missing:
            raise _refusal(missing)
        return [_at(each, known.get(each.prediction_id or "")) for each in labels]


def _at(label: Label, made: tuple[datetime, str | None] | None) -> Label:
    return label if made is None else replace(label, timestamp=made[0], symbol=made[1])


def _problem(label: Label) -> str | None:
    """Say what is wrong with a label; None where nothing is."""
    if (label.prediction_id is None) is (label.timestamp is None):
        return "Name its prediction_id, or its timestamp, and not both."
    if label.prediction_id is not None and label.symbol is not None:
        return "A prediction_id says which symbol it is of: leave symbol out."
    if isinstance(label.value, float) and not isfinite(label.value):
        return "The value must be a finite number or a text."
    return None


def _refusal(wrong: dict[str, list[str]]) -> InvalidError:
    first = next(iter(wrong.items()))
    return InvalidError(f"{first[0]}: {first[1][0]}", details=wrong)
