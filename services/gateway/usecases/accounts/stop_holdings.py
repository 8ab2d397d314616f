"""What of an account does not go on while it is suspended: its jobs, its webhooks, its renewals."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.stores.parts import Part
from libs.contracts.job_kinds import JobKind
from libs.contracts.subscriptions import CancelSubscription, SubscriptionState
from libs.contracts.training import JobState
from services.gateway.domain.jobs.errors import CancellationKeptError, CancellationPendingError, JobEndedError, RefundPendingError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.marketplace.ports import Subscriptions
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.webhooks.ports import Webhooks
from services.gateway.usecases.jobs.stop_job import StopJob
from services.gateway.usecases.marketplace.subscribe import ChangeSubscriptions

# More than an account may have of either at a time.
MOST: Final = 1000
SWITCHED_OFF: Final = "The account was suspended."


@dataclass(frozen=True, slots=True)
class CancelJobs:
    """As its owner would: what a job did not use is given back. A wish that is written down holds, also when nobody answers now."""

    jobs: Jobs
    stop: StopJob

    async def __call__(self, account_id: str) -> None:
        """Cancel what waits or runs, of any kind."""
        states = [state for state in JobState if not state.ended]
        pages = [await self.jobs.find(account_id, Part(MOST), JobFilter(kind, states)) for kind in JobKind]
        await asyncio.gather(*(self._cancel(job) for page in pages for job in page.items))

    async def _cancel(self, job: Job) -> None:
        with suppress(JobEndedError, CancellationPendingError, CancellationKeptError, RefundPendingError):
            await self.stop(job.id, account_id=job.account_id, reason=SWITCHED_OFF)


@dataclass(frozen=True, slots=True)
class SwitchOffWebhooks:
    """Nothing is delivered, and nothing new is queued, until their owner switches them on again."""

    webhooks: Webhooks
    clock: Clock

    async def __call__(self, account_id: str) -> None:
        """Switch off those that are on."""
        await self.webhooks.switch_off(account_id, reason=SWITCHED_OFF, at=self.clock())


@dataclass(frozen=True, slots=True)
class StopRenewals:
    """Who cannot log in cannot cancel: nothing more is charged. What is paid can be used until its end, after the account is resumed."""

    subscriptions: Subscriptions
    change: ChangeSubscriptions

    async def __call__(self, account_id: str) -> None:
        """Cancel what renews itself. Raise AskTimeoutError or UnavailableError."""
        page = await self.subscriptions.find(account_id, Part(MOST), states={SubscriptionState.ACTIVE, SubscriptionState.PENDING})
        for told in page.items:
            if told.auto_renew:
                with suppress(AskRefusedError):  # Over in the meantime.
                    await self.change(CancelSubscription(subscription_id=told.subscription_id, account_id=account_id))
