"""What is wrong with single rows, noted while a file is read; their lines are looked up at the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.datasets import Finding, FindingCode, Severity
from libs.market.datasets.findings import found

WHERE: Final = "{where}"
"""Stands in a sentence for the place of the first row."""


@dataclass(slots=True)
class _Note:
    code: FindingCode
    message: str
    row: int
    count: int
    severity: Severity | None


@dataclass(slots=True)
class Notes:
    """Notes by what they say: the first row, and how many there are. `row` is the number of a row of the file, from 0."""

    _notes: dict[tuple[str, str], _Note] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    """What is said of the file, and not of a row."""

    @property
    def refused(self) -> bool:
        """Tell whether there is an error."""
        return any(note.severity != "warning" for note in self._notes.values()) or any(each.severity == "error" for each in self.findings)

    @property
    def codes(self) -> set[FindingCode]:
        """Return the codes of what is an error."""
        noted = {note.code for note in self._notes.values() if note.severity != "warning"}
        return noted | {each.code for each in self.findings if each.severity == "error"}

    def rows(
        self,
        code: FindingCode,
        wrong: NDArray[np.bool_] | None,
        *,
        start: int,
        message: Callable[[int], str],
        about: str = "",
        severity: Severity | None = None,
    ) -> None:
        """Note the rows of a block that are wrong; the block begins with row `start`, and `message` tells of one of its rows."""
        if wrong is None or not wrong.any():
            return
        first = int(np.argmax(wrong))
        self.add(code, row=start + first, count=int(np.count_nonzero(wrong)), message=message(first), about=about, severity=severity)

    def add(self, code: FindingCode, *, row: int, message: str, count: int = 1, about: str = "", severity: Severity | None = None) -> None:
        """Note rows that are wrong; those of one code and `about` are one finding, with the message of the first."""
        note = self._notes.setdefault((code, about), _Note(code, message, row, 0, severity))
        note.count += count

    def located(self, locate: Callable[[Sequence[int]], dict[int, str]]) -> list[Finding]:
        """Return the findings; `locate` tells where rows are in the file: `line 7`."""
        places = locate(sorted({note.row for note in self._notes.values()})) if self._notes else {}
        told = []
        for note in self._notes.values():
            where = places[note.row]
            message = note.message.replace(WHERE, where[:1].upper() + where[1:])
            told.append(found(note.code, message, count=note.count, first=where, severity=note.severity))
        return [*self.findings, *told]
