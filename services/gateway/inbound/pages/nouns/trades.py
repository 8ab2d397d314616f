"""Trades on candles: those of a model's test, and those of a backtest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from libs.contracts.own_candles import SECONDS
from services.gateway.inbound.pages import candle_chart
from services.gateway.inbound.pages.candle_chart import Mark
from services.gateway.inbound.pages.page import Facts, Page, Read

MODELS: Final = "/app/models"
BACKTESTS: Final = "/app/backtests"
STUDIO: Final = "/api/ai-studio/models/{model_id}/"
BACKTEST: Final = "/api/backtests/{backtest_id}"
CANDLES: Final = "/v1/ai/candles"
SIZE: Final = 50
MOST: Final = 1_000
# As many trades as the API answers at once.
DRAWN_MOST: Final = 100
# How much is shown to either side of a trade: so many candles' length, of which nights and weekends take their part.
BESIDE: Final = 60
Row = dict[str, Any]


def _of_model(told: Mapping[str, Any] | None) -> list[Row]:
    """Return a model's trades in the words that both kinds share; their candles are told by their close."""
    return [
        each | {"won": each["net_return"] > 0, "net": each["net_return"], "as_share": True, "entry_opens": False, "exit_opens": False}
        for each in (told or {}).get("results", ())
    ]


def _of_backtest(told: Mapping[str, Any] | None) -> list[Row]:
    """Return a backtest's trades in the same words; they are told by the moment at which they were filled."""
    return [
        {
            "number": each["trade_id"],
            "side": each["direction"],
            "entry_time": each["entry_date"],
            "exit_time": each["exit_date"],
            "won": each["net_profit"] > 0,
            "net": each["net_profit"],
            "as_share": False,
            "entry_opens": True,
            "exit_opens": each["exit_reason"] == "SIGNAL",
            **{name: each[name] for name in ("symbol", "entry_price", "exit_price", "exit_reason")},
        }
        for each in (told or {}).get("trades", ())
    ]


def _more_of_model(facts: Facts) -> Mapping[str, Read]:
    told, begins = facts["trades"] or {}, (facts["model"]["run_card"] or {}).get("test_opens")
    drawn = Read(f"{STUDIO}trades/", fixed={"page_size": DRAWN_MOST}, needed=False)
    return _window(facts, _of_model(told), drawn, timeframe=told.get("timeframe"), synthetic=told.get("synthetic"), begins=begins)


def _more_of_backtest(facts: Facts) -> Mapping[str, Read]:
    told = facts["backtest"]
    rows, begins = _of_backtest(facts["trades"]), (told.get("date_range") or {}).get("start_date")
    drawn = Read(f"{BACKTEST}/trades", fixed={"limit": DRAWN_MOST}, needed=False)
    return _window(facts, rows, drawn, timeframe=told["timeframe"], synthetic=told.get("synthetic"), begins=begins)


def _window(
    facts: Facts, rows: Sequence[Row], drawn: Read, *, timeframe: str | None, synthetic: bool | None, begins: str | None
) -> Mapping[str, Read]:
    """Return where the candles of a window are, and the trades that were open in it, whichever page of the table they are on."""
    symbol = _symbol(facts, rows)
    if symbol is None or timeframe is None:
        return {}
    window = _asked(facts, [each for each in rows if each["symbol"] == symbol], timeframe=timeframe, begins=begins)
    fixed = {"symbol": symbol, "timeframe": timeframe, "limit": MOST} | window | ({"synthetic": "allow"} if synthetic else {})
    of_window = replace(drawn, fixed={**drawn.fixed, "symbol": symbol, **window})
    return {"candles": Read(CANDLES, fixed=fixed, needed=False), "drawn": of_window}


def _symbol(facts: Facts, rows: Sequence[Row]) -> str | None:
    asked: str | None = facts["asked"].get("symbol")
    return asked or (rows[0]["symbol"] if rows else None)


def _asked(facts: Facts, rows: Sequence[Row], *, timeframe: str, begins: str | None) -> dict[str, str]:
    """Return the window that is asked for, or the one around a symbol's trades of this page; without any it begins as the test did."""
    asked = {name: facts["asked"][name] for name in ("start", "end") if facts["asked"].get(name)}
    if asked or not rows:
        return asked or ({"start": begins} if begins else {})
    return _around(min(each["entry_time"] for each in rows), max(each["exit_time"] for each in rows), timeframe=timeframe)


def _around(start: str, end: str, *, timeframe: str) -> dict[str, str]:
    """Return the window around what lasts from a moment to another."""
    beside = timedelta(seconds=BESIDE * SECONDS[timeframe])
    return {"start": _text(datetime.fromisoformat(start) - beside), "end": _text(datetime.fromisoformat(end) + beside)}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _shape_model(facts: Facts) -> Mapping[str, Any]:
    model, told = facts["model"], facts["trades"] or {}
    card = model["run_card"] or {}
    shared = _shape(facts, _of_model, timeframe=told.get("timeframe"), test_opens=card.get("test_opens"))
    return shared | {
        "above": (f"{MODELS}/{model['id']}", model["name"]),
        "count": told.get("count", 0),
        "in_window": (facts.get("drawn") or {}).get("count", 0),
        "left_out": told.get("left_out", 0),
        "choices": [(each, each) for each in model["training_config"]["symbols"]],
        "synthetic": told.get("synthetic"),
    }


