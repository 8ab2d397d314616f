"""The background tasks that look after running jobs, one for each run."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from libs.chassis.logs import correlated, log
from libs.chassis.tasks import cancelled
from libs.chassis.telemetry import join_trace
from services.training.domain.job import Job
from services.training.domain.runs import job_id_of


class FollowingTasks:
    """Implements `Following`. A task that fails is logged and forgotten; the next sweep finds its job without a follower."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._starting: set[str] = set()
        self._follow: Callable[[Job], Awaitable[None]] | None = None

    @asynccontextmanager
    async def running(self, follow: Callable[[Job], Awaitable[None]]) -> AsyncIterator[None]:
        """Let `follow` look after jobs until the context ends; then leave them, their runs go on."""
        self._follow = follow
        try:
            yield
        finally:
            await cancelled(*self._tasks.values())

    @contextmanager
    def starting(self, job: Job) -> Iterator[None]:
        """Keep a job's lease while its runner is being asked to begin, however long that takes."""
        self._starting.add(job.id)
        try:
            yield
        finally:
            self._starting.discard(job.id)

    def begin(self, job: Job) -> None:
        """Look after this job's run until it is over."""
        assert job.run is not None
        if job.run.id not in self._tasks:
            self._tasks[job.run.id] = asyncio.create_task(self._look_after(job, run_id=job.run.id))

    @property
    def job_ids(self) -> list[str]:
        """The jobs that are looked after now."""
        return [*{*self._starting, *map(job_id_of, self._tasks)}]

    async def _look_after(self, job: Job, *, run_id: str) -> None:
        assert self._follow is not None
        # What is told of the job belongs to the trace of its request; a span as long as the job would help nobody.
        join_trace(job.traceparent)
        try:
            with correlated(job.correlation_id):
                await self._follow(job)
        except Exception:  # noqa: BLE001 - the job is taken over again by the next sweep; the error is told here
            log().exception("a running job lost its follower", job_id=job.id)
        finally:
            del self._tasks[run_id]
