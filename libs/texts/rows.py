"""Rows of texts as they were read, what of them is asked for, and how much a reader takes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean, listed
from libs.contracts.text_config import DataFormat

COLUMNS_MOST: Final = 1_000
NAME_MOST: Final = 200
FORMATS: Final[tuple[str, ...]] = get_args(DataFormat)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a reader takes; what is more is refused in words. Lengths are in letters, of the file in bytes."""

    file: int = 1 << 28
    rows: int = 1_000_000
    row: int = 1 << 20
    text: int = 100_000
    cell: int = 2_000
    """Of what stands beside a text: its label, its group, its time."""
    all_letters: int = 1 << 27
    """Of all cells that are kept."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Names of columns as they were asked for; None: the one that is called so, or by a name that columns of its kind have."""

    text: str | None = None
    label: str | None = None
    time: str | None = None
    symbol: str | None = None
    group: str | None = None
    split: str | None = None
    labelled: bool = False
    """Whether a file without labels is refused."""


@dataclass(slots=True)
class Texts:
    """Rows in the file's order; `labels` and what follows them are None where the file has no such column.

    An empty cell is an empty word. `places` says where each row stands in the file, from 1: lines of csv, jsonl and phrasebank, else rows.
    """

    texts: list[str] = field(default_factory=list)
    labels: list[str] | None = None
    times: list[str] | None = None
    symbols: list[str] | None = None
    groups: list[str] | None = None
    splits: list[str] | None = None
    """On which side of a split its owner has put each row: `train`, `test`."""
    places: list[int] = field(default_factory=list)
    format: DataFormat = "csv"
    columns: tuple[str, ...] = ()
    """All that the file has."""
    names: dict[str, str] = field(default_factory=dict)
    """What the file calls the columns that were read, by `text`, `label`, `time`, `symbol`, `group` and `split`."""
    encoding: str | None = None
    encoding_assumed: bool = False
    """Whether the encoding was guessed: the file has no mark of it and is no UTF-8."""
    undecodable: int = 0
    """Places with bytes that are no text in that encoding; each stands as U+FFFD."""
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.texts)

    @property
    def unit(self) -> str:
        """What `places` count."""
        return "line" if self.format in {"csv", "jsonl", "phrasebank"} else "row"


def refused(message: str, *, field: str = "data_path") -> InvalidError:
    """Return what is raised of a file that cannot be read: a sentence, under the field that it is about."""
    return InvalidError(message, details={field: [message]})


def check_format(name: str | None) -> None:
    """Raise `InvalidError` of the field `format` for one that is none."""
    if name is not None and name not in FORMATS:
        message = f"{name[:40]!r} is no format of texts: it is one of {', '.join(FORMATS)}.{did_you_mean(name, FORMATS)}"
        raise refused(message, field="format")


def missing_column(name: str, *, field: str, header: Sequence[str]) -> InvalidError:
    """Return what is raised of a column that the file has not."""
    message = f"Column {name[:100]!r} not found in dataset: it has {listed(header) or 'none'}.{did_you_mean(name, header)}"
    return refused(message, field=field)


def whole(text: str) -> str:
    """Return a text without halves of letters (lone surrogates), which JSON can spell and no encoding can write: U+FFFD stands for each."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def check_header(header: Sequence[str]) -> None:
    """Raise `InvalidError` for columns that are too many, or have names that nobody can write."""
    if len(header) > COLUMNS_MOST:
        message = f"The file has {len(header):,} columns, or rows with so many names; a file of texts has {COLUMNS_MOST:,} at most."
        raise refused(message)
    wrong = next((name for name in header if len(name) > NAME_MOST or whole(name) != name), None)
    if wrong is not None:
        message = f"A column is called {whole(wrong[:40])!r}…: names have {NAME_MOST} letters at most, and are whole text."
        raise refused(message)


def as_word(value: Any, *, column: str, place: str) -> str:
    """Return a cell as text: a whole number without its point, nothing as an empty word. Raise `InvalidError` for lists and objects."""
    match value:
        case str():
            return whole(value)
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return "" if value != value else str(int(value)) if abs(value) < 1e18 and value == int(value) else str(value)  # noqa: PLR0124, PLR2004 - NaN; whole
        case int():
            return str(value)
        case _:
            kind = "list" if isinstance(value, list) else "object"
            message = f"{column} of {place} is a JSON {kind}, and must be a text or a number."
            raise refused(message)
