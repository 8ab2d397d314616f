"""An alert, as what it is about keeps it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """What was raised and is not over yet."""

    id: str
    raised_at: datetime
