"""`modelbourse models trades`, `curve` and `compare`: what models did on their tests."""

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from modelbourse.answers.results import ComparedModel, Comparison, EquityCurve, Trade, TradePage
from modelbourse.cli import completing
from modelbourse.cli.ages import aged, generated
from modelbourse.cli.comparison_page import write_comparison
from modelbourse.cli.finding import MODEL
from modelbourse.cli.given import ModelId
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_json, print_table, shown, tell
from modelbourse.cli.sparkline import drawn

CsvOption = Annotated[bool, typer.Option("--csv", help="Print all of it as CSV, and nothing else, on stdout.")]
Several = Annotated[
    list[str],
    typer.Argument(metavar="MODEL MODEL...", help="Models' ids, their beginnings, or their names.", autocompletion=completing.model_ids),
    MODEL,
]
WIDTH: Final = 24
AT: Final = 8
"""The curves come after what was tested, before the numbers."""
# A day's candle may close at midnight, which is the next day's first moment.
MOMENT_BEFORE: Final = dt.timedelta(microseconds=1)


def trades(
    model_id: ModelId,
    *,
    symbol: Annotated[str | None, typer.Option(help="Only trades of this symbol.")] = None,
    start: Annotated[str | None, typer.Option(help="Only those that were open on this day (UTC) or at this moment, or later.")] = None,
    end: Annotated[str | None, typer.Option(help="Only those that were open on this day (UTC) or at this moment, or before.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    csv: CsvOption = False,
    json_: JsonOption = False,
) -> None:
    """List a model's trades on its test, in the order in which they ended."""
    _check_one(csv=csv, json_=json_)
    client = open_client()
    if csv:
        return _print_text(client.models.trades_csv(model_id, symbol=symbol, start=start, end=end))
    found = client.models.trades_page(model_id, page=page, page_size=page_size, symbol=symbol, start=start, end=end)
    if json_:
        return print_json(found)
    daily = found.timeframe in {"1d", "1w"}
    columns = ("#", "symbol", "side", "entry", "price", "exit", "price", "candles", "net return", "P&L", "ended by")
    title = f"version {found.model_version}: {counted(found.count, 'trade', page=page, page_size=page_size)}{_data(found)}"
    print_table(columns, (_trade(row, daily=daily) for row in found.results), title=title)
    if found.left_out:
        tell(f"{found.left_out} older trades were too many to be kept")
    return None


def curve(model_id: ModelId, *, csv: CsvOption = False, json_: JsonOption = False) -> None:
    """Show a model's equity on its test beside buy and hold; with --csv or --json candle by candle."""
    _check_one(csv=csv, json_=json_)
    client = open_client()
    if csv:
        return _print_text(client.models.equity_curve_csv(model_id))
    found = client.models.equity_curve(model_id)
    if json_:
        return print_json(found)
    model, held = [each.equity for each in found.points], [each.buy_and_hold for each in found.points]
    low, high = min(*model, *held), max(*model, *held)
    rows = [
        (name, drawn(values, low=low, high=high), f"{values[-1] - 1:+.2%}", f"{worst:.2%}")
        for name, values, worst in (
            ("model", model, max(each.drawdown for each in found.points)),
            ("buy and hold", held, max(each.buy_and_hold_drawdown for each in found.points)),
        )
    ]
    first, last = (_when(each.time, daily=found.timeframe in {"1d", "1w"}) for each in (found.points[0], found.points[-1]))
    title = f"version {found.model_version}, {found.count} candles out of sample, {first} to {last}{_data(found)}"
    return print_table(("", f"equity from {low:.3f} to {high:.3f}", "return", "max drawdown"), rows, title=title)


def compare(
    models: Several,
    *,
    html: Annotated[Path | None, typer.Option(help="Also write the comparison, with their curves in one picture, as a page.")] = None,
    json_: JsonOption = False,
) -> None:
    """Show two or more models side by side: their tests, curves, metrics and baselines."""
    if len(set(models)) < 2:  # noqa: PLR2004 - one alone is shown by `models show`
        msg = "name at least two models"
        raise typer.BadParameter(msg)
    found = open_client().models.compare(models)
    columns, rows = ("out of sample", *(model.name for model in found.models)), list(_side_by_side(found))
    if html:
        page = write_comparison(found, columns=columns, rows=[[shown(cell) for cell in row] for row in rows])
        html.write_bytes(page)
        tell(f"wrote {html} ({len(page)} bytes)")
    if json_:
        return print_json(found)
    print_table(columns, [*rows[:AT], *_curves(found), *rows[AT:]])
    for warning in found.warnings:
        tell(warning)
    return None


def _side_by_side(found: Comparison) -> Iterator[tuple[Any, ...]]:
    """Yield the rows: what each model is, its test, its trades, and each metric with the baselines that have it."""
    models = found.models
    for name in ("id", "version", "algorithm", "symbols", "timeframe"):
        yield (name, *(getattr(model, name) for model in models))
    yield ("test", *(_test(model) for model in models))
    yield ("newest candle", *(_newest(model) for model in models))
    yield ("test rows", *(model.test_rows for model in models))
    for name in _in_order(model.backtest for model in models):
        yield (name.replace("_", " "), *(model.backtest.get(name) for model in models))
    baselines = _in_order(model.baselines for model in models)
    for name in _in_order(model.metrics for model in models):
        yield (name.replace("_", " "), *(model.metrics.get(name) for model in models))
        for baseline in baselines:
            told = [model.baselines.get(baseline, {}).get(name) for model in models]
            if any(value is not None for value in told):
                yield (f"  {baseline.replace('_', ' ')}", *told)


def _curves(found: Comparison) -> Iterator[tuple[Any, ...]]:
    """Yield a row with the models' curves as lines, all on one scale; none where nothing can be drawn."""
    curves = [[value for _, value in model.equity_curve or ()] for model in found.models]
    known = [value for curve in curves for value in curve]
    if known:
        low, high = min(known), max(known)
        lines = [drawn(curve, width=WIDTH, low=low, high=high) for curve in curves]
        if any(lines):
            yield (f"equity, {low:.2f} to {high:.2f}", *(line or None for line in lines))


def _test(model: ComparedModel) -> str | None:
    return f"{model.test_start} to {model.test_end}" if model.test_start else None


def _newest(model: ComparedModel) -> str | None:
    mark = generated((), synthetic=model.synthetic)
    return aged(model.as_of, model.age_bars, model.stale, mark) if model.as_of or mark else None


def _in_order(several: Any) -> list[str]:
    """Return the names that any of these has a value for, each once."""
    return list(dict.fromkeys(name for each in several for name, value in each.items() if value is not None))


def _trade(row: Trade, *, daily: bool) -> tuple[Any, ...]:
    entry, exit_ = (_when(time, daily=daily) for time in (row.entry_time, row.exit_time))
    net, pnl = f"{row.net_return:+.2%}", f"{row.pnl:+.2%}"
    side, why = row.side.lower(), row.exit_reason.lower()
    return (row.number, row.symbol, side, entry, row.entry_price, exit_, row.exit_price, row.bars_held, net, pnl, why)


def _when(time: dt.datetime, *, daily: bool) -> str:
    """Return a candle's day, or its moment where candles are shorter."""
    utc = time.astimezone(dt.timezone.utc)
    return f"{utc - MOMENT_BEFORE:%Y-%m-%d}" if daily else f"{utc:%Y-%m-%d %H:%M}"


def _data(found: TradePage | EquityCurve) -> str:
    """Return how old the candles are that it rests on, and whether they were generated."""
    told = aged(found.as_of, found.age_bars, found.stale) if found.as_of else ""
    return "".join(f"; {each}" for each in (told, generated((), synthetic=found.synthetic)) if each)


def _check_one(*, csv: bool, json_: bool) -> None:
    if csv and json_:
        msg = "--csv goes without --json"
        raise typer.BadParameter(msg)


def _print_text(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
