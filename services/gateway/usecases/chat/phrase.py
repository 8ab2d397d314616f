"""Have an LLM put an answer into words from numbered passages; whatever keeps it from that is the reason why it does not."""

from collections.abc import Mapping
from typing import Final

from libs.chassis.errors import PlatformError
from libs.contracts.llm import AnswerQuestion, LlmReason, QuestionAnswered, ReadLlmUse
from services.gateway.domain.services import Llm

AWAY: Final = "the service that asks the LLM did not answer"
ABSENT: Final[Mapping[LlmReason, str]] = {
    LlmReason.NOT_CONFIGURED: "no LLM is configured",
    LlmReason.BUDGET: "the LLM's budget of today is used up",
    LlmReason.EXHAUSTED: "the LLM's provider limits or refuses all keys for now",
}


async def phrased(ask: AnswerQuestion, llm: Llm) -> QuestionAnswered:
    """Return what an LLM says, or why it says nothing: nobody waits for an LLM that there is not, or for a service that is away."""
    try:
        use = await llm.use(ReadLlmUse(account_id=ask.account_id, tier=ask.tier))
        if use.absent is not None:
            return QuestionAnswered(answer=None, absent=ABSENT.get(use.absent, "the LLM cannot be asked now"), reason=use.absent)
        return await llm.answer(ask)
    except PlatformError:
        # The passages are there whatever has become of the other services.
        return QuestionAnswered(answer=None, absent=AWAY)
