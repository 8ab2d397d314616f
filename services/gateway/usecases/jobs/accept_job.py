"""Accept a job of any kind: a free slot, credits set aside, then one insert that makes the job and tells of it."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

from libs.chassis.errors import PlatformError
from libs.contracts.job_kinds import JobKind
from libs.contracts.marketplace import ReserveCredits, SettleCredits
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.errors import TooManyRequestsError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.models.errors import JobNotFoundError, ModelChangedError, SlotTakenError
from services.gateway.domain.models.ports import Jobs
from services.gateway.domain.services import Marketplace
from services.gateway.domain.work import Work

TRIES: Final = 10
# Inserts the job with the hours that are set aside for it, in this slot.
Insert: TypeAlias = Callable[[Decimal, int], Awaitable[Job]]
# Raises where a new job is one too many; what it returns is called when there is no new job after all.
Admit: TypeAlias = Callable[[], Callable[[], None]]


def nothing() -> None:
    """Do nothing."""


def anyone() -> Callable[[], None]:
    """Admit whoever comes."""
    return nothing


@dataclass(frozen=True, slots=True)
class AcceptJob:
    """What starting a job has in common, whatever its kind."""

    jobs: Jobs
    limits: TierLimits
    marketplace: Marketplace

    async def known(self, job_id: str, *, caller: Caller, work: Work, kind: JobKind) -> Job | None:
        """Return the job that the same request made before it was cut off."""
        return None if work.seed is None else await self._there(job_id, caller=caller, kind=kind)

    async def __call__(self, job_id: str, *, caller: Caller, hours: Decimal, taken: set[int], insert: Insert, admit: Admit = anyone) -> Job:
        """Return what `insert` returns, which is called again in another slot when somebody else took the first.

        `taken` are the slots that the account's jobs had a moment ago; `admit` is called once there is a free one and the
        credits are set aside.

        Raise SubscriptionRequiredError or LimitReachedError (no slot is free), AskRefusedError (too few credits), AskTimeoutError,
        UnavailableError, SlotTakenError, or what `insert` raises.
        """
        slot = self._free_slot(taken, caller)
        # The same job twice is one reservation, so what it says counts.
        ask = ReserveCredits(job_id=job_id, account_id=caller.account_id, tier=caller.tier.value, hours=hours)
        reserved = (await self.marketplace.reserve(ask)).hours
        withdraw = nothing
        try:
            withdraw = admit()
            return await self._insert(insert, reserved, slot=slot, caller=caller)
        except PlatformError as error:
            # Where nobody knows whether it was written the reservation stays, and expires by itself if no job confirms it.
            if isinstance(error, SlotTakenError | ModelChangedError | TooManyRequestsError) or not error.worth_retrying:
                withdraw()
                if known := await self._there(job_id, caller=caller):
                    return known  # The same request, running twice at once, was faster and has taken what this one was refused.
                await self._release(job_id, caller)
            raise

    async def _insert(self, insert: Insert, hours: Decimal, *, slot: int, caller: Caller) -> Job:
        for _ in range(TRIES):
            try:
                return await insert(hours, slot)
            except SlotTakenError:
                slot = self._free_slot(await self.jobs.slots(caller.account_id), caller)
        raise SlotTakenError

    def _free_slot(self, taken: set[int], caller: Caller) -> int:
        """Return a free slot, any of them: so those who start jobs at once seldom choose the same."""
        most = self.limits.most(Limit.JOBS, caller.tier)
        free = [] if len(taken) >= most else sorted(set(range(most)) - taken)
        if not free:
            raise self.limits.refusal(Limit.JOBS, tier=caller.tier)
        return random.choice(free)  # noqa: S311 - nothing is to be kept from anybody

    async def _there(self, job_id: str, *, caller: Caller, kind: JobKind | None = None) -> Job | None:
        try:
            return await self.jobs.get(job_id, account_id=caller.account_id, kind=kind)
        except JobNotFoundError:
            return None

    async def _release(self, job_id: str, caller: Caller) -> None:
        ask = SettleCredits(job_id=job_id, account_id=caller.account_id, outcome="released", used_hours=Decimal(0))
        await self.marketplace.settle(ask)
