"""Warm runners: detached Ray actors whose imports are done, made ahead of need and shared by all training instances."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import ray
from prometheus_client import Gauge
from ray.exceptions import RayError

from libs.chassis.logs import log
from libs.contracts.ids import new_id
from services.training.domain.errors import ClusterAwayError
from services.training.domain.runs import BusyRunner
from services.training.outbound.ray_connection import RayConnection
from services.training.outbound.runner import Runner

PREFIX: Final = "runner_"
LOOK_EVERY_S: Final = 2.0
ANSWER_WITHIN_S: Final = 0.5
# Longer than a runner has to take its order: what looks free after that is free.
RESERVED_S: Final = 30.0
# Many watchers may wait on one runner at once, each holding one of its threads for a second.
CONCURRENCY: Final = 16
RUNNERS: Final = Gauge(
    "modelbourse_runners",
    "Runners on Ray: free, busy or starting. Absent while Ray is away. Of the cluster, so take max over instances.",
    ["state"],
    registry=None,
)
RUNNERS_MOST: Final = Gauge(
    "modelbourse_runners_most",
    "Runners that the cluster has room for (`TRAINING_MAX_RUNNERS`, or its CPUs); 0 while Ray is away. Of the cluster: max over instances.",
    registry=None,
)
RAY_RESOURCES: Final = Gauge(
    "modelbourse_ray_resources",
    "What the Ray cluster has: nodes, cpus, gpus. Absent while Ray is away. Of the cluster, so take max over instances.",
    ["resource"],
    registry=None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The runners there are, by name. Those that have not answered yet are `starting`; of free ones: how many runs they have had."""

    starting: frozenset[str] = frozenset()
    free: Mapping[str, int] = field(default_factory=dict)
    busy: Mapping[str, str] = field(default_factory=dict)
    capacity: int = 0
    resources: Mapping[str, int] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return self.starting | frozenset(self.free) | frozenset(self.busy)

    def show(self) -> None:
        """Show it among the metrics; a cluster that is away has no numbers of runners, which is not the same as none."""
        RUNNERS.clear()
        RAY_RESOURCES.clear()
        for resource, count in self.resources.items():
            RAY_RESOURCES.labels(resource).set(count)
        RUNNERS_MOST.set(self.capacity)
        if self.capacity:
            for state, runners in (("starting", self.starting), ("free", self.free), ("busy", self.busy)):
                RUNNERS.labels(state).set(len(runners))


