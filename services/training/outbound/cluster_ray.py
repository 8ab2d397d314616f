"""The cluster is Ray: each run has a named, detached actor to itself, taken from the warm pool.

An actor whose run has ended well goes back there if runners are wanted; any other is killed.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, NoReturn

import ray
from ray.exceptions import ActorUnavailableError, GetTimeoutError, RayActorError, RayError, RayTaskError

from libs.chassis.tasks import beside
from services.training.domain.errors import ClusterAwayError, RunnerGoneError, RunnerSilentError, RunnerTakenError
from services.training.domain.runs import Assignment, BusyRunner, Sighting
from services.training.outbound.ray_connection import RayConnection
from services.training.outbound.ray_pool import RayPool
from services.training.outbound.runner_words import RunnerPlace, order_of, sighting_from

START_WITHIN_S: Final = 10.0
ANSWER_WITHIN_S: Final = 5.0
# Who says nothing for so long is taken for deaf and killed, with what it has used untold: on a busy machine a good one takes a second.
LAST_WORD_WITHIN_S: Final = 3.0
FREE_WITHIN_S: Final = 10.0
# Together with the last word less than the gateway waits for the answer to a cancellation.
DEAD_WITHIN_S: Final = 3.0
LOOK_AGAIN_S: Final = 0.01


class RayCluster:
    """Implements `Cluster`."""

    def __init__(self, connection: RayConnection, *, pool: RayPool, place: RunnerPlace) -> None:
        self._connection = connection
        self._pool = pool
        self._place = place

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Stay connected and keep runners warm until the context ends; runs go on without us."""
        async with self._connection.running(), beside(self._pool.keep()):
            yield

    async def reserve(self) -> str | None:
        """Set a warm runner aside."""
        return self._pool.reserve() if self._connection.connected else None

    def release(self, runner: str) -> None:
        """Give a reserved runner back unused."""
        self._pool.release(runner)

    async def start(self, runner: str, assignment: Assignment) -> None:
        """Start a run on a reserved runner."""
        order = order_of(assignment, place=self._place)
        try:
            taken = await self._ask(runner, lambda actor: actor.start.remote(order), within=START_WITHIN_S)
        except RunnerSilentError as error:
            msg = f"Runner {runner} does not answer."
            raise RunnerGoneError(msg) from error
        finally:
            self._pool.look()
        if not taken:
            msg = f"Runner {runner} has another run."
            raise RunnerTakenError(msg)

    async def watch(self, runner: str, *, run_id: str, revision: int, lines_seen: int, settle_s: float, hold_s: float) -> Sighting:
        """Return what the run does."""
        options = {"revision": revision, "lines_seen": lines_seen, "settle_s": settle_s, "hold_s": hold_s}
        told = await self._ask(runner, lambda actor: actor.watch.remote(run_id, **options), within=hold_s + ANSWER_WITHIN_S)
        if told is None:
            msg = f"Runner {runner} knows nothing of {run_id}."
            raise RunnerGoneError(msg)
        return sighting_from(told)

    async def stop(self, runner: str, *, run_id: str) -> float | None:
        """End a run; returns when its runner is free for another one, or dead and Ray has its CPU back."""
        seconds, free = None, False
        try:
            answer = await self._ask(runner, partial(_end, run_id=run_id, reuse=self._pool.wants_more), within=LAST_WORD_WITHIN_S)
            if answer is None:
                return None  # It has another run: not ours to end.
            seconds, free = answer if isinstance(answer, tuple) else (answer, False)
            free = free and await self._ask(runner, lambda actor: actor.free.remote(run_id), within=FREE_WITHIN_S)
        except RunnerGoneError:
            return seconds
        except RunnerSilentError:
            if free:
                return seconds  # It may be free, and have another run by now: the sweep ends ours, if it is still there.
        if free is False:
            await self._explained(runner, lambda: _kill(runner))
        self._pool.look()
        return seconds

    async def busy(self) -> list[BusyRunner]:
        """Return the runners that have a run, but for those that are slow to answer."""
        return await self._pool.busy()

    async def _ask(self, runner: str, question: Callable[[Any], Any], *, within: float) -> Any:
        def asked() -> Any:
            return ray.get(question(ray.get_actor(runner)), timeout=within)

        return await self._explained(runner, asked)

    async def _explained(self, runner: str, call: Callable[[], Any]) -> Any:
        try:
            return await self._connection.call(call)
        except (RayError, ValueError) as error:
            self._explain(runner, error)

    def _explain(self, runner: str, error: RayError | ValueError) -> NoReturn:
        """Say in the domain's words what an error of Ray's means."""
        match error:
            case RayTaskError():
                raise error  # Ours: a runner's method has failed.
            case ActorUnavailableError():
                # Its node is dying, or the connection leads to a cluster that is gone.
                self._connection.suspect()
                msg = f"Runner {runner} cannot be reached."
                raise ClusterAwayError(msg) from error
            case RayActorError():
                msg = f"Runner {runner} has died."
                raise RunnerGoneError(msg) from error
            case GetTimeoutError():
                msg = f"Runner {runner} has not answered."
                raise RunnerSilentError(msg) from error
            case ValueError() if "Failed to look up actor" in str(error):
                msg = f"There is no runner {runner}."
                raise RunnerGoneError(msg) from error
            case RayError():
                msg = f"The training cluster does not answer: {error}"
                raise ClusterAwayError(msg[:300]) from error
            case _:
                raise error


def _end(actor: Any, *, run_id: str, reuse: bool) -> Any:
    # A runner of an older release has one run only.
    return actor.end.remote(run_id, reuse=reuse) if hasattr(actor, "end") else actor.seconds.remote(run_id)


def _kill(runner: str) -> None:
    """Kill an actor and wait until it is dead, for then its CPU is free."""
    try:
        actor = ray.get_actor(runner)
    except ValueError:
        return
    ray.kill(actor, no_restart=True)
    until = time.monotonic() + DEAD_WITHIN_S
    while time.monotonic() < until:
        try:
            ray.get(actor.run_id.remote(), timeout=max(0.0, until - time.monotonic()))
        except (RayActorError, GetTimeoutError):
            return
        time.sleep(LOOK_AGAIN_S)
