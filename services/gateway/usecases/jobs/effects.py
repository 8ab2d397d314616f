"""What a job changes beside itself, from its draft to its end. Here: nothing. A training makes a version (make_version.py)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from libs.contracts.envelope import Message
from libs.contracts.job_kinds import Cancelled, Completed, Failed, JobKind
from libs.contracts.training import JobState, Priority
from libs.contracts.trials import Tried
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.terms import Outcome
from services.gateway.domain.models.errors import VersionTakenError
from services.gateway.domain.models.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done.

    `spec` is of the kind's own model (`libs.contracts.job_kinds`), None where the job's subject has it; `slug` is the readable id that
    the job should have, and its name where it has no other. What a model's schedule orders is measured against what serves. What the
    platform does `unasked` leaves the last free slot to who asks.
    """

    kind: JobKind
    spec: Message | None = None
    name: str | None = None
    priority: Priority = Priority.NORMAL
    model_id: str | None = None
    parent: str | None = None
    slug: str | None = None
    scheduled: bool = False
    unasked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A job before there is one: its spec, what it is called where nobody says so, its subject and what its request says of that.

    `tried` are the configurations that a backtest tries.
    """

    spec: Message
    name: str
    model: Model | None = None
    about: Mapping[str, Any]
    tried: Tried | None = None


class Effects:
    """What comes of a job that changes nothing but itself. Every method may be called twice for the same job."""

    async def draft(self, order: Order, *, account_id: str) -> Draft:  # noqa: ARG002 - as others need it
        """Return the job that an order asks for; raise what keeps its subject from being worked on at all."""
        if order.spec is None:
            message = f"a {order.kind.noun} is ordered with its spec"
            raise ValueError(message)
        return Draft(spec=order.spec, name=order.kind.noun, about={"model_id": order.model_id})

    def check(self, draft: Draft) -> None:
        """Raise what keeps the draft's subject from being worked on now."""

    async def redraft(self, draft: Draft, taken: VersionTakenError) -> Draft:  # noqa: ARG002 - as others need it
        """Return the draft as it should be now that another job has made what this one would."""
        raise taken

    async def claim(self, draft: Draft, *, job_id: str, account_id: str) -> Draft:  # noqa: ARG002 - as others need it
        """Write down what the job takes before it is there, and return its draft with what only then is known."""
        return draft

    async def withdraw(self, job_id: str) -> None:
        """Give back what a job has claimed that was refused after all."""

    async def accepted(self, job: Job, draft: Draft) -> None:
        """Show the job that was just accepted on its subject."""

    async def requested(self, job: Job) -> None:
        """Do the same, as its event says that it was accepted."""

    async def completed(self, event: Completed) -> None:
        """Bring in what the job has made; it is seen to have ended after this."""

    async def ended(self, event: Failed | Cancelled, state: JobState) -> None:
        """Give its subject back; the job is seen to have ended after this."""

    async def stopped(self, job: Job) -> None:
        """Do the same, ahead of the event that tells it."""


OutcomeEffects: TypeAlias = Mapping[Outcome, Effects]
