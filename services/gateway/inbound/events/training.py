"""What the gateway does about events: its views of models and jobs follow them, then webhooks are told."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

from libs.chassis.bus.handlers import Facts, OnEvent
from libs.contracts.envelope import Event
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobCancelled, JobCompleted, JobEvent, JobFailed, JobProgressed, JobRequested
from libs.contracts.marketplace import CreditsCharged
from libs.contracts.training import (
    TrainingCancelled,
    TrainingCompleted,
    TrainingFailed,
    TrainingProgressed,
    TrainingRequested,
)
from services.gateway.domain.models.ports import Jobs
from services.gateway.domain.notices import Notice, Notices
from services.gateway.usecases.jobs.follow_training import FollowTraining

E = TypeVar("E", bound=Event)
TrainingEvent: TypeAlias = TrainingRequested | TrainingProgressed | TrainingCompleted | TrainingFailed | TrainingCancelled
Notify = Callable[[Event], Awaitable[None]]


def bind_training(facts: Facts, *, follow: FollowTraining, notify: Notify, notices: Notices) -> None:
    """Bind each event of a training, and of what it was charged, to its use cases; who watches the job live looks at it after that."""

    async def notify_all(event: TrainingCompleted | TrainingFailed | TrainingCancelled) -> None:
        await notice(event)
        await notify(event)

    async def notice(event: TrainingEvent) -> None:
        await notices.publish(Notice(event.job_id, event.account_id, JobKind.TRAIN, event.model_id))

    facts.on(TrainingRequested)(then(notice, follow.requested))
    facts.on(TrainingProgressed)(then(notice, follow.progressed))
    facts.on(TrainingCompleted)(then(notify_all, follow.completed))
    facts.on(TrainingFailed)(then(notify_all, follow.failed))
    facts.on(TrainingCancelled)(then(notify_all, follow.cancelled))
    facts.on(CreditsCharged)(follow.charged)


def bind_jobs(facts: Facts, *, jobs: Jobs, notices: Notices) -> None:
    """Bring jobs of other kinds than trainings up to what is told of them; who watches them live looks after that."""

    async def notice(event: JobEvent) -> None:
        await notices.publish(Notice(event.job_id, event.account_id, event.kind, event.model_id))

    async def follow(event: JobProgressed | JobCompleted | JobFailed | JobCancelled) -> None:
        await jobs.apply(event.job_id, event)
        await notice(event)

    facts.on(JobRequested)(notice)
    facts.on(JobProgressed)(follow)
    facts.on(JobCompleted)(follow)
    facts.on(JobFailed)(follow)
    facts.on(JobCancelled)(follow)


def then(notify: OnEvent[E], follow: OnEvent[E]) -> OnEvent[E]:
    """Return a handler that follows an event and then tells it."""

    async def both(event: E) -> None:
        # In this order: whoever is told by a webhook that a job has ended, and asks, sees it ended.
        await follow(event)
        await notify(event)

    return both
