"""The bus as services see it: events are published, asks are answered. Kafka plays it (`kafka.py`), tests also use `memory.py`."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol

from libs.chassis.bus.handlers import Answers, Facts
from libs.chassis.errors import ErrorKind, PlatformError, UnavailableError
from libs.contracts.envelope import Ask, Event, R

DEADLINE_S: Final = 2.0
LARGEST_BODY: Final = 1_000_000


class MessageTooLargeError(PlatformError, kind=ErrorKind.TOO_LARGE):
    """A message is larger than the bus carries (LARGEST_BODY bytes); sending it again does not help."""


def check_size(size: int, *, topic: str) -> None:
    """Raise MessageTooLargeError for a message of more bytes than the bus carries."""
    if size > LARGEST_BODY:
        message = f"A message of {size} bytes for {topic}: {LARGEST_BODY} is the most"
        raise MessageTooLargeError(message)


class BrokerAwayError(UnavailableError, code="unavailable"):
    """The broker is away; what was to be sent may be sent again."""

    def __init__(self) -> None:
        super().__init__("The message broker is not available right now; try again in a moment.")


class AskTimeoutError(PlatformError, kind=ErrorKind.TIMEOUT, code="timeout", worth_retrying=True):
    """Nobody answered before the deadline; the answer, should it still come, is dropped."""


class AskRefusedError(PlatformError, code="internal_error"):
    """The answerer refused: its kind, code, message and details, as it gave them."""

    def __init__(
        self, message: str, *, kind: ErrorKind, code: str, details: Mapping[str, list[str]] | None = None, retry: bool = False
    ) -> None:
        super().__init__(message, details=details)
        # An instance's own: one class stands for whatever another service may refuse.
        self.kind = kind  # type: ignore[misc]  # a class variable everywhere else
        self.code = code
        self.worth_retrying = retry  # type: ignore[misc]  # as above


def refusal_of(body: Mapping[str, Any]) -> AskRefusedError:
    """Make the error again that `refusal_body` wrote."""
    return AskRefusedError(
        str(body["message"]), kind=ErrorKind(body["kind"]), code=str(body["code"]), details=body["details"], retry=bool(body["retry"])
    )


def refusal_body(error: PlatformError) -> dict[str, Any]:
    """Write a refusal down so that it can travel."""
    return {
        "kind": error.kind.value,
        "code": error.code,
        "message": error.message,
        "details": error.details,
        "retry": error.worth_retrying,
    }


class Bus(Protocol):
    """What a service needs of the bus."""

    def running(
        self, *, facts: Facts | None = None, answers: Answers | None = None, asks: bool = False
    ) -> AbstractAsyncContextManager[None]:
        """Listen, answer and (with `asks`) be able to ask; on leaving, handlers that run are finished first."""

    @property
    def trouble(self) -> str | None:
        """What keeps it from hearing events, None when nothing does."""

    async def publish(self, event: Event) -> None:
        """Publish an event now, acknowledged by the broker. Raise BrokerAwayError when it is away, or MessageTooLargeError.

        What must not be lost goes through the outbox instead.
        """

    async def publish_entry(self, entry: Mapping[str, Any]) -> None:
        """Publish what an outbox entry holds; as `publish`."""

    async def set_aside(self, entry: Mapping[str, Any], error: PlatformError) -> None:
        """Put an outbox entry that cannot be published into its topic's dead letters. Raise BrokerAwayError."""

    async def ask(self, ask: Ask[R], *, within: float = DEADLINE_S) -> R:
        """Ask and wait.

        Raise AskTimeoutError, AskRefusedError (also where the answer is larger than the bus carries), MessageTooLargeError for such an
        ask, or (within a second) BrokerAwayError when the broker is away.
        """

    async def ask_bytes(self, ask: Ask[Any], *, within: float = DEADLINE_S) -> bytes:
        """Ask as `ask` does and return the reply's JSON as it came."""


__all__ = [
    "AskRefusedError",
    "AskTimeoutError",
    "BrokerAwayError",
    "Bus",
    "MessageTooLargeError",
    "check_size",
    "refusal_body",
    "refusal_of",
]
