"""What a health check finds, as sentences."""

from collections.abc import Iterable
from typing import Final

from libs.contracts.datasets import Finding, FindingCode, Severity

WARNINGS: Final = frozenset(
    {
        FindingCode.GAP,
        FindingCode.DUPLICATE,
        FindingCode.UNSORTED,
        FindingCode.ZERO_VOLUME,
        FindingCode.FLAT_RUN,
        FindingCode.JUMP,
        FindingCode.STALE,
        FindingCode.SESSION,
    }
)
_LONGEST: Final = 60  # of a cell that a sentence quotes


def found(code: FindingCode, message: str, *, count: int = 1, first: str | None = None, severity: Severity | None = None) -> Finding:
    """Return a finding; its severity is its code's usual one where none is given."""
    usual: Severity = "warning" if code in WARNINGS else "error"
    return Finding(code=code, severity=severity or usual, count=count, first=first, message=message)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, errors before warnings, each in the order of the codes."""
    order = {code: place for place, code in enumerate(FindingCode)}
    return tuple(sorted(findings, key=lambda each: (each.severity != "error", order[each.code])))


def quoted(cell: str) -> str:
    """Return a cell of the file for a sentence, shortened."""
    return repr(cell if len(cell) <= _LONGEST else f"{cell[:_LONGEST]}…")


def many(count: int, noun: str) -> str:
    """Return `1 candle`, `12 candles`; thousands are set apart."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def are(count: int, noun: str) -> str:
    """Return `1 candle is`, `12 candles are`."""
    return f"{many(count, noun)} {'is' if count == 1 else 'are'}"
