"""Labels: what came true, for predictions that were made before; each is kept once."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from libs.contracts.model_monitoring import LABELS_FORMAT

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
        """What makes two labels the same: the later one counts."""
        return self.prediction_id or f"{self.timestamp.isoformat() if self.timestamp else ''}|{self.symbol or ''}"


@dataclass(frozen=True, slots=True)
class LabelsKept:
    """How many of the labels that were sent are new, how many have replaced others, and how many the model has now."""

    added: int
    replaced: int
    total: int


def labels_as_csv(labels: Sequence[Label]) -> bytes:
    """Return labels as the file that a snapshot reads."""
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n").writerow
    write(LABELS_FORMAT.split(","))
    for each in labels:
        write([each.prediction_id or "", each.timestamp.isoformat() if each.timestamp else "", each.symbol or "", each.value])
    return text.getvalue().encode()