def _shape_backtest(facts: Facts) -> Mapping[str, Any]:
    backtest, told = facts["backtest"], facts["trades"] or {}
    shared = _shape(facts, _of_backtest, timeframe=backtest["timeframe"], test_opens=None)
    return shared | {
        "above": (f"{BACKTESTS}/{backtest['backtest_id']}", "The backtest"),
        "count": told.get("total", 0),
        "in_window": (facts.get("drawn") or {}).get("total", 0),
        "left_out": told.get("left_out", 0),
        "choices": [(each, each) for each in backtest.get("symbols") or [backtest["symbol"]]],
        "synthetic": backtest.get("synthetic"),
    }


def _shape(
    facts: Facts, rows_of: Callable[[Mapping[str, Any] | None], list[Row]], *, timeframe: str | None, test_opens: str | None
) -> dict[str, Any]:
    """Return the chart, the table's rows with what leads to each on the chart, and the ways to other windows."""
    rows, candles, shown = rows_of(facts["trades"]), facts.get("candles"), facts["asked"].get("trade", "")
    symbol, found = _symbol(facts, rows), candles["candles"] if candles else []
    marks = _marks(rows_of(facts.get("drawn")), found, chosen=shown)
    page = {name: value for name, value in facts["asked"].items() if name == "page"}
    return {
        "size": SIZE,
        "rows": [each | {"goes": _to_trade(each, page, timeframe=timeframe)} for each in rows],
        "symbol": symbol,
        "timeframe": timeframe,
        "candles": candles,
        "chart": candle_chart.candles(found, marks, timeframe=timeframe or "1d", test_opens=test_opens) if found else None,
        "drawn": len(marks),
        "drawn_most": DRAWN_MOST,
        "strays": candle_chart.strays(marks, found),
        "shown": shown,
        "ways": _ways(candles, page | {"symbol": symbol or ""}),
        "window": (found[0]["closed_at"][:10], found[-1]["closed_at"][:10]) if found else ("", ""),
    }


def _marks(rows: Sequence[Row], found: Sequence[Mapping[str, Any]], *, chosen: str) -> list[Mark]:
    """Return trades on candles, without those that were made beyond them."""
    opened, closed = [each["opened_at"] for each in found], [each["closed_at"] for each in found]
    marks = [
        Mark(
            entered=candle_chart.place_of(row["entry_time"], opened, closed, opens=row["entry_opens"]),
            left=candle_chart.place_of(row["exit_time"], opened, closed, opens=row["exit_opens"]),
            entry_price=row["entry_price"],
            exit_price=row["exit_price"],
            long=row["side"] == "LONG",
            won=row["won"],
            chosen=str(row["number"]) == chosen,
        )
        for row in rows
    ]
    return [each for each in marks if each.entered is not None or each.left is not None]


def _to_trade(row: Row, page: Mapping[str, str], *, timeframe: str | None) -> str:
    around = _around(row["entry_time"], row["exit_time"], timeframe=timeframe or "1d")
    return f"?{urlencode({**page, 'symbol': row['symbol'], **around, 'trade': row['number']})}#chart"


def _ways(candles: Mapping[str, Any] | None, kept: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return where the chart may be moved to, as links: back, on, closer and farther; none beyond the candles that there are."""
    if not candles or not candles["candles"]:
        return []
    first, last = (datetime.fromisoformat(candles["candles"][at]["closed_at"]) for at in (0, -1))
    oldest, newest = (datetime.fromisoformat(candles[name]) for name in ("first", "last"))
    span = max(last - first, timedelta(seconds=SECONDS[candles["timeframe"]]))
    wished = (
        ("Earlier", first - span, first, first > oldest + span / 100 and bool(candles["previous_end"])),
        ("Later", last, last + span, last < newest),
        ("Closer", first + span / 4, last - span / 4, len(candles["candles"]) > 8),  # noqa: PLR2004 - fewer are no chart
        ("Farther", first - span / 2, last + span / 2, bool(candles["previous_end"]) or last < newest),
    )
    return [
        (name, f"?{urlencode({**kept, 'start': _text(max(start, oldest)), 'end': _text(min(end, newest))})}#chart")
        for name, start, end, there in wished
        if there
    ]


PAGES: Final[Sequence[Page]] = (
    Page(
        path=f"{MODELS}/{{model_id}}/trades",
        template="trades.html",
        title=lambda facts: f"Trades of {facts['model']['name']}",
        crumbs=((MODELS, "Models"),),
        reads={
            "model": Read(STUDIO),
            "trades": Read(f"{STUDIO}trades/", query=("page",), fixed={"page_size": SIZE}, needed=False),
        },
        more=_more_of_model,
        shape=_shape_model,
    ),
    Page(
        path=f"{BACKTESTS}/{{backtest_id}}/trades",
        template="trades.html",
        title=lambda facts: f"Trades on {facts['backtest']['symbol']}",
        crumbs=((BACKTESTS, "Backtests"),),
        reads={"backtest": Read(BACKTEST), "trades": Read(f"{BACKTEST}/trades", size=SIZE, needed=False)},
        more=_more_of_backtest,
        shape=_shape_backtest,
    ),
)
