"""What time makes the gateway do: deliver to webhooks as soon as something is due, to many of them side by side."""

import asyncio
import collections
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from prometheus_client import Counter

from libs.chassis.liveness.keep_going import keep_going
from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log
from libs.chassis.tasks import cancelled, end
from services.gateway.domain.webhooks.webhook import Turn
from services.gateway.usecases.webhooks.deliver import Deliver

LOOK_EVERY_S: Final = 0.5
SIDE_BY_SIDE: Final = 32
# Of one account: those whose receivers never answer hold nobody else up.
SIDE_BY_SIDE_OF_ONE: Final = 4
STOP_WITHIN_S: Final = 5.0
ATTEMPTS: Final = Counter(
    "modelbourse_webhook_attempts",
    "Requests to webhooks: delivered, failed (refused, no answer, not reachable) or broken off by us.",
    ["outcome"],
    registry=None,
)


class Postman:
    """Delivers until it is stopped; any number of gateways may have one. `wake` makes it look at once."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._woken = asyncio.Event()
        self._stopping = asyncio.Event()
        self._out: dict[asyncio.Task[None], str] = {}

    def wake(self) -> None:
        """Say that something has become due."""
        self._woken.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver in the background. On leaving, what is under way may end; what does not is sent again by another gateway."""
        self._stopping.clear()
        going = asyncio.create_task(keep_going(self._go_round, what="the delivery to webhooks", stopping=self._stopping))
        try:
            yield
        finally:
            self._stopping.set()
            self.wake()
            await end(going, within=STOP_WITHIN_S)
            if self._out:
                await asyncio.wait(self._out, timeout=STOP_WITHIN_S)
            await cancelled(*self._out)

    async def _go_round(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            while len(self._out) < SIDE_BY_SIDE and not self._stopping.is_set() and (turn := await self._deliver.take(but_of=self._busy())):
                task = asyncio.create_task(self._carry(turn))
                self._out[task] = turn.webhook.account_id
                task.add_done_callback(self._back)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._woken.wait()

    def _busy(self) -> list[str]:
        """Return the accounts that have as many deliveries under way as one may have."""
        return [account for account, count in collections.Counter(self._out.values()).items() if count >= SIDE_BY_SIDE_OF_ONE]

    def _back(self, task: asyncio.Task[None]) -> None:
        del self._out[task]
        self.wake()  # The webhook's next delivery may be due.

    async def _carry(self, turn: Turn) -> None:
        webhook_id = turn.webhook.id
        try:
            attempt = await self._deliver(turn)
        except Exception as error:  # noqa: BLE001  # told here; the turn ends by itself, and the delivery is tried again
            ATTEMPTS.labels("broken_off").inc()
            log().warning("a delivery was cut off", webhook_id=webhook_id, error=type(error).__name__, exc_info=not is_passing(error))
            return
        if attempt:
            ATTEMPTS.labels("delivered" if attempt.succeeded else "failed").inc()
        if attempt and not attempt.succeeded:
            log().info("a delivery has failed", webhook_id=webhook_id, status=attempt.status, ms=attempt.took_ms)
