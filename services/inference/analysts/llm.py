"""The LLM analyst: it is given the technical analyst's numbers, and its verdict stands only where every check holds."""

import time
from dataclasses import dataclass, replace
from typing import Final

from libs.contracts.analyses import Analysis, Analyze, Verdict
from libs.contracts.llm import LlmReason
from services.inference.analysts.llm_facts import Facts, caller_of, facts_of, unmasked
from services.inference.analysts.llm_verdict import UnusableError, completed, read_verdict, schema
from services.inference.analysts.prompt_files import fenced, prompt
from services.inference.domain.analyst import LlmOpinion
from services.inference.domain.llm import Llm, LlmAbsentError, LlmMessage, LlmMeters, LlmQueueFullError, LlmReply, LlmRequest, Payer
from services.inference.domain.llm_checks import foreign_price, is_grounded, leads_elsewhere, repeats, stands_on_the_right_side, texts_in

ANALYSIS: Final = "analysis_v2"
REPAIR: Final = "repair_v1"
# Why there may be an answer for another caller, or soon.
PASSING: Final = frozenset(
    {LlmReason.BUDGET, LlmReason.TURN, LlmReason.EXHAUSTED, LlmReason.TIMEOUT, LlmReason.UNREACHABLE, LlmReason.SERVER}
)


@dataclass(frozen=True, slots=True)
class PromptedAnalyst:
    """Implements the port LlmAnalyst."""

    llm: Llm
    meters: LlmMeters
    tokens_most: int
    within_s: float

    async def opinion(self, ask: Analyze, *, technical: Analysis) -> LlmOpinion:
        """Return what the LLM says of the market, and masked too where that is asked for; or why nothing of it stands.

        Raise LlmQueueFullError where too many calls of the account wait already.
        """
        until = time.monotonic() + self.within_s
        try:
            verdict, reply = await self._verdict(ask, technical, masked=False, until=until)
        except LlmAbsentError as error:
            masked_absent = error.message if ask.masked else None
            return LlmOpinion(None, self.llm.model, error.message, masked_absent=masked_absent, passing=error.reason in PASSING)
        plain = LlmOpinion(verdict, reply.model, replayed=reply.kept)
        if not ask.masked:
            return plain
        try:
            masked, again = await self._verdict(ask, technical, masked=True, until=until)
        except (LlmAbsentError, LlmQueueFullError) as error:
            return replace(plain, masked_absent=error.message)
        return replace(plain, masked=masked, replayed=reply.kept and again.kept)

    async def _verdict(self, ask: Analyze, technical: Analysis, *, masked: bool, until: float) -> tuple[Verdict, LlmReply]:
        facts = facts_of(ask, technical, masked=masked)
        # What the caller says may name the market.
        caller = {} if masked else caller_of(ask)
        messages = prompt(ANALYSIS).messages(facts=fenced(facts.data), caller=fenced(caller))
        reply, verdict = await self._usable(ask, messages, technical, until=until)
        if (problem := _problem(verdict, facts, texts=[*texts_in(caller)])) is not None:
            reason, message = problem
            self.meters.put_aside(reason)
            raise LlmAbsentError(reason, f"The LLM's answer was put aside: {message}")
        said = unmasked(verdict, scale=facts.scale) if masked else verdict
        return completed(said, technical=technical), reply

    async def _usable(
        self, ask: Analyze, messages: tuple[LlmMessage, ...], technical: Analysis, *, until: float
    ) -> tuple[LlmReply, Verdict]:
        """Return an answer that is a verdict, with one chance to repair one that is none. Raise LlmAbsentError."""
        payer = Payer(ask.account_id, ask.tier)
        request = LlmRequest(ANALYSIS, messages, self.tokens_most, schema())
        reply = await self.llm(request, payer=payer, replay=ask.replay, until=until)
        try:
            return reply, read_verdict(reply.text, technical=technical)
        except UnusableError as error:
            _, again = prompt(REPAIR).messages(problem=str(error))
            more = (*messages, LlmMessage("assistant", reply.text), again)
        try:
            reply = await self.llm(LlmRequest(REPAIR, more, self.tokens_most, schema()), payer=payer, replay=ask.replay, until=until)
        except LlmQueueFullError as error:
            raise LlmAbsentError(LlmReason.TURN, error.message) from error
        try:
            return reply, read_verdict(reply.text, technical=technical)
        except UnusableError as error:
            self.meters.put_aside(LlmReason.VIOLATES)
            message = f"The LLM's answer was put aside: it does not keep to the schema, also when asked again. {error}"
            raise LlmAbsentError(LlmReason.VIOLATES, message) from error


def _problem(verdict: Verdict, facts: Facts, *, texts: list[str]) -> tuple[LlmReason, str] | None:
    """Return what keeps a verdict from standing; None where nothing does."""
    if (price := foreign_price(verdict, prices=facts.prices)) is not None:
        low, high = facts.prices.low, facts.prices.high
        return LlmReason.PRICE, f"it quotes the price {price:g}, and the data lies between {low:g} and {high:g}."
    if not stands_on_the_right_side(verdict, price=facts.price):
        return LlmReason.PRICE, f"its stop or target is on the wrong side of {facts.price:g} for {verdict.signal}."
    if not is_grounded(verdict.reasoning):
        return LlmReason.UNGROUNDED, "its reasoning names none of the numbers that it was given."
    words = f"{verdict.reasoning}\n{verdict.market_analysis.volume_analysis or ''}"
    if repeats(words, of=texts):
        return LlmReason.ECHO, "its words repeat what the caller wrote."
    if leads_elsewhere(words):
        return LlmReason.UNGROUNDED, "its words hold an address or markup, and nothing that it was given does."
    return None
