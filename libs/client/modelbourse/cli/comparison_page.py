"""A comparison of models as one HTML page that stands alone: their curves in one picture, and the table."""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from modelbourse.answers.results import ComparedModel, Comparison

# Told apart by who does not see all colours (Okabe and Ito 2008).
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 900, 360, 56, 12, 12, 28
WIDE: Final = 10.0
"""Beyond this ratio of the highest to the lowest equity, equal returns are drawn equally high."""
LINES: Final = 5
STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; background: #fff; max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } svg { width: 100%; min-width: 40rem; height: auto }
.drawn { overflow-x: auto } text { font-size: 12px; fill: #66717d }
.note { border-left: 3px solid #c0392b; padding: .1rem .7rem; margin: .6rem 0; overflow-wrap: anywhere }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; list-style: none; padding: 0 }
.key b { display: inline-block; width: 1.2em; height: .25em; vertical-align: middle; margin-right: .4em }
.wide { overflow-x: auto } table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; width: 100% }
th, td { text-align: right; padding: .2rem .5rem; border-bottom: 1px solid #dde2e7; vertical-align: top }
th:first-child, td:first-child { text-align: left; white-space: pre }
"""


def write_comparison(found: Comparison, *, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return the page as UTF-8; words are escaped, and nothing is fetched or run. Same comparison, same bytes."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    notes = "".join(f'<p class="note">{escape(warning)}</p>' for warning in found.warnings)
    title = escape(f"{len(found.models)} models, out of sample")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{title}</h1>
{notes}
{"".join(_chart([model for model in found.models if model.equity_curve]))}
<div class="wide" tabindex="0"><table><tr>{head}</tr>{lines}</table></div>
</body>
</html>
""".encode()


def _chart(models: Sequence[ComparedModel]) -> Iterator[str]:
    """Yield the curves of all models that have one, and what each colour stands for; nothing where none has."""
    curves = [[(_day(at), value) for at, value in model.equity_curve or ()] for model in models]
    if not curves:
        return
    days, values = [day for curve in curves for day, _ in curve], [value for curve in curves for _, value in curve]
    scale = math.log if min(values) > 0 and max(values) / min(values) > WIDE else float
    first, last, low, high = min(days), max(days), min(values), max(values)
    reach = (scale(high) - scale(low)) or 1.0

    def x(day: float) -> float:
        return LEFT + (day - first) / ((last - first) or 1.0) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (scale(value) - scale(low)) / reach * (HEIGHT - TOP - BOTTOM)

    yield '<div class="drawn" tabindex="0">'
    yield f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Equity of each model, starting at 1">'
    for number in range(LINES):
        at = scale(low) + reach * number / (LINES - 1)
        value = math.exp(at) if scale is math.log else at
        yield f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#dde2e7"/><text x="{LEFT - 6}" y="{y(value) + 4:.1f}"'
        yield f' text-anchor="end">{value:.2f}</text>'
    for day, anchor in ((first, "start"), (last, "end")):
        told = dt.datetime.fromtimestamp(day * 86_400, dt.timezone.utc).date().isoformat()
        yield f'<text x="{x(day):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{told}</text>'
    for number, curve in enumerate(curves):
        points = " ".join(f"{x(day):.1f},{y(value):.1f}" for day, value in curve)
        yield f'<polyline points="{points}" fill="none" stroke="{COLOURS[number % len(COLOURS)]}" stroke-width="1.6"/>'
    yield '</svg></div>\n<ul class="key">'
    for number, (model, curve) in enumerate(zip(models, curves, strict=True)):
        colour = COLOURS[number % len(COLOURS)]
        yield f'<li><b style="background:{colour}"></b>{escape(model.name)} {curve[-1][1] - 1:+.1%}</li>'
    yield "</ul>"


def _day(moment: str) -> float:
    """Return days since 1970 of a day, or of a moment where candles are shorter."""
    read = dt.datetime.fromisoformat(moment.replace("Z", "+00:00"))
    return (read if read.tzinfo else read.replace(tzinfo=dt.timezone.utc)).timestamp() / 86_400
