"""Trades on candles, as options of ECharts: where each was entered and left by shape and by colour, joined by a line."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from services.gateway.inbound.pages.charts import ROOM, ZOOM, Option
from services.gateway.inbound.pages.rendering import PRICE_DIGITS

UP: Final = "triangle"
DOWN: Final = "path://M0,0L10,0L5,10Z"
LEFT: Final = "diamond"
SIZE, CHOSEN = 11, 19
DAILY: Final = ("1d", "1w")
SLACK: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Mark:
    """A trade on candles by their places; None where it was entered or left beyond them. One that is `chosen` is drawn larger."""

    entered: int | None
    left: int | None
    entry_price: float
    exit_price: float
    long: bool
    won: bool
    chosen: bool = False


def place_of(at: str, opened: Sequence[str], closed: Sequence[str], *, opens: bool) -> int | None:
    """Return the candle that opened at a moment, or closed then, or had it inside: one's close may be the next one's open."""
    first, second = (bisect_right, bisect_left) if opens else (bisect_left, bisect_right)
    for find in (first, second):
        place = find(closed, at)
        if place < len(closed) and opened[place] <= at:
            return place
    return None


def strays(marks: Sequence[Mark], rows: Sequence[Mapping[str, Any]]) -> int:
    """Count the trades whose prices lie outside of their candles: they were made on other ones."""
    return sum(
        any(
            place is not None and not rows[place]["low"] * (1 - SLACK) <= price <= rows[place]["high"] * (1 + SLACK)
            for place, price in ((each.entered, each.entry_price), (each.left, each.exit_price))
        )
        for each in marks
    )


def candles(rows: Sequence[Mapping[str, Any]], marks: Sequence[Mark], *, timeframe: str, test_opens: str | None = None) -> Option:
    """Return candles with trades on them, to be zoomed into; `test_opens` marks the part that a model had not seen, if it begins here."""
    names = [_name(each["opened_at"], daily=timeframe in DAILY) for each in rows]
    begins = bisect_left([each["closed_at"] for each in rows], _spelt(test_opens)) if test_opens else 0
    series = [
        {
            "name": "Candles",
            "type": "candlestick",
            "data": [[_short(each[name]) for name in ("open", "close", "low", "high")] for each in rows],
            # Hollow where the price rose, filled where it fell: not by colour alone.
            "itemStyle": {"color": "var(--sheet)", "borderColor": "var(--good)", "color0": "var(--bad)", "borderColor0": "var(--bad)"},
            "markLine": {"silent": True, "symbol": "none", "label": {"show": False}, "animation": False, "data": _joined(marks)},
        }
        | ({"markArea": _test(begins, len(rows) - 1)} if 0 < begins < len(rows) else {}),
        _points("Bought", UP, "var(--chart-1)", [(each.entered, each.entry_price, each.chosen) for each in marks if each.long]),
        _points("Sold short", DOWN, "var(--chart-2)", [(each.entered, each.entry_price, each.chosen) for each in marks if not each.long]),
        _points("Left", LEFT, "var(--ink)", [(each.left, each.exit_price, each.chosen) for each in marks]),
    ]
    shown = [each for each in series if each["data"]]
    return {
        "grid": ROOM | {"bottom": 32},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "cross"}},
        "legend": {"top": 0, "type": "scroll", "data": [_entry(each) for each in shown]},
        "xAxis": {"type": "category", "data": names, "boundaryGap": True},
        "yAxis": {"type": "value", "scale": True},
        "dataZoom": ZOOM,
        "series": shown,
    }


def _points(name: str, symbol: str, colour: str, found: Sequence[tuple[int | None, float, bool]]) -> Option:
    return {
        "name": name,
        "type": "scatter",
        "symbol": symbol,
        "symbolSize": SIZE,
        "z": 5,
        "itemStyle": {"color": colour, "borderColor": "var(--sheet)", "borderWidth": 1},
        "data": [
            {"value": [place, _short(price)]} | ({"symbolSize": CHOSEN} if chosen else {})
            for place, price, chosen in found
            if place is not None
        ],
    }


def _joined(marks: Sequence[Mark]) -> list[list[Option]]:
    """Return a line for each trade that lies within the candles: whole where it won, dashed where it lost."""
    return [
        [
            {
                "coord": [each.entered, _short(each.entry_price)],
                "lineStyle": {"color": "var(--good)" if each.won else "var(--bad)", "type": "solid" if each.won else "dashed", "width": 2},
            },
            {"coord": [each.left, _short(each.exit_price)]},
        ]
        for each in marks
        if each.entered is not None and each.left is not None
    ]


def _test(begins: int, last: int) -> Option:
    return {
        "silent": True,
        "itemStyle": {"color": "var(--chart-1)", "opacity": 0.07},
        "label": {"color": "var(--soft)", "position": "insideTopLeft"},
        "data": [[{"name": "test", "xAxis": begins}, {"xAxis": last}]],
    }


def _entry(series: Option) -> Option:
    return {"name": series["name"]} | ({"icon": series["symbol"]} if "symbol" in series else {})


def _spelt(at: str) -> str:
    """Return a moment as candles have theirs: with milliseconds, so that their texts sort as they do."""
    return f"{datetime.fromisoformat(at).astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def _name(at: str, *, daily: bool) -> str:
    return at[:10] if daily else f"{at[:10]} {at[11:16]}"


def _short(price: float) -> float:
    return float(f"{price:.{PRICE_DIGITS}g}")
