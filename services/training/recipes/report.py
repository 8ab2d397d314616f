"""Writes what a run of a recipe came to as one HTML page that stands alone: pictures and numbers are in it, nothing is fetched."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from libs.contracts.recipe_runs import RecipeMetrics, RecipeRunResult
from services.training.reports.page import STYLE
from services.training.reports.sheet import Picture
from services.training.reports.standalone import drawn, standalone_page
from services.training.reports.wording import label_of

ROWS_MOST: Final = 50
"""Of a table that are shown; the rest is in metrics.json."""
SYNTHETIC: Final = "The rows were generated: these figures are of no market."


def write_page(result: RecipeRunResult, *, title: str, subtitle: str, pictures: Mapping[str, tuple[str, Picture]]) -> bytes:
    """Return the page as UTF-8; whatever words it is given are escaped, and its policy lets a browser fetch and run nothing.

    `pictures` are headings and drawings, by name.
    """
    return standalone_page(_body(result, title=title, subtitle=subtitle, pictures=pictures), title=title, style=STYLE)


def _body(result: RecipeRunResult, *, title: str, subtitle: str, pictures: Mapping[str, tuple[str, Picture]]) -> Iterator[str]:
    yield f"<h1>{escape(title)}</h1>"
    yield f'<p class="small">{escape(subtitle)}</p>'
    if result.synthetic:
        yield f'<p class="note">{SYNTHETIC}</p>'
    yield from (f'<p class="note">{escape(note)}</p>' for note in result.notes)
    facts = {f"{part.replace('_', ' ').capitalize()} rows": f"{count:,}" for part, count in result.rows.items()}
    yield '<dl class="facts">' + "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts.items()) + "</dl>"
    yield "<h2>Beside the baselines</h2>"
    yield _metrics(result)
    yield from (f'<p class="small">{escape(label_of(name))}: {escape(why)}</p>' for name, why in result.reasons.items())
    for name, (heading, picture) in pictures.items():
        yield drawn(heading, picture.inline(prefix=name))
    yield from _importance(result)
    yield from _folds(result)
    for name, rows in result.tables.items():
        more = f" (the first {ROWS_MOST} of {len(rows):,})" if len(rows) > ROWS_MOST else ""
        heads = list(dict.fromkeys(key for row in rows for key in row))
        yield f"<details open><summary>{escape(label_of(name))}{more}</summary>"
        yield _table([label_of(head) for head in heads], ([_cell(row.get(head)) for head in heads] for row in rows[:ROWS_MOST]))
        yield "</details>"


def _metrics(result: RecipeRunResult) -> str:
    """Return the figures with their intervals, a column for each baseline."""
    rows = []
    for name, value in result.metrics.items():
        interval = result.intervals.get(name)
        told = "" if interval is None else f"{_cell(interval.low)} to {_cell(interval.high)} ({interval.level:.0%}, {interval.method})"
        rows.append((label_of(name), _cell(value), told, *(_cell(told_of.get(name)) for told_of in result.baseline.values())))
    return _table(("", "This model", "Interval", *(label_of(name) for name in result.baseline)), rows)


def _importance(result: RecipeRunResult) -> Iterator[str]:
    if result.importance:
        yield "<h2>What it goes by</h2>"
        ordered = sorted(result.importance.items(), key=lambda each: (-each[1], each[0]))
        yield _table(("Feature", "Share"), ((name, f"{share:.1%}") for name, share in ordered[:ROWS_MOST]))


def _folds(result: RecipeRunResult) -> Iterator[str]:
    if result.folds:
        names = list(result.metrics)
        yield "<h2>Fold by fold</h2>"
        rows = ((f"{each.fold}", each.test_start or "", each.test_end or "", f"{each.train_rows:,}", f"{each.test_rows:,}",
                 *_figures(each.metrics, names)) for each in result.folds)  # fmt: skip
        yield _table(("Fold", "From", "To", "Train rows", "Test rows", *map(label_of, names)), rows)


def _figures(metrics: RecipeMetrics, names: Sequence[str]) -> Iterator[str]:
    return (_cell(metrics.get(name)) for name in names)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide" tabindex="0"><table><tr>{top}</tr>{lines}</table></div>'


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
