"""Ask the LLM: reserved by an upper bound, in turn, with the first key that is good, within a time; settled by what it used."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import orjson

from libs.contracts.ids import new_id
from libs.contracts.llm import LlmKeys, LlmReason
from services.inference.domain.llm import (
    PERIODIC,
    STRANGERS,
    KeptAnswers,
    LlmAbsentError,
    LlmBooks,
    LlmCall,
    LlmCallError,
    LlmMeters,
    LlmProvider,
    LlmReply,
    LlmRequest,
    LlmTurns,
    Payer,
)
from services.inference.domain.llm_prices import cost_of

NOT_CONFIGURED: Final = "No LLM is configured (INFERENCE_LLM_API_KEY)."
# Of the tries of one request, those for a server that takes another way of asking.
OTHER_WAYS: Final = 2
OK: Final = "ok"
# So long a call may take whose turn came at the last moment.
LEAST_S: Final = 1.0


@dataclass(slots=True, kw_only=True)
class AskLlm:
    """Implements the port Llm; `provider` is None where none is configured. What it would have asked is answered again all the same.

    Calls that are out go on when nobody waits for them any more: they are paid for, so they are settled, and their answers
    kept, or what their failure says of the key.
    """

    provider: LlmProvider | None
    turns: LlmTurns
    books: LlmBooks
    kept: KeptAnswers
    meters: LlmMeters
    clock: Callable[[], datetime]
    price: tuple[float, float]
    within_s: float
    call_within_s: float
    configured_model: str
    waiting_most: int
    _out: set[asyncio.Task[LlmReply]] = field(default_factory=set)
    last_failure: LlmReason | None = None

    @property
    def model(self) -> str | None:
        """The model that would be asked; None where none is configured."""
        return self.provider.model if self.provider else None

    async def keys(self) -> LlmKeys:
        """Count the keys, and those that are held back."""
        names = self.provider.keys if self.provider else ()
        held = await self.turns.held() if names else {}
        waits = [held[name] for name in names if name in held]
        return LlmKeys(configured=len(names), usable=len(names) - len(waits), next_usable_in_s=min(waits, default=None))

    async def __call__(self, request: LlmRequest, *, payer: Payer, replay: bool = False, until: float | None = None) -> LlmReply:
        """Return the answer; with `replay` the one that was kept of exactly this, where there is one.

        It ends by `until` (of the monotonic clock), turns and tries with further keys included; left out: `within_s` from now. Raise
        LlmAbsentError, or LlmQueueFullError.
        """
        whose, fingerprint = payer.account, fingerprint_of(request, model=self.configured_model)
        if replay and (kept := await self.kept.find(whose, fingerprint)) is not None:
            return replace(kept, kept=True)
        if self.provider is None:
            raise LlmAbsentError(LlmReason.NOT_CONFIGURED, NOT_CONFIGURED)
        try:
            return await self._ask(self.provider, request, payer, until=until or time.monotonic() + self.within_s)
        except LlmAbsentError as error:
            self.last_failure = error.reason
            self.meters.put_aside(error.reason)
            raise

    async def finish(self, *, within_s: float) -> None:
        """Let calls that are out come to their end, for so long."""
        if self._out:
            await asyncio.wait(self._out, timeout=within_s)

    async def _ask(self, provider: LlmProvider, request: LlmRequest, payer: Payer, *, until: float) -> LlmReply:
        for _ in range(len(provider.keys) + OTHER_WAYS):
            key = await self._good_key(provider)
            call = self._call(request, payer, model=provider.model)
            await self.books.reserve(call)
            try:
                # Strangers are one account, and none of them may answer for what others ask.
                most = None if payer.account in {PERIODIC, STRANGERS} else self.waiting_most
                await self.turns.take(account=payer.account, within_s=until - time.monotonic(), most=most)
            except BaseException:  # Whoever is cancelled has made no call, either.
                await asyncio.shield(self.books.withdraw(call))
                raise
            try:
                return await self._let_out(self._kept(provider, request, call, key=key, until=until))
            except LlmCallError as error:
                if error.held_s is None and not error.again:
                    raise LlmAbsentError(error.reason, error.message) from error
        raise await self._exhausted(provider)

    async def _let_out(self, calling: Coroutine[Any, Any, LlmReply]) -> LlmReply:
        task = asyncio.create_task(calling)
        self._out.add(task)
        task.add_done_callback(self._came_back)
        return await asyncio.shield(task)

    def _came_back(self, task: asyncio.Task[LlmReply]) -> None:
        self._out.discard(task)
        if not task.cancelled():
            task.exception()  # Looked at, as perhaps nobody waited: else asyncio complains.

    async def _kept(self, provider: LlmProvider, request: LlmRequest, call: LlmCall, *, key: str, until: float) -> LlmReply:
        """Make the call, and keep what it says: an answer, that its key is of no use for now, that it failed. Nobody need wait for it."""
        try:
            reply = await self._settled(provider, request, call, key=key, until=until)
        except LlmCallError as error:
            if error.held_s is not None:
                await self.turns.hold(key, for_s=error.held_s)
            if not error.again:
                self.last_failure = error.reason
            raise
        self.last_failure = None
        await self.kept.keep(call.payer.account, fingerprint_of(request, model=call.model), reply, prompt=request.prompt)
        return reply

    async def _settled(self, provider: LlmProvider, request: LlmRequest, call: LlmCall, *, key: str, until: float) -> LlmReply:
        """Make the call and settle it. Whose process ends meanwhile settles nothing: what was reserved stays so."""
        began = time.monotonic()
        within_s = min(self.call_within_s, max(LEAST_S, until - began))
        try:
            reply = await provider.complete(request, key=key, within_s=within_s)
        except LlmCallError as error:
            cost = call.bound if error.may_cost else 0
            await self.books.settle(call, cost=cost, reply=None, outcome=error.reason)
            self.meters.called(outcome=error.reason, seconds=time.monotonic() - began, cost=cost)
            raise
        told = reply.tokens_in is not None and reply.tokens_out is not None
        cost = cost_of(reply.tokens_in or 0, reply.tokens_out or 0, price=self.price) if told else call.bound
        await self.books.settle(call, cost=cost, reply=reply, outcome=OK)
        self.meters.called(outcome=OK, seconds=time.monotonic() - began, cost=cost)
        return reply

    async def _good_key(self, provider: LlmProvider) -> str:
        held = await self.turns.held()
        good = next((key for key in provider.keys if key not in held), None)
        if good is None:
            raise await self._exhausted(provider)
        return good

    async def _exhausted(self, provider: LlmProvider) -> LlmAbsentError:
        held = await self.turns.held()
        waits = [held[key] for key in provider.keys if key in held]
        when = f" The first is good again in {min(waits):.0f} s." if waits else ""
        return LlmAbsentError(LlmReason.EXHAUSTED, f"All API keys exhausted or rate limited.{when}")

    def _call(self, request: LlmRequest, payer: Payer, *, model: str) -> LlmCall:
        bound = cost_of(request.tokens_in_most, request.tokens_most, price=self.price)
        return LlmCall(new_id("call"), payer, request.prompt, model, bound, self.clock())


def fingerprint_of(request: LlmRequest, *, model: str) -> str:
    """Return what a request is known by: the model, the prompt's version and all that is sent."""
    sent = [model, request.prompt, request.schema, [[each.role, each.content] for each in request.messages]]
    return hashlib.sha256(orjson.dumps(sent, option=orjson.OPT_SORT_KEYS)).hexdigest()
