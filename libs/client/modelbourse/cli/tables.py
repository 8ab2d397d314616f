"""How rows fit the width there is: text wraps between words, columns of little use go, else each row becomes a list of pairs.

Nothing is ever cut: an id, a number or a date is what the next command needs.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.cells import cell_len

GAP: Final = 2
# Text is wrapped to this width before columns are given up, and no further.
TEXT_LEAST: Final = 18
Row = Sequence[str]
Pair = tuple[str, str]


def lay_out(columns: Row, rows: Sequence[Row], *, width: int | None, drop: Sequence[str] = ()) -> list[str]:
    """Return the lines that show rows within a width (in cells of a terminal; None: as wide as they are, unwrapped).

    `drop` names the columns that may be left out where there is no room, the least useful first; a last line names what was.
    """
    if width is None:
        return _table(columns, rows, [_natural(column) for column in _columns(columns, rows)])
    for given_up in range(len(drop) + 1):
        kept = [at for at, name in enumerate(columns) if name not in drop[:given_up]]
        heads, cells = [columns[at] for at in kept], [[row[at] for at in kept] for row in rows]
        widths = _widths(_columns(heads, cells), width - GAP * (len(kept) - 1))
        if widths is not None:
            left_out = [name for name in columns if name in drop[:given_up]]
            note = wrapped(f"(no room for: {', '.join(left_out)}; --json has all)", width) if left_out else []
            return _table(heads, cells, widths) + note
    return _blocks(columns, rows, width)


def pairs(facts: Sequence[Pair], *, width: int | None) -> list[str]:
    """Return names and values, one a line; a value that has no room beside its name stands below it."""
    indent = max((cell_len(name) for name, _ in facts), default=0) + GAP
    lines: list[str] = []
    for name, value in facts:
        room = None if width is None else width - indent
        if room is None or _longest_word(value) <= room:
            first, *rest = wrapped(value, room)
            lines += [f"{_padded(name, indent)}{first}".rstrip(), *(" " * indent + line for line in rest)]
        else:
            below = wrapped(value, width - GAP if width else None)
            lines += [name, *(" " * GAP + line for line in below)]
    return lines


def wrapped(text: str, width: int | None) -> list[str]:
    """Return a text's lines within a width, broken between words alone: a longer word stays whole on a line of its own."""
    lines = text.split("\n")
    return lines if width is None else [part for line in lines for part in _filled(line, width)]


def _filled(line: str, width: int) -> Iterator[str]:
    if cell_len(line) <= width:
        yield line
        return
    so_far = ""
    for word in line.split():
        longer = f"{so_far} {word}" if so_far else word
        if so_far and cell_len(longer) > width:
            yield so_far
            longer = word
        so_far = longer
    yield so_far


def _columns(heads: Row, rows: Iterable[Row]) -> list[list[str]]:
    return [list(column) for column in zip(heads, *rows, strict=True)]


def _natural(column: Sequence[str]) -> int:
    return max(cell_len(line) for cell in column for line in cell.split("\n"))


def _longest_word(text: str) -> int:
    return max((cell_len(word) for word in text.split()), default=0)


def _least(column: Sequence[str]) -> int:
    """Return how narrow a column may become: as its longest word, and not below what reads well."""
    return max(min(_natural(column), TEXT_LEAST), *(_longest_word(cell) for cell in column))


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Share the room out: each column as narrow as it may be, the rest to those that want little more first; None without room."""
    widths = [_least(column) for column in columns]
    left = room - sum(widths)
    if left < 0:
        return None
    wants = sorted(range(len(columns)), key=lambda at: _natural(columns[at]) - widths[at])
    for place, at in enumerate(wants):
        more = min(_natural(columns[at]) - widths[at], left // (len(wants) - place))
        widths[at], left = widths[at] + more, left - more
    return widths


def _table(heads: Row, rows: Iterable[Row], widths: Sequence[int]) -> list[str]:
    rule = ["─" * width for width in widths]
    return [line for row in (heads, rule, *rows) for line in _row_lines(row, widths)]


def _row_lines(row: Row, widths: Sequence[int]) -> Iterator[str]:
    cells = [wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    for at in range(max(len(cell) for cell in cells)):
        line = (_padded(cell[at] if at < len(cell) else "", width) for cell, width in zip(cells, widths, strict=True))
        yield (" " * GAP).join(line).rstrip()


def _blocks(columns: Row, rows: Iterable[Row], width: int) -> list[str]:
    lines: list[str] = []
    for row in rows:
        lines += [*([""] if lines else []), *pairs(list(zip(columns, row, strict=True)), width=width)]
    return lines


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
