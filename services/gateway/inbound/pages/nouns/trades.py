"""Trades on candles: those of a model's test, and those of a backtest."""

from collections.abc import Mapping, Sequence
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
# How much is shown to either side of a trade: so many candles' length, of which nights and weekends take their part.
BESIDE: Final = 60
Row = dict[str, Any]


def _of_model(facts: Facts) -> list[Row]:
    """Return a model's trades in the words that both kinds share; their candles are told by their close."""
    found = (facts["trades"] or {}).get("results", ())
    return [
        each | {"won": each["net_return"] > 0, "net": each["net_return"], "as_share": True, "entry_opens": False, "exit_opens": False}
        for each in found
    ]


def _of_backtest(facts: Facts) -> list[Row]:
    """Return a backtest's trades in the same words; they are told by the moment at which they were filled."""
    found = (facts["trades"] or {}).get("trades", ())
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
        for each in found
    ]


def _more_of_model(facts: Facts) -> Mapping[str, Read]:
    told = facts["trades"] or {}
    return _candles(facts, _of_model(facts), timeframe=told.get("timeframe"), synthetic=told.get("synthetic"))


def _more_of_backtest(facts: Facts) -> Mapping[str, Read]:
    told = facts["backtest"]
    return _candles(facts, _of_backtest(facts), timeframe=told["timeframe"], synthetic=told.get("synthetic"))


def _candles(facts: Facts, rows: Sequence[Row], *, timeframe: str | None, synthetic: bool | None) -> Mapping[str, Read]:
    """Return where the candles are: of the window that is asked for, or around the trades of this page."""
    symbol = _symbol(facts, rows)
    if symbol is None or timeframe is None:
        return {}
    window = _window(facts, [each for each in rows if each["symbol"] == symbol], timeframe=timeframe)
    fixed = {"symbol": symbol, "timeframe": timeframe, "limit": MOST} | window | ({"synthetic": "allow"} if synthetic else {})
    return {"candles": Read(CANDLES, fixed=fixed, needed=False)}


def _symbol(facts: Facts, rows: Sequence[Row]) -> str | None:
    asked: str | None = facts["asked"].get("symbol")
    return asked or (rows[0]["symbol"] if rows else None)


def _window(facts: Facts, rows: Sequence[Row], *, timeframe: str) -> dict[str, str]:
    asked = {name: facts["asked"][name] for name in ("start", "end") if facts["asked"].get(name)}
    if asked or not rows:
        return asked
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
    shared = _shape(facts, _of_model(facts), timeframe=told.get("timeframe"), test_opens=card.get("test_opens"))
    return shared | {
        "above": (f"{MODELS}/{model['id']}", model["name"]),
        "count": told.get("count", 0),
        "left_out": told.get("left_out", 0),
        "choices": [(each, each) for each in model["training_config"]["symbols"]],
        "synthetic": told.get("synthetic"),
    }


def _shape_backtest(facts: Facts) -> Mapping[str, Any]:
    backtest, told = facts["backtest"], facts["trades"] or {}
    shared = _shape(facts, _of_backtest(facts), timeframe=backtest["timeframe"], test_opens=None)
    return shared | {
        "above": (f"{BACKTESTS}/{backtest['backtest_id']}", "The backtest"),
        "count": told.get("total", 0),
        "left_out": told.get("left_out", 0),
        "choices": [(each, each) for each in backtest.get("symbols") or [backtest["symbol"]]],
        "synthetic": backtest.get("synthetic"),
    }


def _shape(facts: Facts, rows: Sequence[Row], *, timeframe: str | None, test_opens: str | None) -> dict[str, Any]:
    """Return the chart, the table's rows with what leads to each on the chart, and the ways to other windows."""
    candles, symbol, shown = facts.get("candles"), _symbol(facts, rows), facts["asked"].get("trade", "")
    found = candles["candles"] if candles else []
    drawn = [each for each in rows if each["symbol"] == symbol]
    marks = [mark for each in drawn if (mark := _mark(each, found, chosen=str(each["number"]) == shown)) is not None]
    page = {name: value for name, value in facts["asked"].items() if name == "page"}
    return {
        "size": SIZE,
        "rows": [each | {"goes": _to_trade(each, page, timeframe=timeframe)} for each in rows],
        "symbol": symbol,
        "timeframe": timeframe,
        "candles": candles,
        "chart": candle_chart.candles(found, marks, timeframe=timeframe or "1d", test_opens=test_opens) if found else None,
        "drawn": len(marks),
        "strays": candle_chart.strays(marks, found),
        "shown": shown,
        "ways": _ways(candles, page | {"symbol": symbol or ""}),
        "window": (found[0]["closed_at"][:10], found[-1]["closed_at"][:10]) if found else ("", ""),
    }


def _mark(row: Row, found: Sequence[Mapping[str, Any]], *, chosen: bool) -> Mark | None:
    """Return a trade on candles; None where it was made beyond them."""
    opened, closed = [each["opened_at"] for each in found], [each["closed_at"] for each in found]
    entered = candle_chart.place_of(row["entry_time"], opened, closed, opens=row["entry_opens"])
    left = candle_chart.place_of(row["exit_time"], opened, closed, opens=row["exit_opens"])
    if entered is None and left is None:
        return None
    return Mark(entered, left, row["entry_price"], row["exit_price"], row["side"] == "LONG", row["won"], chosen)


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
