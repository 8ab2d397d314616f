"""A file as it was sent, read a block at a time: what its columns are called, some of its rows, and then all of its cells."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Protocol

from libs.contracts.datasets import Finding
from libs.market.datasets.notes import Notes

Cells = Sequence[Any]
Report = Callable[[int, int], None]
"""Called with what is done and what there is in all, as a file is read."""


class UnreadableError(Exception):
    """The file cannot be read any further; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class Source(Protocol):
    """A file of rows. Columns are known by their places."""

    @property
    def header(self) -> Sequence[str]:
        """What the file calls its columns."""

    @property
    def sample(self) -> Sequence[Sequence[str]]:
        """Some of its rows: by them it is told how values are written."""

    @property
    def delimiter(self) -> str:
        """What stands between cells; a comma where it is no text."""

    def blocks(self, notes: Notes, *, places: Collection[int], report: Report) -> Iterator[Cells]:
        """Return the rows a block at a time: an arrow array for each column. Raise `UnreadableError`; rows that are none are noted.

        Of columns at other places than these the values may be left out.
        """

    def locate(self, rows: Sequence[int]) -> dict[int, str]:
        """Return where rows are, by their number from 0: `line 7`."""
