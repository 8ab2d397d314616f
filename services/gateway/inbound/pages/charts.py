"""Options of ECharts, made from what the API answers; colours are the style sheet's, by name."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Option = dict[str, Any]
# Dots that touch each other say nothing.
DOTS: Final = 60
ROOM: Final = {"left": 8, "right": 16, "top": 36, "bottom": 8, "containLabel": True}
ZOOM: Final = [{"type": "inside"}, {"type": "slider", "height": 18, "bottom": 4}]


def equity(points: Sequence[Mapping[str, Any]], *, split: str | None = None) -> Option:
    """Return equity beside buy-and-hold over time (capital 1 at the start), with the moment where the test begins."""
    mark = {
        "silent": True,
        "symbol": "none",
        "label": {"formatter": "test begins", "color": "var(--soft)", "position": "insideEndTop"},
        "data": [{"xAxis": split}],
    }
    lines = [
        {"name": "Model", "type": "line", "showSymbol": False, "data": [[each["time"], each["equity"]] for each in points]}
        | ({"markLine": mark} if split else {}),
        {
            "name": "Buy and hold",
            "type": "line",
            "showSymbol": False,
            "lineStyle": {"type": "dashed"},
            "data": [[each["time"], each["buy_and_hold"]] for each in points],
        },
    ]
    return _timeline(lines, zoom=True)


def drawdown(points: Sequence[Mapping[str, Any]]) -> Option:
    """Return how far equity and buy-and-hold are below their highest, as percent below zero."""
    fell = {"Model": "drawdown", "Buy and hold": "buy_and_hold_drawdown"}
    lines = [
        {
            "name": name,
            "type": "line",
            "showSymbol": False,
            "areaStyle": {"opacity": 0.15},
            "data": [[each["time"], round(-100 * each[field], 3)] for each in points],
        }
        for name, field in fell.items()
    ]
    return _timeline(lines, unit=" %")


def bars(values: Mapping[str, float | None], *, name: str, most: int = 20) -> Option:
    """Return named values as bars, the largest above."""
    ranked = sorted(((label, value) for label, value in values.items() if value is not None), key=lambda each: each[1])[-most:]
    return {
        "grid": {**ROOM, "top": 8},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "value"},
        "yAxis": {"type": "category", "data": [label for label, _ in ranked], "axisLabel": {"width": 140, "overflow": "truncate"}},
        "series": [{"name": name, "type": "bar", "data": [value for _, value in ranked]}],
    }


def beside(rows: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Option:
    """Return several series over the same categories as bars side by side."""
    return {
        "grid": ROOM,
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "type": "scroll"},
        "xAxis": {"type": "category", "data": list(rows)},
        "yAxis": {"type": "value"},
        "series": [{"name": name, "type": "bar", "data": list(values)} for name, values in series.items()],
    }


def curve(told: Mapping[str, Any]) -> Option:
    """Return the curves of a run: points (x, y) by what they are of, with the axes' words."""
    series = [
        {"name": name, "type": "line", "showSymbol": len(points) < DOTS, "data": [list(point) for point in points]}
        for name, points in told["series"].items()
    ]
    return {
        "grid": ROOM | {"top": 56, "bottom": 28},
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "type": "scroll"},
        "xAxis": {"type": "value", "scale": True, "name": told["x"], "nameLocation": "middle", "nameGap": 28},
        "yAxis": {"type": "value", "scale": True, "name": told["y"], "nameTextStyle": {"align": "left"}, "nameGap": 10},
        "series": series,
    }


def timeline(times: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Option:
    """Return several values over time as lines."""
    lines = [
        {"name": name, "type": "line", "showSymbol": len(times) < DOTS, "data": [list(pair) for pair in zip(times, values, strict=True)]}
        for name, values in series.items()
    ]
    return _timeline(lines)


def _timeline(lines: list[Option], *, unit: str = "", zoom: bool = False) -> Option:
    return {
        "grid": ROOM | ({"bottom": 32} if zoom else {}),
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "type": "scroll"},
        "xAxis": {"type": "time"},
        "yAxis": {"type": "value", "scale": True, "axisLabel": {"formatter": f"{{value}}{unit}"}},
        "series": lines,
    } | ({"dataZoom": ZOOM} if zoom else {})
