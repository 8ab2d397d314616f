"""Writes a report as one HTML page that stands alone: pictures and numbers are in it, and nothing is fetched."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Final

import numpy as np

from libs.quant.calendar_returns import monthly_returns
from libs.quant.drawdown_periods import drawdown_periods
from libs.quant.trading import drawdowns
from services.training.reports.data import ReportData, Section
from services.training.reports.months import MONTHS
from services.training.reports.sheet import Picture
from services.training.reports.standalone import drawn, standalone_page
from services.training.reports.wording import label_of, percent, written

MOST_TRADES: Final = 200
MINUTES: Final = 16
"""Signs of a moment up to its minutes."""
HEADINGS: Final = {
    "equity": "Equity",
    "drawdown": "Drawdown",
    "monthly-returns": "Returns by month",
    "trades": "Trades on the candles",
    "reliability": "How far probabilities hold",
}
STYLE: Final = """
:root { color-scheme: light }
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
.small { color: #66717d; font-size: .85rem; overflow-wrap: anywhere }
.note { border-left: 3px solid #c0392b; padding: .1rem .7rem; margin: .6rem 0 }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 2rem; padding: 0; margin: 1.2rem 0 } .facts div { min-width: 7rem }
.facts dt { color: #66717d; font-size: .8rem } .facts dd { margin: 0; font-size: 1.3rem }
.sections { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 0 2rem }
.sections > * { min-width: 0 } .sections td { overflow-wrap: anywhere }
.wide, figure { overflow-x: auto } .wide td { min-width: 6rem }
figure { margin: .5rem 0 } figure svg, figure img { width: 100%; min-width: 44rem; height: auto }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; width: 100% }
th, td { text-align: right; padding: .2rem .5rem; border-bottom: 1px solid #dde2e7; vertical-align: top } th { font-weight: 600 }
th:first-child, td:first-child { text-align: left } td.down { color: #b03a1f } summary { cursor: pointer }
@media print { body { margin: 0; max-width: none } figure, table { break-inside: avoid } figure svg, figure img { min-width: 0 } }
"""


def write_page(data: ReportData, *, pictures: Mapping[str, Picture]) -> bytes:
    """Return the page as UTF-8; whatever words it is given are escaped, and its policy lets a browser fetch and run nothing."""
    return standalone_page(_body(data, pictures=pictures), title=data.title, style=STYLE)


def _body(data: ReportData, *, pictures: Mapping[str, Picture]) -> Iterator[str]:
    yield f"<h1>{escape(data.title)}</h1>"
    yield f'<p class="small">{escape(data.small_print)}</p>'
    yield from (f'<p class="note">{escape(note)}</p>' for note in data.notes)
    yield _headline(data)
    for name, picture in pictures.items():
        yield drawn(HEADINGS[name], picture.inline(prefix=name))
        if name == "drawdown":
            yield from _drawdowns(data)
        elif name == "monthly-returns":
            yield from _months(data)
    yield '<div class="sections">'
    yield from (_section(each, money=data.capital != 1.0) for each in data.sections if each.values)
    yield "</div>"
    yield from _trades(data)


def _headline(data: ReportData) -> str:
    facts = {
        "Total return": percent(float(data.equity[-1] - 1.0)),
        "Buy and hold": "-" if data.held is None else percent(float(data.held[-1] - 1.0)),
        "Largest drawdown": percent(float(drawdowns(data.equity).max(initial=0.0))),
        "Trades": f"{len(data.trades):,}",
    }
    return '<dl class="facts">' + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items()) + "</dl>"


def _section(section: Section, *, money: bool) -> str:
    rows = []
    for name, value in section.values.items():
        why = section.reasons.get(name) if value is None else None
        told = f'<br><span class="small">{escape(why)}</span>' if why else ""
        rows.append(f"<tr><td>{escape(label_of(name))}</td><td>{escape(written(name, value, money=money))}{told}</td></tr>")
    return f"<div><h2>{escape(section.title)}</h2>\n<table>{''.join(rows)}</table></div>"


def _drawdowns(data: ReportData) -> Iterator[str]:
    periods = drawdown_periods(data.time, data.equity)
    if periods:
        rows = (
            (percent(-each.depth), _day(each.start), _day(each.trough), "not yet" if each.recovered is None else _day(each.recovered),
             f"{each.days:,.0f}")
            for each in periods
        )  # fmt: skip
        yield _table(("Depth", "From", "Lowest", "Recovered", "Days"), rows)


def _months(data: ReportData) -> Iterator[str]:
    months = monthly_returns(data.time, data.equity)
    rows = []
    for year, table, total in zip(months.years, months.table.tolist(), months.totals.tolist(), strict=True):
        rows.append((str(year), *("" if np.isnan(value) else f"{value:.1%}" for value in table), f"{total:.1%}"))
    yield _table(("", *MONTHS, "Year"), rows)


def _trades(data: ReportData) -> Iterator[str]:
    count = len(data.trades)
    if not count:
        return
    newest = data.trades.part(slice(-MOST_TRADES, None))
    told = f"The {count} trades" if count <= MOST_TRADES else f"The newest {MOST_TRADES} of {count:,} trades"
    money = data.capital != 1.0
    columns = zip(
        newest.symbol.tolist(), newest.direction.tolist(), newest.entered.tolist(), newest.entry_price.tolist(), newest.left.tolist(),
        newest.exit_price.tolist(), newest.net_return.tolist(), (data.capital * newest.profit).tolist(), newest.reason.tolist(),
        strict=True,
    )  # fmt: skip
    rows = (
        (symbol, "long" if direction > 0 else "short", _minute(entered), f"{entry:,.6g}", _minute(left), f"{leave:,.6g}", percent(net),
         f"{profit:,.2f}" if money else percent(profit), str(reason).replace("_", " "))
        for symbol, direction, entered, entry, left, leave, net, profit, reason in columns
    )  # fmt: skip
    heads = ("Symbol", "Side", "Entered in bar", "Price", "Left in bar", "Price", "Net return", "Profit", "Ended by")
    yield f"<details><summary>{told}</summary>{_table(heads, rows)}</details>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    lines = ("".join(f"<td{_falls(cell)}>{escape(cell)}</td>" for cell in row) for row in rows)
    return f'<div class="wide" tabindex="0"><table><tr>{top}</tr>{"".join(f"<tr>{line}</tr>" for line in lines)}</table></div>'


def _falls(cell: str) -> str:
    return ' class="down"' if cell.startswith("-") else ""


def _day(nanoseconds: int) -> str:
    # What closes at midnight belongs to the day before.
    return str(np.datetime64(nanoseconds - 1, "ns"))[:10]


def _minute(nanoseconds: int) -> str:
    return str(np.datetime64(nanoseconds, "ns"))[:MINUTES].replace("T", " ")
