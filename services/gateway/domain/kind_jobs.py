"""Jobs of other kinds than trainings, as the gateway keeps them; and what it needs to know of each kind."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Protocol

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.chassis.parts import Part
from libs.contracts.backtests import BacktestSpec
from libs.contracts.envelope import Event, JsonObject
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobRequested
from libs.contracts.training import JobError, JobState, LogLine, Priority
from libs.market.catalogue import UnknownSymbolError, check_range, check_symbol, first_day
from services.gateway.domain.studio_ports import Page


@dataclass(frozen=True, slots=True)
class KindJob:
    """A job as it was last told of; `sequence` is that of the newest event applied, `result` what one that ended well has answered.

    `slot` is its place among those that its account may have at once; None when it has ended. `slug` is a readable name that no other job
    of the account has, for faces that have such names.
    """

    id: str
    kind: JobKind
    account_id: str
    name: str
    priority: Priority
    spec: JsonObject
    created_at: datetime
    reserved_hours: Decimal
    slot: int | None
    parent: str | None = None
    slug: str | None = None
    state: JobState = JobState.QUEUED
    sequence: int = 1
    progress: int = 0
    stage: str = ""
    step: int = 0
    total_steps: int = 0
    attempt: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    logs: tuple[LogLine, ...] = ()
    result: JsonObject | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    estimated_completion: datetime | None = None
    compute_hours: Decimal | None = None
    error: JobError | None = None
    charged_hours: Decimal | None = None
    cancel_requested_at: datetime | None = None


class KindJobNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND, code="job_not_found"):
    """There is no such job, or it is somebody else's."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job '{job_id[:80]}'.")
        self.job_id = job_id[:80]


class SlotTakenError(PlatformError, kind=ErrorKind.CONFLICT, code="job_slot_taken", worth_retrying=True):
    """Another job of the account has taken the place, or the readable name, in between."""


@dataclass(frozen=True, slots=True)
class KindJobFilter:
    """Which of an account's jobs; what is None or empty takes all. `spec` has values of the spec by their path, `strategy.name`."""

    kind: JobKind | None = None
    states: Collection[JobState] = ()
    spec: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KindJobOrder:
    """How a list is ordered: by when jobs were made, or by what they have answered (`RANKED`); one without that value is the lowest."""

    by: str | None = None
    descending: bool = True


ALL: Final = KindJobFilter()
NEWEST: Final = KindJobOrder()
# What of an answer lists can be ordered by, as its path.
RANKED: Final[Mapping[JobKind, tuple[str, ...]]] = {JobKind.BACKTEST: ("metrics.win_rate", "metrics.sharpe_ratio", "money.net_profit")}
# What of a spec lists are filtered by.
FILTERED: Final[Mapping[JobKind, tuple[str, ...]]] = {JobKind.BACKTEST: ("symbol", "strategy.name")}


class KindJobs(Protocol):
    """The jobs of all accounts that are no trainings."""

    async def get(self, job_id: str, *, account_id: str) -> KindJob:
        """Return a job. Raise KindJobNotFoundError."""

    async def named(self, slug: str, *, account_id: str) -> KindJob:
        """Return the account's job of this readable name. Raise KindJobNotFoundError."""

    async def free_slug(self, slug: str, *, account_id: str) -> str:
        """Return the name, or the first of `…-2`, `…-3` that no job of the account has."""

    async def find(self, account_id: str, part: Part, wanted: KindJobFilter = ALL, order: KindJobOrder = NEWEST) -> Page[KindJob]:
        """Return a part of an account's jobs, without logs and of results without what is long."""

    async def add(self, job: KindJob, event: JobRequested) -> None:
        """Keep a new job and tell it, in one insert; one that is known already stays as it is. Raise SlotTakenError."""

    async def slots(self, account_id: str) -> set[int]:
        """Return the slots that the account's jobs have taken."""

    async def apply(self, job_id: str, event: Event) -> None:
        """Bring a job up to an event; one that has seen this or newer stays as it is. Raise JobNotSeenYetError."""

    async def request_cancel(self, job_id: str, event: Event, *, at: datetime) -> None:
        """Write down that the owner wants the job ended, and tell it, in one write; the second time changes nothing."""

    async def note_stopped(self, job_id: str, *, at: datetime, hours: Decimal, progress: int) -> None:
        """Write down that training has ended the job, ahead of the event that tells it; an ended job stays as it is."""

    async def note_charged(self, job_id: str, *, hours: Decimal) -> bool:
        """Write down what was charged; False when there is no such job here."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What the gateway needs to know of a kind.

    `check` refuses a spec that cannot be done (it is told whether candles may be generated); `hours` are set aside for one, and are the
    most that it is charged.
    """

    check: Callable[[Any, bool], None]
    hours: Callable[[Any], Decimal]


def _check_backtest(spec: BacktestSpec, synthetic_allowed: bool) -> None:  # noqa: FBT001 - as Demand says
    """Raise InvalidError that names the fields: all days asked for must have candles, else a curve would be shorter than it says."""
    allowed = synthetic_allowed if spec.synthetic is None else spec.synthetic == "allow"
    try:
        instrument = check_symbol(spec.symbol, synthetic_allowed=allowed)
    except UnknownSymbolError as error:
        raise InvalidError(error.message, details={"symbol": [error.message]}) from error
    check_range(instrument, timeframe=spec.timeframe, start=None, end=None)
    first, last = first_day(instrument, timeframe=spec.timeframe), instrument.end
    there = f"{instrument.symbol} has {spec.timeframe} candles from {first} to {last}."
    given = {"start_date": spec.start_date, "end_date": spec.end_date}
    outside = {name: [f"{there} There are none on {day}."] for name, day in given.items() if day and not first <= day <= last}
    if outside:
        raise InvalidError(there, details=outside)


# 72 CPU seconds: in a new process eleven years of days take one second, and its imports three.
BACKTEST_HOURS: Final = Decimal("0.02")
DEMANDS: Final[Mapping[JobKind, Demand]] = {
    JobKind.BACKTEST: Demand(check=_check_backtest, hours=lambda _: BACKTEST_HOURS),
}
