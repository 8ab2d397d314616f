"""What the marketplace keeps of a trained version: what is needed to play it again over the days that it was tested on."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from libs.contracts.training import TrainingCompleted

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A version by the sha256 of its manifest. Its held-out candles close after `held_out_since` and up to `held_out_until`."""

    model_id: str
    name: str
    account_id: str
    artifact: str
    made_at: datetime
    held_out_since: datetime
    held_out_until: datetime | None

    @property
    def id(self) -> str:
        """What it is kept by."""
        return version_id(self.model_id, self.name)


def version_id(model_id: str, name: str) -> str:
    """Return what a model's version of this name is kept by."""
    return f"{model_id}:{name}"


def version_of(event: TrainingCompleted) -> ModelVersion:
    """Return the version that a training has made; its run card says on which candles it was tested."""
    since, until = _held_out(event.result.run_card)
    return ModelVersion(
        model_id=event.model_id,
        name=event.version,
        account_id=event.account_id,
        artifact=event.artifact.sha256,
        made_at=event.ended_at,
        held_out_since=since,
        held_out_until=until,
    )


def _held_out(card: dict[str, object]) -> tuple[datetime, datetime | None]:
    """Return the moments between which the tested candles close, the first exclusive.

    The cards of trainings from before moments were written down say days: midnight, which ends a day, belongs to the day before.
    """
    first, last = card.get("test_opens"), card.get("test_closes")
    if isinstance(first, str) and isinstance(last, str):
        return datetime.fromisoformat(first) - timedelta(milliseconds=1), datetime.fromisoformat(last)
    day = card.get("test_start")
    since = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) if isinstance(day, str) else BEGINNING
    symbols = card.get("symbols")
    ends = [each["end"] for each in symbols if isinstance(each, dict)] if isinstance(symbols, list) else []
    until = datetime.combine(date.fromisoformat(max(ends)), datetime.min.time(), UTC) + timedelta(days=1) if ends else None
    return since, until
