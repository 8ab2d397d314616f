"""The one connection of this process to the Ray cluster: made again by itself when the cluster was away or is another one."""

import asyncio
import contextlib
import logging
import random
import signal
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import ray
from ray.exceptions import RayActorError, RayError

from libs.chassis.logs import log
from libs.chassis.refusals import tell
from libs.chassis.tasks import beside
from services.training.domain.errors import ClusterAwayError
from services.training.outbound.ray_refusals import why_refused

T = TypeVar("T")
LOOK_EVERY_S: Final = 1.0
LOOK_WITHIN_S: Final = 2.0
FIRST_WAIT_S: Final = 0.2
LONGEST_WAIT_S: Final = 3.0
# Each running job keeps one of them waiting for news.
THREADS: Final = 64


class RayConnection:
    """Calls into Ray from asyncio: each in a thread, all bounded, none while the connection is being made again.

    Found by killing Ray's processes: a driver does not notice a new head at the old address, its calls fail for ever;
    `shutdown` and `init` mend that within a second and leave detached actors alone. A driver that keeps its connection
    to a dead head for 60 s is ended by Ray itself (`Failed to connect to GCS`), and then its supervisor starts it again.
    """

    def __init__(self, address: str, *, namespace: str) -> None:
        self._address = address
        self._namespace = namespace
        self._connected = False
        self.generation = 0
        self._suspected = asyncio.Event()
        self._under_way: set[Future[Any]] = set()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ray")

    @property
    def connected(self) -> bool:
        """Whether the cluster answered last time. `generation` counts the connections that were made."""
        return self._connected

    def suspect(self) -> None:
        """Say that an actor could not be reached: the connection is made again, in case it leads to a cluster that is gone."""
        self._suspected.set()

    async def call(self, function: Callable[[], T]) -> T:
        """Run a blocking, bounded call into Ray; raises `ClusterAwayError` while there is no connection."""
        if not self._connected:
            msg = "The training cluster is away."
            raise ClusterAwayError(msg)
        under_way = self._threads.submit(function)
        # Kept until the thread is done, which is later than when a caller gives up.
        self._under_way.add(under_way)
        under_way.add_done_callback(self._under_way.discard)
        try:
            return await asyncio.wrap_future(under_way)
        except RayActorError:
            raise  # Of one actor; the caller knows which.
        except RayError as error:
            if not isinstance(error, TimeoutError):
                self.suspect()
            raise

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep connected until the context ends."""
        try:
            async with beside(self._keep()):
                yield
        finally:
            self._connected = False
            await self._disconnect()
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _keep(self) -> None:
        pause = FIRST_WAIT_S
        while True:
            if not await self._listens():
                await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreads attempts
                pause = min(pause * 2, LONGEST_WAIT_S)
                continue
            if why := await asyncio.get_running_loop().run_in_executor(self._threads, why_refused, self._address):
                tell(why)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_WAIT_S)
                continue
            try:
                await asyncio.get_running_loop().run_in_executor(self._threads, self._connect)
            except Exception as error:  # noqa: BLE001 - whatever Ray raises, the answer is to say so and to try again
                log().warning("the cluster does not take us yet", address=self._address, error=str(error)[:300])
                await self._disconnect()
                await asyncio.sleep(pause)
                continue
            _restore_signal_handlers()
            pause = FIRST_WAIT_S
            self.generation += 1
            self._connected = True
            log().info("connected to the cluster", address=self._address)
            await self._until_lost()
            self._connected = False
            log().warning("the cluster is away; connecting again", address=self._address)
            await self._disconnect()

    async def _until_lost(self) -> None:
        """Return when nothing listens at the head's address any more, or when someone suspects the connection."""
        self._suspected.clear()
        while await self._listens():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._suspected.wait()
                # Several calls fail at once; and a head that was killed may take a moment to be gone.
                await asyncio.sleep(LOOK_EVERY_S)
                return

    async def _listens(self) -> bool:
        host, _, port = self._address.rpartition(":")
        try:
            async with asyncio.timeout(LOOK_WITHIN_S):
                _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        except OSError:
            return False
        writer.close()
        return True

    def _connect(self) -> None:
        # Ray writes its own lines past our format; what matters of them is told by us.
        logging.getLogger("ray").setLevel(logging.ERROR)
        ray.init(self._address, namespace=self._namespace, log_to_driver=False, configure_logging=False)

    async def _disconnect(self) -> None:
        """Leave the cluster when the calls that are under way have come back; they are all bounded."""

        def leave() -> None:
            wait(list(self._under_way))
            ray.shutdown()

        await asyncio.get_running_loop().run_in_executor(self._threads, leave)


def _restore_signal_handlers() -> None:
    """Put Python's handlers back: Ray's core installs one that prints the stack at every SIGTERM, a normal stop included."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.getsignal(number))
        signal.siginterrupt(number, False)  # noqa: FBT003  # as asyncio sets it: system calls go on after the signal
