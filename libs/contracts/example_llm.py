"""Examples of what is asked about the LLM."""

from typing import Final

from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, BEGIN
from libs.contracts.llm import AnswerQuestion, LlmKeys, LlmProbed, LlmSpent, LlmUse, Passage, ProbeLlm, QuestionAnswered, ReadLlmUse, Said

_SPENT: Final = LlmSpent(requests=3, tokens_in=5_400, tokens_out=900, cost_usd=0.00135, budget_usd=1.0)
LLM: Final[tuple[Message, ...]] = (
    ProbeLlm(),
    LlmProbed(
        configured=True,
        succeeded=True,
        answer="SUCCESS",
        model="gpt-4o-mini",
        keys=LlmKeys(configured=2, usable=2),
        checked_at=BEGIN,
    ),
    ReadLlmUse(account_id=ACCOUNT, tier="pro"),
    LlmUse(
        configured=True,
        available=True,
        absent=None,
        model="gpt-4o-mini",
        total=LlmSpent(requests=1_250, tokens_in=400_000, tokens_out=50_000, cost_usd=0.09),
        today=_SPENT,
        by_model={"gpt-4o-mini": 1_250},
    ),
    AnswerQuestion(
        conversation_id="conv_0f3c",
        account_id=ACCOUNT,
        tier="pro",
        question="How is a backup restored?",
        passages=(
            Passage(
                number=1,
                source="docs/guides/backup.md#restore",
                heading="Restore",
                text="Stop all services, restore the databases, then start the services.",
            ),
        ),
        history=(Said(by="caller", text="What is in a backup?"),),
    ),
    QuestionAnswered(
        answer="Stop all services first, then restore the databases [1].",
        citations=(1,),
        model="gpt-4o-mini",
    ),
)
