"""Trials: every distinct configuration that an account has played on overlapping days of the same candles."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from libs.contracts.trials import Tried


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
    """What an account's backtests have tried. What a job has claimed counts from then on, until it is withdrawn."""

    async def claim(self, tried: Tried, *, span: Span, account_id: str, job_id: str, at: datetime) -> None:
        """Write down what a job is going to try; the second time changes nothing. Raise UnavailableError."""

    async def count(self, account_id: str, *, on: tuple[str, ...], span: Span) -> int:
        """Return how many distinct configurations the account tries, or has tried, on one of these series on days of this span.

        Raise UnavailableError.
        """

    async def follow(self, job_id: str) -> None:
        """Write down what a job tries that has not ended, where nobody has."""

    async def show(self, job_id: str) -> None:
        """Keep what a job tries, as it has shown what comes of it; a job that nobody knows changes nothing."""

    async def withdraw(self, job_id: str) -> None:
        """Take back what a job has claimed and no other job has tried; the second time there is nothing."""

    async def settle(self, *, before: datetime) -> int:
        """Keep or take back what was claimed before this moment by jobs that have ended, or are not there; return how many jobs."""
