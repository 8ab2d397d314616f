"""Build a view anew from its owner's documents: a page at a time, as often as one likes, while everything runs."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from libs.chassis.logs import log
from libs.contracts.job_kinds import JobKind
from libs.contracts.snapshots import JobStanding, OtherJobSnapshot, ReadCharges, ReadJobs, ReadListings, ReadSubscriptions, SnapshotPage
from services.gateway.domain.jobs.errors import JobNotFoundError, JobNotSeenYetError
from services.gateway.domain.jobs.job import Job, end_of, restored_job, restored_training
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.terms import TERMS
from services.gateway.domain.services import Owners
from services.gateway.usecases.jobs.follow_jobs import FollowJobs
from services.gateway.usecases.marketplace.follow_listings import FollowListings
from services.gateway.usecases.marketplace.follow_subscriptions import FollowSubscriptions


class View(StrEnum):
    """What the gateway keeps of other services' documents; in this order a charge finds its job."""

    JOBS = "jobs"
    CHARGES = "charges"
    LISTINGS = "listings"
    SUBSCRIPTIONS = "subscriptions"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How far it has come: `read` documents of this page, `next_after` is where the next one begins (None: all is done)."""

    read: int
    next_after: str | None
    count: int


@dataclass(frozen=True, slots=True)
class RebuildView:
    """A document that is older than what is known changes nothing, so events may come meanwhile."""

    owners: Owners
    of_jobs: Jobs
    follow_jobs: FollowJobs
    follow_listings: FollowListings
    follow_subscriptions: FollowSubscriptions

    async def __call__(self, view: View, *, after: str) -> Rebuilt:
        """Read one page of the owner's documents behind an id and bring the view up to it. Raise UnavailableError or AskTimeoutError."""
        pages: Mapping[View, Callable[[str], Coroutine[Any, Any, tuple[SnapshotPage, int]]]] = {
            View.JOBS: self._jobs,
            View.CHARGES: self._charges,
            View.LISTINGS: self._listings,
            View.SUBSCRIPTIONS: self._subscriptions,
        }
        page, read = await pages[view](after)
        return Rebuilt(read, page.next_after, page.count)

    async def _jobs(self, after: str) -> tuple[SnapshotPage, int]:
        page = await self.owners.jobs(ReadJobs(after=after))
        for each in page.jobs:
            await self._bring(restored_training(each), each)
        for other in page.others:
            # A large grid takes a moment.
            if (job := await asyncio.to_thread(_restored, other)) is not None:
                await self._bring(job, other)
        return page, len(page.jobs) + len(page.others)

    async def _bring(self, job: Job, told: JobStanding) -> None:
        """Bring the view up to a job. What it has changed comes first, if its end was never heard of."""
        if (end := end_of(job, told)) is not None and await self._is_open(job):
            await self.follow_jobs.missed(end)
        await self.of_jobs.restore(job, continued_hours=told.continued_hours)

    async def _is_open(self, job: Job) -> bool:
        try:
            return not (await self.of_jobs.get(job.id, account_id=job.account_id, kind=None)).state.ended
        except JobNotFoundError:
            return False

    async def _charges(self, after: str) -> tuple[SnapshotPage, int]:
        page = await self.owners.charges(ReadCharges(after=after))
        for each in page.charges:
            with suppress(JobNotSeenYetError):  # Its job is not in the view yet.
                await self.of_jobs.note_charged(each.job_id, hours=each.charged_hours)
        return page, len(page.charges)

    async def _listings(self, after: str) -> tuple[SnapshotPage, int]:
        page = await self.owners.listings(ReadListings(after=after))
        for each in page.listings:
            await self.follow_listings.note(each)
        return page, len(page.listings)

    async def _subscriptions(self, after: str) -> tuple[SnapshotPage, int]:
        page = await self.owners.subscriptions(ReadSubscriptions(after=after))
        for each in page.subscriptions:
            await self.follow_subscriptions.note(each)
        return page, len(page.subscriptions)


def _restored(told: OtherJobSnapshot) -> Job | None:
    """Return the job; None for one of which this release can make no view, which must not keep those behind it from theirs."""
    if told.kind not in set(JobKind):
        return None
    kind = JobKind(told.kind)
    try:
        return restored_job(told, kind=kind, tried=TERMS[kind].tried)
    except ValidationError as error:
        log().error("a job is left out of the view: its spec cannot be read", job_id=told.job_id, kind=told.kind, exc_info=error)
        return None
