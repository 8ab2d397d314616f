"""Do the work of a request with an Idempotency-Key once, however often it is sent."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError, UnavailableError
from libs.chassis.logs import log
from services.gateway.domain.errors import KeyReusedError, StillRunningError
from services.gateway.domain.repeats import KEY, KEY_RULE, Answer, Repeat, Repeats
from services.gateway.domain.work import Work

# So long a process that was killed keeps the next attempt waiting; who lives renews it, four times in its length.
LEASE: Final = timedelta(seconds=5)
RENEWALS: Final = 4
LOOK_EVERY_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class RunOnce:
    """The same key and the same request give the same answer. `wait_s` is how long a second one waits for the first."""

    repeats: Repeats
    wait_s: float = 5.0
    lease: timedelta = LEASE

    async def __call__(self, *, key: str, account_id: str, route: str, request: bytes, run: Callable[[Work], Awaitable[Answer]]) -> Answer:
        """Run the work, or return the answer that it had.

        Raise InvalidError for a malformed key, KeyReusedError when the key came with another request, StillRunningError when the
        first one does not end. A process that dies half-way leaves the request to the next attempt, with the same ids in `Work`.
        """
        if not KEY.fullmatch(key):
            msg = "The Idempotency-Key cannot be used."
            raise InvalidError(msg, details={"Idempotency-Key": [f"It has {KEY_RULE}."]})
        seed = _seed(key, account_id=account_id, route=route)
        fingerprint = hashlib.sha256(request).hexdigest()
        holder = secrets.token_hex(8)
        repeat = await self._begin(seed, fingerprint=fingerprint, holder=holder)
        if repeat.answer is not None:
            return repeat.answer
        holding = asyncio.create_task(self._hold(seed, holder=holder))
        try:
            answer = await run(Work(seed=f"{seed}{repeat.began_at.isoformat()}", began_ms=int(repeat.began_at.timestamp() * 1000)))
        except PlatformError as error:
            # A refusal began nothing. After an outage or a mistake of ours nobody knows: the next attempt goes on under the same ids,
            # whatever this one was told.
            known = not error.worth_retrying and error.kind is not ErrorKind.INTERNAL
            await self.repeats.let_go(seed, holder=holder, forget=known and not repeat.again)
            raise
        except BaseException:
            await self.repeats.let_go(seed, holder=holder, forget=False)
            raise
        finally:
            holding.cancel()
        await self.repeats.finish(seed, holder=holder, answer=answer)
        return answer

    async def has_begun(self, key: str, *, account_id: str, route: str) -> bool:
        """Tell whether a request with this key has come before and was not refused: what it made is no reason to refuse it."""
        return await self.repeats.has_begun(_seed(key, account_id=account_id, route=route))

    async def _hold(self, seed: str, *, holder: str) -> None:
        """Renew the lease for as long as this process works on the request, and no other has taken it over."""
        kept = True
        while kept:
            await asyncio.sleep(self.lease.total_seconds() / RENEWALS)
            try:
                kept = await self.repeats.renew(seed, holder=holder, lease=self.lease)
            except UnavailableError as error:  # A store that is away lets nobody take the request over either.
                log().warning("the lease of a request could not be renewed", error=error.message)

    async def _begin(self, seed: str, *, fingerprint: str, holder: str) -> Repeat:
        give_up = time.monotonic() + self.wait_s
        while True:
            repeat = await self.repeats.begin(seed, fingerprint=fingerprint, holder=holder, lease=self.lease)
            if repeat.fingerprint != fingerprint:
                message = "This Idempotency-Key was already used for another request."
                raise KeyReusedError(
                    message, details={"Idempotency-Key": ["Use a new key for a new request, or send the first request again."]}
                )
            if repeat.mine or repeat.answer is not None:
                return repeat
            if time.monotonic() > give_up:
                message = "The first request with this Idempotency-Key is still running; ask again in a moment."
                raise StillRunningError(message)
            await asyncio.sleep(LOOK_EVERY_S)


def _seed(key: str, *, account_id: str, route: str) -> str:
    return hashlib.sha256(f"{account_id}\n{route}\n{key}".encode()).hexdigest()
