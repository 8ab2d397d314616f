"""Model Builder's words: the codes of its document's errors, versions, and how many bytes and how long something is, for people."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BeforeValidator, StrictStr

from libs.chassis.errors import ErrorKind

# What the document calls each kind of error; a kind that it does not name has the platform's own word.
CODES: Final[Mapping[ErrorKind, str]] = {
    ErrorKind.FORBIDDEN: "AUTHORIZATION_ERROR",
    ErrorKind.CONFLICT: "RESOURCE_CONFLICT",
}
# Work that was begun and failed, by an error's own code (`export_error`).
FAILED: Final = frozenset({"TRAINING_ERROR", "EXPORT_ERROR", "REGISTRY_ERROR", "DATA_ERROR", "CONFIGURATION_ERROR"})
# What it calls states of jobs that the platform calls otherwise.
JOB_WORDS: Final[Mapping[str, str]] = {"queued": "started", "succeeded": "completed"}
BAD_REQUEST: Final = "BAD_REQUEST"
KILO: Final = 1000
UNITS: Final = ("B", "KB", "MB", "GB", "TB")


def bytes_in_words(size: float) -> str:
    """Return a number of bytes as the document has it: `245MB`, `4.2GB`; a thousand bytes are 1KB."""
    unit = 0
    while size >= KILO and unit < len(UNITS) - 1:
        size, unit = size / KILO, unit + 1
    return f"{size:.1f}".removesuffix(".0") + UNITS[unit] if size < 100 else f"{size:.0f}{UNITS[unit]}"  # noqa: PLR2004 - three digits


def duration_in_words(seconds: float) -> str:
    """Return how long something takes as the document has it: `2h 15m 30s`; hours are left out where there are none."""
    whole = max(0, round(seconds))
    parts = ((whole // 3600, "h"), (whole % 3600 // 60, "m"), (whole % 60, "s"))
    return " ".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


def _as_word(given: object) -> object:
    return str(given) if type(given) is int else given


VersionWord = Annotated[StrictStr, BeforeValidator(_as_word)]
"""Which version: a word, or the number that the registry answers."""
