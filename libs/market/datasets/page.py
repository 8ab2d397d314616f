"""The health check as one HTML page: no script, nothing from elsewhere, everything escaped."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np

from libs.contracts.datasets import FindingCode, ValidateResult, ValidateSpec
from libs.market.datasets.candle_checks import CHART_POINTS
from libs.market.datasets.head import shown_moment
from libs.quant.thinning import thinned

_WIDTH, _HEIGHT, _EDGE = 960, 280, 8
_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #d0d7de}
td.number{text-align:right;font-variant-numeric:tabular-nums}.scroll{overflow-x:auto}
.scroll td:nth-child(5){min-width:16rem}.scroll :is(th,td){overflow-wrap:normal}main{overflow-wrap:anywhere}
.error{color:#a40e26;font-weight:600}.warning{color:#7a4d00;font-weight:600}
svg{width:100%;height:auto;border:1px solid #d0d7de}polyline{fill:none;stroke:#0550ae;stroke-width:1.2}
"""
_COLOURS: Final = {
    FindingCode.GAP: "#a40e26",
    FindingCode.SESSION: "#7a4d00",
    FindingCode.ZERO_VOLUME: "#57606a",
    FindingCode.FLAT_RUN: "#8250df",
    FindingCode.JUMP: "#cf222e",
}
Chart = Sequence[tuple[int, float]]


def write_page(path: Path, *, spec: ValidateSpec, result: ValidateResult, chart: Chart, marks: Mapping[FindingCode, Sequence[int]]) -> None:
    """Write the page. `chart` has closes by their moments (nanoseconds since 1970), `marks` the moments of what was found."""
    title = escape(f"Health check of {spec.name}, version {spec.version}")
    parts = [
        f"<h1>{title}</h1>",
        _summary(spec, result),
        _chart(chart, marks=marks) if len(chart) > 1 else "",
        _findings(result),
        _columns(result),
        _preview(result),
    ]
    path.write_text(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{_STYLE}</style></head>\n'
        f"<body><main>{''.join(parts)}</main></body></html>\n",
        encoding="utf-8",
    )


def _summary(spec: ValidateSpec, result: ValidateResult) -> str:
    verdict = "It can be used." if result.status == "ready" else "It was refused."
    guessed = " (guessed)" if result.calendar_guessed else ""
    facts = {
        "Kind": spec.kind.value,
        "Symbol": spec.symbol,
        "Timeframe": result.timeframe,
        "Calendar": result.calendar and result.calendar + guessed,
        "Zone of times without one": result.tz,
        "Rows": f"{result.rows:,}",
        "Added": f"{result.added:,}",
        "Revised": f"{result.revised:,}" if result.revised else None,
        "From": result.start and result.start.isoformat(),
        "To": result.end and result.end.isoformat(),
    }
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td>{escape(str(value))}</td></tr>' for name, value in facts.items() if value is not None
    )
    kind = "error" if result.status == "refused" else "ready"
    return f'<p class="{kind}">{verdict}</p><table>{rows}</table>'


def _chart(chart: Chart, *, marks: Mapping[FindingCode, Sequence[int]]) -> str:
    closes = np.array([close for _, close in chart])
    kept = [chart[place] for place in thinned(closes, most=CHART_POINTS)]
    first, last = kept[0][0], kept[-1][0]
    low, high = float(closes.min()), float(closes.max())

    def across(moment: int) -> float:
        return float(_EDGE + (moment - first) / max(last - first, 1) * (_WIDTH - 2 * _EDGE))

    def up(close: float) -> float:
        return float(_HEIGHT - _EDGE - (close - low) / (high - low or 1.0) * (_HEIGHT - 2 * _EDGE))

    line = " ".join(f"{across(moment):.1f},{up(close):.1f}" for moment, close in kept)
    lines = "".join(
        f'<line x1="{across(moment):.1f}" x2="{across(moment):.1f}" y1="0" y2="{_HEIGHT}" stroke="{_COLOURS[code]}" stroke-opacity=".5">'
        f"<title>{code} at {shown_moment(moment)}</title></line>"
        for code, moments in marks.items()
        if code in _COLOURS
        for moment in moments
    )
    told = ", ".join(f"{len(moments)} of {code}" for code, moments in marks.items() if code in _COLOURS) or "none"
    text = f"The close from {shown_moment(first)} to {shown_moment(last)}, between {low:g} and {high:g}. Marks: {told}."
    legend = " ".join(f'<span style="color:{_COLOURS[code]}">▮ {code}</span>' for code in marks if code in _COLOURS)
    return (
        f'<h2>Close</h2><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(text)}"><title>{escape(text)}</title>{lines}'
        f'<polyline points="{line}"/></svg><p>{escape(text)} {legend}</p>'
    )


def _findings(result: ValidateResult) -> str:
    if not result.findings:
        return "<h2>Findings</h2><p>Nothing is wrong with it.</p>"
    rows = [
        f'<tr><td class="{finding.severity}">{finding.severity}</td><td>{finding.code}</td><td class="number">{finding.count:,}</td>'
        f"<td>{escape(finding.first or '')}</td><td>{escape(finding.message)}</td></tr>"
        for finding in result.findings
    ]
    return f"<h2>Findings</h2>{_table(('Severity', 'Code', 'Count', 'First', 'What it is'), rows)}"


def _columns(result: ValidateResult) -> str:
    cells = [(each.name, each.source, each.role, each.type, each.understood) for each in result.columns]
    rows = ["<tr>" + "".join(f"<td>{escape(str(cell or ''))}</td>" for cell in row) + "</tr>" for row in cells]
    return f"<h2>Columns</h2>{_table(('Name here', 'In the file', 'Role', 'Type', 'Read as'), rows)}" if rows else ""


def _preview(result: ValidateResult) -> str:
    if not result.preview:
        return ""
    names = tuple(result.preview[0])
    rows = ["<tr>" + "".join(f"<td>{escape(_shown(row.get(name)))}</td>" for name in names) + "</tr>" for row in result.preview]
    return f"<h2>First rows</h2>{_table(names, rows)}"


def _shown(value: Any) -> str:
    return "" if value is None else str(value)[:200]


def _table(names: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    return f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
