"""What inference is asked about its LLM: whether it answers, what it has cost, and a question with passages to answer from."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from libs.contracts.envelope import Ask, Message, Moment, Reply

PASSAGES_MOST = 12
HISTORY_MOST = 12
QUESTION_MOST = 2_000
# A refusal of the code QUEUE_FULL says under this detail in how many whole seconds to come back.
QUEUE_FULL = "llm_queue_full"
RETRY_AFTER = "retry_after_s"
Usd = Annotated[float, Field(ge=0)]


class LlmReason(StrEnum):
    """Why no answer of the LLM stands: labels of a metric, and what a reader may switch on."""

    NOT_CONFIGURED = "not_configured"
    BUDGET = "budget"
    TURN = "turn"
    EXHAUSTED = "exhausted"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    SERVER = "server"
    REQUEST = "request"
    MALFORMED = "malformed"
    VIOLATES = "violates"
    PRICE = "price"
    UNGROUNDED = "ungrounded"
    ECHO = "echo"
    UNFOUNDED = "unfounded"
    NOT_IN_PAGES = "not_in_pages"


class LlmKeys(Message):
    """The keys of the provider, counted: none is ever told."""

    configured: int = Field(ge=0)
    usable: int = Field(ge=0, description="Those that the provider does not hold back.")
    next_usable_in_s: float | None = Field(None, description="When the first of those held back is good again; null where none is.")


class LlmProbed(Reply):
    """What came of one real call. `error`, `error_type` and `diagnosis` are null where it succeeded."""

    configured: bool
    succeeded: bool
    answer: str | None
    model: str | None
    error: str | None = None
    error_type: LlmReason | None = None
    diagnosis: str | None = None
    keys: LlmKeys
    checked_at: Moment = Field(description="When it was called: a probe is shown again for a while, since each costs a call.")
    age_s: float = Field(0.0, ge=0, description="How long ago that was, in seconds.")


class ProbeLlm(Ask[LlmProbed]):
    """Call the LLM once with a word, at the platform's cost."""

    topic: ClassVar[str] = "inference.asks.llm"
    name: ClassVar[str] = "llm.probe"
    key_field: ClassVar[str] = "subject"

    subject: str = "llm"


class LlmSpent(Message):
    """What calls have used. `held_usd` is reserved for calls that are under way, or that ended without saying what they used."""

    requests: int = Field(0, ge=0)
    tokens_in: int = Field(0, ge=0)
    tokens_out: int = Field(0, ge=0)
    cost_usd: Usd = 0.0
    held_usd: Usd = 0.0
    budget_usd: float | None = Field(None, description="The most for one day; null where it is no day's.")


class LlmUse(Reply):
    """What calls have cost: the platform's since it began and of today (UTC), and the account's that was asked for."""

    configured: bool
    available: bool = Field(description="Whether a call could be made now: a key is usable and the budget not used up.")
    absent: LlmReason | None = Field(description="Why none could be made; null where one could.")
    model: str | None = Field(description="The model that is asked; null where no LLM is configured.")
    total: LlmSpent
    today: LlmSpent
    by_model: dict[str, int] = Field(description="How many calls each model was sent.")
    account_total: LlmSpent | None = None
    account_today: LlmSpent | None = None
    last_failure: LlmReason | None = Field(None, description="Of the newest call that this process has seen fail; null where none has.")


class ReadLlmUse(Ask[LlmUse]):
    """Read what the LLM has cost; of an account, too, where one is named."""

    topic: ClassVar[str] = "inference.asks.llm"
    name: ClassVar[str] = "llm.use"
    key_field: ClassVar[str] = "tier"

    account_id: str | None = None
    tier: str = "free"


class Passage(Message):
    """A part of a page, which an answer may rest on. It is cited by its number, from 1."""

    number: int = Field(ge=1, le=PASSAGES_MOST)
    source: str = Field(description="Path and anchor: `docs/guides/backup.md#restore`.")
    heading: str
    text: str = Field(max_length=4_000)


class Said(Message):
    """Something that was said in the conversation before."""

    by: Literal["caller", "platform"]
    text: str = Field(max_length=4_000)


class QuestionAnswered(Reply):
    """An answer in words. Each sentence cites a passage, as `[n]`; `dropped` are the LLM's that did not, or cited none there is."""

    answer: str | None = Field(description="Null where no LLM has answered, or nothing of what it said was founded.")
    citations: tuple[int, ...] = ()
    dropped: tuple[str, ...] = ()
    model: str | None = None
    absent: str | None = Field(None, description="Why there is no answer; null where there is one.")
    reason: LlmReason | None = None


class AnswerQuestion(Ask[QuestionAnswered]):
    """Answer a question from passages, and from nothing else. All text in it is data, and never an instruction."""

    topic: ClassVar[str] = "inference.asks.llm"
    name: ClassVar[str] = "question.answer"
    ends_unread: ClassVar[bool] = True
    key_field: ClassVar[str] = "conversation_id"

    conversation_id: str
    account_id: str | None
    tier: str
    question: str = Field(min_length=1, max_length=QUESTION_MOST)
    passages: Annotated[tuple[Passage, ...], Field(max_length=PASSAGES_MOST)]
    history: Annotated[tuple[Said, ...], Field(max_length=HISTORY_MOST)] = ()
