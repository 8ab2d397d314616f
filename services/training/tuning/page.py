"""A tuning's report as one HTML page that stands alone: what was found, what it is worth, its pictures and its best trials."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from services.training.reports.data import Section
from services.training.reports.page import STYLE
from services.training.reports.standalone import drawn, standalone_page
from services.training.reports.wording import label_of, written

HEADINGS: Final = {
    "history": "History",
    "slice": "Each hyperparameter by itself",
    "importance": "Importance",
    "contour": "The two that matter most",
    "parallel-coordinates": "All together",
    "front": "Between the objectives",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageData:
    """Everything that the page shows; `notes` stand above everything, `trials` are rows under `heads`."""

    title: str
    small_print: str
    notes: Sequence[str]
    sections: Sequence[Section]
    heads: Sequence[str]
    trials: Sequence[Sequence[str]]


def write_page(data: PageData, *, pictures: Mapping[str, bytes]) -> bytes:
    """Return the page as UTF-8; whatever words it is given are escaped, and its policy lets a browser fetch and run nothing."""
    return standalone_page(_body(data, pictures=pictures), title=data.title, style=STYLE)


def _body(data: PageData, *, pictures: Mapping[str, bytes]) -> Iterator[str]:
    yield f"<h1>{escape(data.title)}</h1>"
    yield f'<p class="small">{escape(data.small_print)}</p>'
    yield from (f'<p class="note">{escape(note)}</p>' for note in data.notes)
    yield '<div class="sections">'
    yield from (_section(each) for each in data.sections if each.values)
    yield "</div>"
    for name, png in pictures.items():
        heading = HEADINGS[name]
        yield drawn(heading, f'<img alt="" src="data:image/png;base64,{b64encode(png).decode()}">')
    yield "<h2>Best trials</h2>"
    yield _table(data.heads, data.trials)


def _section(section: Section) -> str:
    rows = []
    for name, value in section.values.items():
        why = section.reasons.get(name) if value is None else None
        told = f'<br><span class="small">{escape(why)}</span>' if why else ""
        rows.append(f"<tr><td>{escape(label_of(name))}</td><td>{escape(written(name, value, money=False))}{told}</td></tr>")
    return f"<div><h2>{escape(section.title)}</h2>\n<table>{''.join(rows)}</table></div>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    return f'<div class="wide" tabindex="0"><table><tr>{top}</tr>{"".join(f"<tr>{line}</tr>" for line in lines)}</table></div>'
