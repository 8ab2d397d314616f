"""Trials: every distinct configuration that an account has played on overlapping days of the same candles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both inclusive; None: from the first, or to the last, that there is."""

    start: date | None
    end: date | None

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> "Span":
        """Return the days of a spec as JSON."""
        start, end = (date.fromisoformat(day) if (day := spec.get(name)) else None for name in ("start_date", "end_date"))
        return cls(start, end)

    def overlaps(self, other: "Span") -> bool:
        """Tell whether both have a day in common."""
        first, last = date.min, date.max
        return (self.start or first) <= (other.end or last) and (other.start or first) <= (self.end or last)


class Trials(Protocol):
    """What an account's backtests have tried."""

    async def of(self, account_id: str, *, on: Sequence[str], span: Span) -> list[bytes]:
        """Return the marks (libs/contracts/trials.py) of each backtest of the account that played one of these series in this span.

        Raise UnavailableError.
        """
