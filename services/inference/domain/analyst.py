"""The port to an LLM that is asked about a market."""

from dataclasses import dataclass
from typing import Protocol

from libs.contracts.analyses import Analysis, Analyze, Verdict


@dataclass(frozen=True, slots=True)
class LlmOpinion:
    """What an LLM has said of a market, or why nothing of it stands.

    `verdict` is None where no LLM is configured, none has answered in time, the budget is used up, or what it said did not hold: `absent`
    says which, and `passing` whether it may be otherwise for another caller, or soon. `masked` is what it said without names and dates,
    where that was asked for; `masked_absent` why that does not stand. `replayed`: all of it is a kept answer.
    """

    verdict: Verdict | None
    model: str | None = None
    absent: str | None = None
    masked: Verdict | None = None
    masked_absent: str | None = None
    passing: bool = False
    replayed: bool = False


class LlmAnalyst(Protocol):
    """Asks an LLM. Never raises for what the LLM or its provider does: then there is no verdict, and a reason."""

    async def opinion(self, ask: Analyze, *, technical: Analysis) -> LlmOpinion:
        """Return what the LLM says of the market, given the technical analysis' verified numbers."""
        ...
