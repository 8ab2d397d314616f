"""An LLM as inference sees it: a request, an answer, who pays, and the ports to a provider, its turns, the books and kept answers."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Literal, Protocol

from libs.chassis.errors import ErrorKind, PlatformError
from libs.contracts.envelope import JsonObject
from libs.contracts.llm import RETRY_AFTER, LlmKeys, LlmReason, LlmSpent

# How many tokens a message's role and borders may come to.
TOKENS_OF_A_BORDER = 16
# Whoever brings no credential: all of them share one budget.
STRANGERS = "anonymous"
# The tier of the platform's own work, and under which name it pays: a share of the day's budget is left to callers.
PLATFORM = "platform"
PERIODIC = "periodic"


@dataclass(frozen=True, slots=True)
class LlmMessage:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class LlmRequest:
    """What is asked, by which version of which prompt; `schema` is what the answer must be, None for words."""

    prompt: str
    messages: tuple[LlmMessage, ...]
    tokens_most: int
    schema: JsonObject | None = None

    @property
    def tokens_in_most(self) -> int:
        """An upper bound of the tokens that are sent: a byte-level vocabulary has no token shorter than a byte."""
        schema = len(str(self.schema)) if self.schema else 0
        return schema + sum(len(each.content.encode()) + TOKENS_OF_A_BORDER for each in self.messages)


@dataclass(frozen=True, slots=True)
class LlmReply:
    """What an LLM said. Tokens are None where the provider does not say how many there were; `kept`: it was said before."""

    text: str
    model: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose budget a call counts against besides that of all; no account: all strangers', or that of the platform's own work."""

    account_id: str | None
    tier: str

    @property
    def account(self) -> str:
        """The account whose budget it is: all strangers are one, and the platform's own work is one."""
        return self.account_id or (PERIODIC if self.tier == PLATFORM else STRANGERS)

    @property
    def budget(self) -> str:
        """The tier whose budget an account has; all strangers are one of their own."""
        return STRANGERS if self.account == STRANGERS else self.tier


class LlmAbsentError(PlatformError, kind=ErrorKind.UNAVAILABLE, code="llm_absent"):
    """No answer of the LLM stands; `reason` says why in one word."""

    def __init__(self, reason: LlmReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class LlmQueueFullError(PlatformError, kind=ErrorKind.TOO_MANY, worth_retrying=True):
    """An account has as many calls waiting for the LLM as it may have; who asks hears when the next of them has its turn, and its place."""

    def __init__(self, *, most: int, position: int, wait_s: float) -> None:
        at = f"the first of them is number {position} in the queue, in about {wait_s:.0f} s"
        message = f"{most} calls of this account wait for the LLM already, as many as may wait at once; {at}."
        super().__init__(message, details={RETRY_AFTER: [str(max(1, ceil(wait_s)))], "position": [str(position)]})


class LlmCallError(Exception):
    """One call failed. `held_s`: for how long its key is of no use; `may_cost`: whether it may be charged; `again`: another try differs."""

    def __init__(
        self, reason: LlmReason, message: str, *, held_s: float | None = None, may_cost: bool = False, again: bool = False
    ) -> None:
        super().__init__(message)
        self.reason, self.message, self.held_s, self.may_cost, self.again = reason, message, held_s, may_cost, again


class LlmProvider(Protocol):
    """Where an LLM is served."""

    @property
    def model(self) -> str:
        """The model that is asked."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the keys, the primary one first; none of them tells the key."""

    async def complete(self, request: LlmRequest, *, key: str, within_s: float) -> LlmReply:
        """Ask once, with the key of this name. Raise LlmCallError."""
        ...


class LlmTurns(Protocol):
    """When calls may be made, shared by all replicas. All raise LlmAbsentError where that cannot be known."""

    async def take(self, *, account: str, within_s: float, most: int | None) -> None:
        """Wait for a turn, in which accounts take turns in their turn; whoever is cancelled gives its place back.

        `account` is whose call it is; that of the platform's own work comes after all others, and waits for the next turn alone. Raise
        LlmAbsentError where there is none in time, and LlmQueueFullError where `most` of the account's calls wait already.
        """

    async def hold(self, key: str, *, for_s: float) -> None:
        """Keep a key from being used until its provider takes it again."""

    async def held(self) -> dict[str, float]:
        """Return the keys that are held back, and for how many seconds more."""
        ...


@dataclass(frozen=True, slots=True)
class LlmCall:
    """A call in the books. Amounts are in billionths of a dollar, whole numbers: a token costs a few hundred of them."""

    id: str
    payer: Payer
    prompt: str
    model: str
    bound: int
    at: datetime


class LlmBooks(Protocol):
    """What calls cost. What is reserved stays so until it is settled, whatever happens to who reserved it."""

    async def reserve(self, call: LlmCall) -> None:
        """Set a call's bound aside, before it is made. Raise LlmAbsentError where a budget of the day does not suffice."""

    async def withdraw(self, call: LlmCall) -> None:
        """Take back a call that was not made."""

    async def settle(self, call: LlmCall, *, cost: int, reply: LlmReply | None, outcome: str) -> None:
        """Charge what a call has cost, and give the rest back; a second time nothing happens."""

    async def spent(self, account: str | None, *, tier: str, day: datetime | None) -> LlmSpent:
        """Return what an account (None: the platform) has spent on a day (UTC), or ever."""

    async def by_model(self) -> dict[str, int]:
        """Return how many calls each model was sent."""

    async def forget(self, account_id: str) -> None:
        """Remove an account's calls; the platform's sums stay."""


class KeptAnswers(Protocol):
    """Answers by account and fingerprint, so that a run can be repeated exactly."""

    async def find(self, account: str, fingerprint: str) -> LlmReply | None:
        """Return what was answered to exactly this."""

    async def keep(self, account: str, fingerprint: str, reply: LlmReply, *, prompt: str) -> None:
        """Keep an answer; of two to the same, the first stays."""

    async def forget(self, account_id: str) -> None:
        """Remove an account's answers."""


class LlmMeters(Protocol):
    """Who counts calls."""

    def called(self, *, outcome: str, seconds: float, cost: int) -> None:
        """Hear of a call: `ok` or the reason why it failed."""

    def put_aside(self, reason: LlmReason) -> None:
        """Hear of an answer that was put aside, or of a call that was not made."""


class Llm(Protocol):
    """Whoever asks the LLM."""

    @property
    def model(self) -> str | None:
        """The model that would be asked; None where none is configured."""

    async def keys(self) -> LlmKeys:
        """Count the keys."""

    async def __call__(self, request: LlmRequest, *, payer: Payer, replay: bool = False, until: float | None = None) -> LlmReply:
        """Ask. It ends by `until` (of the monotonic clock), turns and tries included. Raise LlmAbsentError."""
        ...