class RayPool:
    """Keeps `warm` runners ready, as far as the cluster has room. `on_free` is called when one has become free.

    Nobody owns the pool: its truth is the list of named actors in Ray, and a runner itself decides whose it is. Two instances
    may make one too many at the same moment; it serves the next job.
    """

    def __init__(
        self,
        connection: RayConnection,
        *,
        trainer: str,
        warm: int,
        most: int | None,
        on_free: Callable[[], None],
        gpus_each: float = 0.0,
    ) -> None:
        """Prepare it; each runner asks for a CPU and `gpus_each` GPUs, and `most` is how many there may be (None: the cluster's CPUs)."""
        self._connection, self._gpus_each = connection, gpus_each
        self._trainer = trainer
        self._warm = warm
        self._most = most
        self._on_free = on_free
        self._view = View()
        # With how many runs they had had then, and until when: one that is free with more of them was used meanwhile, and is free again.
        self._reserved: dict[str, tuple[int, float]] = {}
        self._wake = asyncio.Event()
        self._asked: dict[str, Any] = {}
        self._generation = 0
        self._looking = asyncio.Lock()

    def reserve(self) -> str | None:
        """Set a free runner aside."""
        candidates = sorted(self._available())
        if not candidates:
            return None
        chosen = random.choice(candidates)  # noqa: S311 - two instances that reach for the same one cost each other a try
        self._reserved[chosen] = self._view.free[chosen], time.monotonic() + RESERVED_S
        return chosen

    def release(self, runner: str) -> None:
        """Give a reserved runner back."""
        self._reserved.pop(runner, None)

    def look(self) -> None:
        """Look at the runners now rather than later."""
        self._wake.set()

    @property
    def wants_more(self) -> bool:
        """Whether fewer runners are ready than are to be kept: one that has ended its run is good for another."""
        return self._ready() < self._warm

    async def busy(self) -> list[BusyRunner]:
        """Return the runners that have a run now; one that is slow to answer is left out this time."""
        view = await self._see(anew=True)
        return [BusyRunner(runner=name, run_id=run) for name, run in view.busy.items()]

    async def keep(self) -> None:
        """Keep runners ready until cancelled."""
        while True:
            self._wake.clear()
            try:
                view = await self._see()
                if view.free.items() - self._view.free.items():
                    self._on_free()
                self._view = view
                self._reserved = {name: held for name, held in self._reserved.items() if name in view.names and held[1] > time.monotonic()}
                if missing := self._missing():
                    await self._connection.call(partial(self._make, missing))
            except ClusterAwayError:
                self._view = View()
            except (RayError, ValueError) as error:
                log().warning("the runners could not be looked after", error=f"{type(error).__name__}: {error}"[:300])
            self._view.show()
            await self._pause()

    async def _pause(self) -> None:
        wait = LOOK_EVERY_S * random.uniform(0.7, 1.0) if not self._view.starting else 0.05  # noqa: S311 - not in step with others
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._wake.wait()

    async def _see(self, *, anew: bool = False) -> View:
        """Look at the runners; `anew`, answers to questions asked earlier do not count: they may tell of what was."""
        async with self._looking:
            if anew or self._generation != self._connection.generation:
                self._asked.clear()  # Questions die with the connection they were asked through.
                self._generation = self._connection.generation
            return await self._connection.call(self._look)

    def _missing(self) -> int:
        return max(min(self._warm - self._ready(), self._view.capacity - len(self._view.names)), 0)

    def _ready(self) -> int:
        return len(self._available()) + len(self._view.starting)

    def _available(self) -> set[str]:
        # A reserved one stays so whatever an older look at it still says.
        return {name for name, runs in self._view.free.items() if name not in self._reserved or runs > self._reserved[name][0]}

    def _look(self) -> View:
        """Ask every runner what it does. One that is starting holds its answer back until its imports are done."""
        names = {each for each in ray.util.list_named_actors() if each.startswith(PREFIX)}
        for gone in self._asked.keys() - names:
            del self._asked[gone]
        for name in names - self._asked.keys():
            handle = _handle(name)
            if handle is not None:
                # A runner of an older release, which has one run only, does not count.
                self._asked[name] = handle.state.remote() if hasattr(handle, "state") else handle.run_id.remote()
        references = list(self._asked.values())
        done, _ = ray.wait(references, num_returns=len(references), timeout=ANSWER_WITHIN_S) if references else ([], [])
        free: dict[str, int] = {}
        busy: dict[str, str] = {}
        for name in [name for name, reference in self._asked.items() if reference in done]:
            try:
                told = ray.get(self._asked.pop(name), timeout=ANSWER_WITHIN_S)
            except RayError:
                continue  # Dead or dying: off the list soon.
            run, runs = told if isinstance(told, tuple) else (told, 0)
            if run is None:
                free[name] = runs
            else:
                busy[name] = run
        resources = _resources()
        capacity = self._most if self._most is not None else resources["cpus"]
        return View(starting=frozenset(self._asked), free=free, busy=busy, capacity=capacity, resources=resources)

    def _make(self, count: int) -> None:
        for _ in range(count):
            name = new_id(PREFIX.rstrip("_"))
            actor = ray.remote(Runner).options(
                name=name,
                lifetime="detached",
                # Without this an actor takes no CPU once it runs, and any number of jobs would share one.
                num_cpus=1,
                num_gpus=self._gpus_each,
                max_concurrency=CONCURRENCY,
                # A runner that dies stays dead: its job is taken up again by the service, from the checkpoint.
                max_restarts=0,
                max_task_retries=0,
            )
            actor.remote(self._trainer)


def _resources() -> Mapping[str, int]:
    found: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]  # Ray is typed in part
    # Each node is a resource of its own name; the head's second name is not one more.
    nodes = sum(name.startswith("node:") and name != "node:__internal_head__" for name in found)
    return {"nodes": nodes, "cpus": int(found.get("CPU", 0)), "gpus": int(found.get("GPU", 0))}


def _handle(name: str) -> Any:
    try:
        return ray.get_actor(name)
    except ValueError:
        return None
