"""What the marketplace keeps of a trained version: what is needed to play it again, and to count it among its account's trainings."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from libs.contracts.envelope import JsonObject
from libs.contracts.training import TrainingCompleted

# The timeframe of a training that names none.
DAILY: Final = "1d"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A version by the sha256 of its manifest. Its held-out candles close after `held_out_since` and up to `held_out_until`.

    Both are None when its training did not say which they are: then nobody can play it on days that it has not learned from.
    `learned_until` is when the last label that it learned from was known. It, `symbols` and `timeframe` are None of trainings from before
    they were kept. `sharpe_ratio` is the annualised one of the test, None where that has none.
    """

    model_id: str
    name: str
    account_id: str
    artifact: str
    made_at: datetime
    held_out_since: datetime | None
    held_out_until: datetime | None
    synthetic: bool
    learned_until: datetime | None = None
    symbols: tuple[str, ...] | None = None
    timeframe: str | None = None
    sharpe_ratio: float | None = None

    @property
    def cut(self) -> datetime | None:
        """The end of what it learned from: its record begins after it, whatever its own test was. None when nobody knows."""
        return self.learned_until or self.held_out_since

    @property
    def id(self) -> str:
        """What it is kept by."""
        return version_id(self.model_id, self.name)


def version_id(model_id: str, name: str) -> str:
    """Return what a model's version of this name is kept by."""
    return f"{model_id}:{name}"


def version_of(event: TrainingCompleted) -> ModelVersion:
    """Return the version that a training has made; its run card says on which candles it was tested."""
    card = event.result.run_card
    since, until = _held_out(card)
    config = event.spec.training_config
    return ModelVersion(
        model_id=event.model_id,
        name=event.version,
        account_id=event.account_id,
        artifact=event.artifact.sha256,
        made_at=event.ended_at,
        held_out_since=since,
        held_out_until=until,
        synthetic=bool(card.get("synthetic")),
        learned_until=_learned_until(card),
        symbols=tuple(config.get("symbols") or ()) or None,
        timeframe=config.get("timeframe") or card.get("timeframe") or DAILY,
        sharpe_ratio=event.result.metrics.get("sharpe_ratio"),
    )


def _learned_until(card: JsonObject) -> datetime | None:
    try:
        return datetime.fromisoformat(card["learned_until"])
    except (KeyError, TypeError, ValueError):
        return None


def _held_out(card: JsonObject) -> tuple[datetime | None, datetime | None]:
    """Return the moments between which the tested candles close, the first exclusive.

    The cards of trainings from before moments were written down say days: midnight, which ends a day, belongs to the day before.
    """
    try:
        if "test_opens" in card:
            opens, closes = datetime.fromisoformat(card["test_opens"]), datetime.fromisoformat(card["test_closes"])
            return opens - timedelta(milliseconds=1), closes
        last = max(each["end"] for each in card["symbols"])
        return _midnight(card["test_start"]), _midnight(last) + timedelta(days=1)
    except (KeyError, TypeError, ValueError):
        return None, None


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
