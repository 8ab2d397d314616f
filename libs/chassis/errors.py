"""The one root of the platform's errors: each says what kind of trouble it is; the edge says which status.

PlatformError
├── InvalidError        the caller's input; `details` names the fields
├── UnavailableError    something passing: a store, the broker or another service is away
│   └── BrokerAwayError     the broker (libs.chassis.bus.port)
├── StartRefusedError   a process that must not run beside what is there already
└── …                   each service's own, in its domain/errors.py
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, Final

# Where a word of a class's name begins.
WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class ErrorKind(StrEnum):
    """What kind of trouble an error is."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    UNPAID = "unpaid"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    INTERNAL = "internal"


class PlatformError(Exception):
    """A refusal in the domain's words.

    `code` is stable and snake_case, `message` is for people, `details` maps a field to what is wrong with it.
    `worth_retrying` says that the same request may succeed later; `facts` is what programs read beside the texts, by name.
    """

    kind: ClassVar[ErrorKind] = ErrorKind.INTERNAL
    code: str = "internal_error"
    worth_retrying: ClassVar[bool] = False

    def __init_subclass__(cls, *, kind: ErrorKind | None = None, code: str | None = None, worth_retrying: bool | None = None) -> None:
        """Take what a class says of itself; else its code is its name: `ModelNotFoundError` is `model_not_found`."""
        super().__init_subclass__()
        cls.kind = cls.kind if kind is None else kind
        cls.code = code or WORDS.sub("_", cls.__name__.lstrip("_").removesuffix("Error")).lower()
        cls.worth_retrying = cls.worth_retrying if worth_retrying is None else worth_retrying

    def __init__(self, message: str, *, details: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, list[str]] = dict(details or {})
        self.facts: dict[str, Any] = {}


class InvalidError(PlatformError, kind=ErrorKind.INVALID):
    """The input cannot be used; `details` names the fields."""


class UnavailableError(PlatformError, kind=ErrorKind.UNAVAILABLE, worth_retrying=True):
    """A store, the broker or another service is away; try again."""


class UnexpectedError(PlatformError, code="internal_error"):
    """A mistake of ours; whoever asked learns no more than that."""

    def __init__(self) -> None:
        super().__init__("Something went wrong while this was answered")


class StartRefusedError(PlatformError, kind=ErrorKind.CONFLICT):
    """What a process must not start beside; `message` is what it says on stderr before it ends with status 2."""
