"""What is told of the LLM itself: whether it answers, and what it has cost."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from libs.contracts.llm import LlmKeys, LlmProbed, LlmReason, LlmSpent, LlmUse, ReadLlmUse
from services.inference.domain.llm import LlmAbsentError, LlmBooks, LlmRequest, Payer
from services.inference.usecases.ask_llm import AskLlm

DIAGNOSES: Final[Mapping[LlmReason, str]] = {
    LlmReason.NOT_CONFIGURED: "No API key is configured: set INFERENCE_LLM_API_KEY.",
    LlmReason.BUDGET: "The budget of the day is used up: INFERENCE_LLM_BUDGET_USD_PER_DAY.",
    LlmReason.TURN: "Other calls came first: INFERENCE_LLM_EVERY is between two of them.",
    LlmReason.EXHAUSTED: "The provider limits all keys: wait, or add some (INFERENCE_LLM_BACKUP_API_KEYS).",
    LlmReason.REFUSED: "API key authentication failed.",
    LlmReason.TIMEOUT: "The provider is too slow, or INFERENCE_LLM_TIMEOUT too short.",
    LlmReason.UNREACHABLE: "The provider cannot be reached: look at INFERENCE_LLM_BASE_URL and the network.",
    LlmReason.SERVER: "The provider has trouble of its own.",
    LlmReason.REQUEST: "The provider does not take our request: look at INFERENCE_LLM_MODEL.",
    LlmReason.MALFORMED: "What answers at INFERENCE_LLM_BASE_URL does not speak chat completions.",
}


# What a call that failed says of the provider; that others came first, or a budget is used up, says nothing of it.
FAILED: Final = frozenset(LlmReason) - {LlmReason.TURN, LlmReason.BUDGET}


@dataclass(slots=True, kw_only=True)
class LlmDesk:
    """Each probe is a real call, so one is shown to all who ask for one soon: a good one for `kept_s`, another for `again_after_s`."""

    llm: AskLlm
    books: LlmBooks
    probe: LlmRequest
    clock: Callable[[], datetime]
    again_after_s: float
    kept_s: float
    least_usd: float  # what an analysis of no candles would be reserved with
    _last: tuple[float, LlmProbed] | None = None
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def check(self) -> LlmProbed:
        """Call the LLM with a word, at the platform's cost, or return what came of the last such call, with its age and the keys as now."""
        async with self._one:
            last = self._last
            if last is None or not self._holds(last[1], age_s=time.monotonic() - last[0]):
                last = self._last = time.monotonic(), await self._probed()
                return last[1]
            age_s = time.monotonic() - last[0]
            try:
                keys = await self.llm.keys()
            except LlmAbsentError:
                keys = last[1].keys
            return last[1].model_copy(update={"age_s": age_s, "keys": keys})

    def _holds(self, last: LlmProbed, *, age_s: float) -> bool:
        """Tell whether a probe still says how it is: a good one does not where a call has failed since."""
        well = last.succeeded and self.llm.last_failure not in FAILED
        return age_s < (self.kept_s if well else self.again_after_s)

    async def use(self, ask: ReadLlmUse) -> LlmUse:
        """Return what calls have cost, and whether another could be made now."""
        today = self.clock()
        spent = await self.books.spent(None, tier=ask.tier, day=today)
        account = ask.account_id
        own = await self.books.spent(account, tier=ask.tier, day=today) if account else None
        absent = await self._absent(left=min(_left(each) for each in (spent, own) if each is not None))
        return LlmUse(
            configured=self.llm.model is not None,
            available=absent is None,
            absent=absent,
            model=self.llm.model,
            total=await self.books.spent(None, tier=ask.tier, day=None),
            today=spent,
            by_model=await self.books.by_model(),
            account_total=await self.books.spent(account, tier=ask.tier, day=None) if account else None,
            account_today=own,
            last_failure=self.llm.last_failure,
        )

    async def _absent(self, *, left: float) -> LlmReason | None:
        try:
            keys = await self.llm.keys()
        except LlmAbsentError as error:
            return error.reason
        if not keys.configured:
            return LlmReason.NOT_CONFIGURED
        return LlmReason.BUDGET if left < self.least_usd or left <= 0 else None if keys.usable else LlmReason.EXHAUSTED

    async def _probed(self) -> LlmProbed:
        keys, at = LlmKeys(configured=0, usable=0), self.clock()
        try:
            keys = await self.llm.keys()
            reply = await self.llm(self.probe, payer=Payer(None, "platform"))
            keys = await self.llm.keys()
        except LlmAbsentError as error:
            return LlmProbed(
                configured=self.llm.model is not None,
                succeeded=False,
                answer=None,
                model=self.llm.model,
                error=error.message,
                error_type=error.reason,
                diagnosis=DIAGNOSES.get(error.reason, error.message),
                keys=keys,
                checked_at=at,
            )
        return LlmProbed(configured=True, succeeded=True, answer=reply.text.strip()[:200], model=reply.model, keys=keys, checked_at=at)


def _left(spent: LlmSpent) -> float:
    return (spent.budget_usd or 0.0) - spent.cost_usd - spent.held_usd
