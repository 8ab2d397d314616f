"""Jobs of other kinds than trainings, as the gateway keeps them; and what it needs to know of each kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Protocol

from libs.chassis.errors import ErrorKind, PlatformError
from libs.chassis.parts import Part
from libs.contracts.backtests import BacktestSpec
from libs.contracts.envelope import Event, JsonObject
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobRequested
from libs.contracts.training import JobError, JobState, LogLine, Priority
from libs.market.catalogue import check_range, check_symbol
from services.gateway.domain.studio_ports import Page


@dataclass(frozen=True, slots=True)
class KindJob:
    """A job as it was last told of; `sequence` is that of the newest event applied, `result` what one that ended well has answered.

    `slot` is its place among those that its account may have at once; None when it has ended.
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


class SlotTakenError(PlatformError, kind=ErrorKind.CONFLICT, code="job_slot_taken", worth_retrying=True):
    """Another job of the account has taken the place in between."""


class KindJobs(Protocol):
    """The jobs of all accounts that are no trainings."""

    async def get(self, job_id: str, *, account_id: str) -> KindJob:
        """Return a job. Raise KindJobNotFoundError."""

    async def find(self, account_id: str, part: Part, *, kind: JobKind | None = None, state: JobState | None = None) -> Page[KindJob]:
        """Return a part of an account's jobs, the newest first, without logs and results."""

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
    """Raise UnknownSymbolError or NoCandlesError, which name the field."""
    allowed = synthetic_allowed if spec.synthetic is None else spec.synthetic == "allow"
    instrument = check_symbol(spec.symbol, synthetic_allowed=allowed)
    check_range(instrument, timeframe=spec.timeframe, start=spec.start_date, end=spec.end_date)


# 72 CPU seconds: in a new process eleven years of days take one second, and its imports three.
BACKTEST_HOURS: Final = Decimal("0.02")
DEMANDS: Final[Mapping[JobKind, Demand]] = {
    JobKind.BACKTEST: Demand(check=_check_backtest, hours=lambda _: BACKTEST_HOURS),
}
