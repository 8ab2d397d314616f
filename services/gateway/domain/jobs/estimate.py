"""How long a training will take, before it starts: from past jobs of its kind, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from math import exp, log, sqrt
from statistics import mean, stdev
from typing import Final, Protocol

from libs.contracts.money import MICRO_HOUR, price_of
from libs.contracts.training import Priority

LEVEL: Final = 0.8
# The standard normal's 90 % quantile: an 80 % interval leaves out 10 % on either side.
Z: Final = 1.2815515655446004
# Fewer jobs have no spread that could be told.
JOBS_LEAST: Final = 3
# Jobs up to so many times larger or smaller are of like size; beyond, what a job costs before it fits anything hides what it costs a row.
LIKE_SIZE: Final = 4.0
LEAST_HOURS: Final = Decimal("0.02")
# Set aside is at least so much more than expected, since a job that reaches it is ended: what is not used goes back. It is more where
# nothing is known of such jobs, and grows after a job that was ended by its reservation.
MARGIN: Final = 1.5
MARGIN_UNKNOWN: Final = 3.0
GROWTH: Final = 2.0


class Basis(StrEnum):
    """What an estimate rests on."""

    OWN = "your past jobs"
    ALL = "all past jobs"
    SIZE = "size only"


@dataclass(frozen=True, slots=True)
class PastJob:
    """A job that ended well: the hours it took, and its size (job_size.py)."""

    hours: float
    size: float


@dataclass(frozen=True, slots=True)
class LimitedJob:
    """A job that was ended because it had used all of its reserved hours: what was used for it in all, and its size."""

    hours: float
    size: float


@dataclass(frozen=True, slots=True)
class Queue:
    """All accounts' jobs that have not ended: how many run and wait, and seconds of work left in those that run and those ahead of us."""

    running: int = 0
    waiting: int = 0
    seconds_left: float = 0.0
    seconds_ahead: float = 0.0

    @property
    def wait_s(self) -> float | None:
        """How long a new job will wait; None when nobody can tell (`why_unknown`).

        While jobs wait, those that run are all that can run at a time, and share the work that is left evenly.
        """
        if not self.waiting:
            return None if self.running else 0.0
        return (self.seconds_left + self.seconds_ahead) / self.running if self.running else None

    @property
    def why_unknown(self) -> str | None:
        """Say why the wait is not known."""
        if self.wait_s is not None:
            return None
        if self.waiting:
            return "Jobs wait and none runs yet: when the first begins is not known."
        return "Jobs run and none waits: whether a runner is free is known when the job is taken up."


@dataclass(frozen=True, slots=True)
class Past:
    """Successful jobs with one algorithm, the newest first: an account's own, everybody's; and the queue now.

    `limited` is the account's newest job with it, if that was ended by its reservation.
    """

    own: Sequence[PastJob] = ()
    everybodys: Sequence[PastJob] = ()
    queue: Queue = Queue()
    limited: LimitedJob | None = None


class PastJobs(Protocol):
    """What has been learnt from jobs so far."""

    async def read(self, account_id: str, *, algorithm: str, priority: Priority, at: datetime) -> Past:
        """Return past jobs with this algorithm and the queue that a job of this priority would stand in, by one read."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Hours expected, and an interval that holds `LEVEL` of such jobs: None where too few are known. `jobs` is how many there are.

    `least_hours` is what is to be set aside at least, because of a job that was ended by its reservation; `workers` is how many
    processes will share the hours.
    """

    hours: float
    low_hours: float | None
    high_hours: float | None
    jobs: int
    basis: Basis
    queue: Queue
    workers: int = 1
    least_hours: float = 0.0

    @property
    def level(self) -> float | None:
        """The share of jobs that the interval holds; None without one."""
        return None if self.low_hours is None else LEVEL

    @property
    def expected_hours(self) -> Decimal:
        """The hours expected, with six decimals."""
        return _to_hours(self.hours)

    @property
    def reserved_hours(self) -> Decimal:
        """What is set aside and the most that is charged: the interval's upper end, or a multiple of what is expected; and a least."""
        margin = MARGIN_UNKNOWN if self.high_hours is None else MARGIN
        return max(LEAST_HOURS, _to_hours(max(self.high_hours or 0.0, self.hours * margin, self.least_hours)))

    @property
    def cost(self) -> Decimal:
        """What the hours cost that are set aside."""
        return price_of(self.reserved_hours)

    def completion(self, at: datetime) -> datetime:
        """Return when a job will have ended that is requested at this time: after its wait, where that is known."""
        return at + timedelta(hours=self.hours / self.workers, seconds=self.queue.wait_s or 0.0)


def estimate(past: Past, *, size: float) -> Estimate:
    """Scale past jobs to this size. Three of like size are enough: the account's own, else everybody's; else any, told as less sure.

    After a job that was ended by its reservation at least that much is expected, and twice as much is set aside.
    """
    found = _by_past(past, size=size)
    limited = past.limited
    if limited is None or not size / LIKE_SIZE <= limited.size <= size * LIKE_SIZE:
        return found
    known = limited.hours * size / limited.size
    least = known * GROWTH
    high = None if found.high_hours is None else max(found.high_hours, least)
    return replace(found, hours=max(found.hours, known), high_hours=high, least_hours=least)


def _by_past(past: Past, *, size: float) -> Estimate:
    for jobs, basis in ((past.own, Basis.OWN), (past.everybodys, Basis.ALL)):
        like = [job for job in jobs if size / LIKE_SIZE <= job.size <= size * LIKE_SIZE]
        if len(like) >= JOBS_LEAST:
            hours, low, high = _scaled(like, size=size)
            return Estimate(hours, low, high, len(like), basis, past.queue)
    for jobs, basis in ((past.own, Basis.OWN), (past.everybodys, Basis.ALL)):
        if len(jobs) >= JOBS_LEAST:
            hours, low, high = _scaled(jobs, size=size)
            # Much larger or smaller than all of them: what its size says by itself may turn out to be right as well.
            return Estimate(hours, min(low, size), max(high, size * MARGIN), len(jobs), basis, past.queue)
    return Estimate(size, None, None, 0, Basis.SIZE, past.queue)


def _scaled(jobs: Sequence[PastJob], *, size: float) -> tuple[float, float, float]:
    """Return expected hours and the prediction interval of a lognormal whose parameters are those of the ratios of hours to size."""
    ratios = [log(max(job.hours, 1e-9) / job.size) for job in jobs]
    middle, count = mean(ratios), len(ratios)
    half = _t_quantile(count - 1) * stdev(ratios) * sqrt(1 + 1 / count)
    return size * exp(middle), size * exp(middle - half), size * exp(middle + half)


def _to_hours(hours: float) -> Decimal:
    return Decimal(hours).quantize(MICRO_HOUR, rounding=ROUND_CEILING)


def _t_quantile(freedom: int) -> float:
    """Return Student's t at 90 % (expansion 26.7.5 of Abramowitz and Stegun; 0.3 % off at two degrees of freedom, less above)."""
    z = Z
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
