"""Labels: what came true, for predictions that were made before; each is kept once."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from libs.contracts.model_monitoring import FIRST_YEAR, LABELS_FORMAT, LAST_YEAR
from services.gateway.domain.dates import in_utc

SENT_MOST: Final = 10_000
KEPT_MOST: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What came true of one prediction: named by its id, or by the moment that it was made at and, of several, the symbol."""

    value: float | str
    prediction_id: str | None = None
    timestamp: datetime | None = None
    symbol: str | None = None

    @property
    def key(self) -> str:
        """What makes two labels the same: the later one counts. A moment is the same in every zone, to the millisecond that is kept."""
        if self.prediction_id:
            return self.prediction_id
        moment = self.timestamp.astimezone(UTC) if self.timestamp else None
        kept = moment.replace(microsecond=moment.microsecond // 1000 * 1000).isoformat() if moment else ""
        return f"{kept}|{self.symbol or ''}"


@dataclass(frozen=True, slots=True)
class LabelsKept:
    """How many of the labels that were sent are new, how many have replaced others, and how many the model has now."""

    added: int
    replaced: int
    total: int


def moment_of_row(at: datetime) -> datetime:
    """Return an aware moment in UTC. Raise ValueError for one that no row can be of."""
    moment = in_utc(at)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        msg = f"Must be a moment of the years {FIRST_YEAR} to {LAST_YEAR}"
        raise ValueError(msg)
    return moment


def labels_as_csv(labels: Sequence[Label]) -> bytes:
    """Return labels as the file that a snapshot reads."""
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n").writerow
    write(LABELS_FORMAT.split(","))
    for each in labels:
        write([each.prediction_id or "", each.timestamp.isoformat() if each.timestamp else "", each.symbol or "", each.value])
    return text.getvalue().encode()
