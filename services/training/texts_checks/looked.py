"""The rows that a check looks at, and findings made of rows by their numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.text_checks import EXAMPLES_MOST, TextExample, TextFinding, TextFindingCode, TextSeverity
from libs.texts.near import exact_groups, near_groups
from libs.texts.personal import redacted
from libs.texts.reading import Texts

Integers = NDArray[np.int64]
SHOWN: Final = 160  # letters of an example
_READ: Final = 4 * SHOWN
_LABEL_SHOWN: Final = 60


@dataclass(frozen=True)
class Looked:
    """Texts that are checked, and what several checks need of them; `sides` are the words of the split column, if there is one."""

    texts: Texts
    sides: Sequence[str] | None = None

    @cached_property
    def exact(self) -> Integers:
        """The group of each row: texts that are the same but for case and punctuation."""
        return exact_groups(self.texts.texts)

    @cached_property
    def near(self) -> Integers:
        """The group of each row: near-duplicates."""
        return near_groups(self.texts.texts)

    @cached_property
    def labelled(self) -> Integers:
        """Rows that have a text and a label."""
        labels = self.texts.labels or []
        return np.array([row for row, (text, label) in enumerate(zip(self.texts.texts, labels)) if text.strip() and label], dtype=np.int64)  # noqa: B905 - there may be no labels

    def where(self, row: int) -> str:
        """Return where a row stands: `line 12`."""
        return f"{self.texts.unit} {self.texts.places[row]:,}"

    def example(self, row: int, *, why: str = "", around: int = 0) -> TextExample:
        """Return a row as it may be shown: shortened from shortly before `around` on, and without what looks like personal data."""
        start = max(around - SHOWN // 2, 0)
        text = redacted(self.texts.texts[row][start : start + _READ])
        shown = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" if letter not in "\n\t\r" else " " for letter in text)
        cut = f"{'…' if start else ''}{shown[:SHOWN]}{'…' if len(shown) > SHOWN else ''}"
        label = self.texts.labels[row] if self.texts.labels is not None else None
        return TextExample(place=self.texts.places[row], text=cut, label=label and shortened(label), why=why)

    def finding(
        self,
        code: TextFindingCode,
        *,
        rows: Sequence[int] | Integers,
        severity: TextSeverity,
        message: str,
        suggestion: str,
        why: Callable[[int], str] = lambda _: "",
        around: Callable[[int], int] = lambda _: 0,
        count: int | None = None,
        looked: int | None = None,
        shown: Sequence[int] | None = None,
    ) -> TextFinding:
        """Return a finding of these rows; `{rows}` in the message becomes `12 rows` or `1 row`.

        `count` and `looked` are set where something else than rows is counted, or not all rows were looked at. `shown` are the rows to
        show, else the first ones; `why` says what is about one, and `around` where in its text that is.
        """
        found, chosen = len(rows) if count is None else count, [int(row) for row in (rows if shown is None else shown)[:EXAMPLES_MOST]]
        return TextFinding(
            code=code,
            severity=severity,
            count=found,
            share=min(found / max(len(self.texts) if looked is None else looked, 1), 1.0),
            message=message.replace("{rows}", rows_of(len(rows))),
            suggestion=suggestion,
            examples=tuple(self.example(row, why=why(row), around=around(row)) for row in chosen),
        )


def rows_of(count: int) -> str:
    """Return `1 row`, `1,200 rows`."""
    return "1 row" if count == 1 else f"{count:,} rows"


def shortened(label: str) -> str:
    """Return a label for a sentence."""
    return label if len(label) <= _LABEL_SHOWN else f"{label[: _LABEL_SHOWN - 1]}…"
