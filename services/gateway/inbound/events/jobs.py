"""What the gateway does about events of jobs: its views of models and jobs follow them, then webhooks are told."""

from typing import TypeAlias

from libs.chassis.bus.handlers import Facts
from libs.contracts.job_kinds import JOB_EVENTS, TRAINING_EVENTS, Cancelled, Completed, Failed, Progressed, Requested, kind_word
from libs.contracts.marketplace import CreditsCharged
from services.gateway.domain.notices import Notice, Notices
from services.gateway.inbound.events.notify import Notify, then
from services.gateway.usecases.jobs.follow_jobs import FollowJobs

Ended: TypeAlias = Completed | Failed | Cancelled


def bind_jobs(facts: Facts, *, follow: FollowJobs, notify: Notify, notices: Notices) -> None:
    """Bind each event of a job, and of what it was charged, to its use cases; who watches the job live looks at it after that."""

    async def notice(event: Requested | Progressed | Ended) -> None:
        await notices.publish(Notice(event.job_id, event.account_id, kind_word(event), event.model_id))

    async def notice_and_notify(event: Ended) -> None:
        await notice(event)
        await notify(event)

    async def completed(event: Completed) -> None:
        await notice_and_notify(await follow.completed(event))

    for events in (TRAINING_EVENTS, JOB_EVENTS):
        facts.on(events.requested)(then(notice, follow.requested))
        facts.on(events.progressed)(then(notice, follow.progressed))
        facts.on(events.completed)(completed)
        facts.on(events.failed)(then(notice_and_notify, follow.failed))
        facts.on(events.cancelled)(then(notice_and_notify, follow.cancelled))
    facts.on(CreditsCharged)(follow.charged)
