"""The port Cluster inside one process: real runners in threads, shared by all services of a story. Held to Ray's contract tests."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from libs.contracts.ids import new_id
from services.training.domain.errors import ClusterAwayError, RunnerGoneError, RunnerTakenError
from services.training.domain.runs import Assignment, BusyRunner, Sighting
from services.training.outbound.runner import Runner
from services.training.outbound.runner_words import RunnerPlace, order_of, sighting_from

TRAINER = "tests.training.trainers:scripted_or_real"


@dataclass
class Machines:
    """Where the runners of a story live, like a Ray cluster, whoever connects to it. `away` makes all calls fail.

    Nothing starts while `may_start` is not set.
    """

    capacity: int
    runners: dict[str, Runner] = field(default_factory=dict)
    away: bool = False
    on_free: list[Callable[[], None]] = field(default_factory=list)
    may_start: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_start.set()

    def fill(self) -> None:
        while len(self.runners) < self.capacity:
            self.runners[new_id("runner")] = Runner(TRAINER)
        for tell in self.on_free:
            tell()

    def kill(self, runner: str) -> None:
        """What kill -9 does: the runner is no more, whatever its thread still thinks."""
        self.runners.pop(runner, None)
        self.fill()

    def kill_all(self) -> None:
        for runner in list(self.runners):
            self.kill(runner)


class ThreadCluster:
    """Implements Cluster. A killed runner's thread goes on unheard, as nothing can end it."""

    def __init__(self, machines: Machines, *, place: RunnerPlace, on_free: Callable[[], None]) -> None:
        self._machines, self._place, self._on_free = machines, place, on_free
        self._reserved: dict[str, int] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self._machines.on_free.append(self._on_free)
        self._machines.fill()
        try:
            yield
        finally:
            self._machines.on_free.remove(self._on_free)

    async def reserve(self) -> str | None:
        if self._machines.away:
            return None
        states = {name: runner.state() for name, runner in self._machines.runners.items()}
        free = [name for name, (run, runs) in states.items() if run is None and runs > self._reserved.get(name, -1)]
        if not free:
            return None
        chosen = random.choice(free)
        self._reserved[chosen] = states[chosen][1]
        return chosen

    def release(self, runner: str) -> None:
        self._reserved.pop(runner, None)

    async def start(self, runner: str, assignment: Assignment) -> None:
        await self._machines.may_start.wait()
        if not self._runner(runner).start(order_of(assignment, place=self._place)):
            raise RunnerTakenError(runner)

    async def watch(self, runner: str, *, run_id: str, revision: int, lines_seen: int, settle_s: float, hold_s: float) -> Sighting:
        asked = self._runner(runner)
        options: dict[str, Any] = {"revision": revision, "lines_seen": lines_seen, "settle_s": settle_s, "hold_s": hold_s}
        told = await asyncio.to_thread(asked.watch, run_id, **options)
        if told is None or self._runner(runner) is not asked:
            raise RunnerGoneError(runner)
        return sighting_from(told)

    async def stop(self, runner: str, *, run_id: str) -> float | None:
        try:
            asked = self._runner(runner)
        except RunnerGoneError:
            return None
        match asked.end(run_id, reuse=True):
            case None:
                return None
            case seconds, True if asked.free(run_id):
                self._machines.fill()
            case seconds, _:
                self._machines.kill(runner)
        return seconds

    async def busy(self) -> list[BusyRunner]:
        if self._machines.away:
            raise ClusterAwayError("away")
        return [BusyRunner(runner=name, run_id=run) for name, runner in self._machines.runners.items() if (run := runner.run_id())]

    def _runner(self, name: str) -> Runner:
        if self._machines.away:
            raise ClusterAwayError("away")
        if name not in self._machines.runners:
            raise RunnerGoneError(name)
        return self._machines.runners[name]
