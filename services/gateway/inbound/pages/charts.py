"""Options of ECharts, made from what the API answers; colours are the style sheet's, by name."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
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
        "label": {"formatter": "test begins", "color": "var(--soft)", "position": "insideEndBottom", "rotate": 0, "align": "left"}
        # Beside its line, not across it.
        | {"padding": [0, 0, 0, 14]},
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
    years = told["x"] == "year"
    series = [
        {
            "name": name,
            "type": "line",
            "showSymbol": len(points) < DOTS,
            "data": [[_moment(point[0]) if years else point[0], *point[1:]] for point in points],
        }
        for name, points in told["series"].items()
    ]
    return {
        "grid": ROOM | {"top": 56, "bottom": 28},
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "type": "scroll"},
        "xAxis": {"type": "time" if years else "value", "scale": True, "name": told["x"], "nameLocation": "middle", "nameGap": 28},
        "yAxis": {"type": "value", "scale": True, "name": told["y"], "nameTextStyle": {"align": "left"}, "nameGap": 10},
        "series": series,
    }


def _moment(year: float) -> str:
    """Return a year and its fraction as a moment: as a number it would be written with a comma."""
    whole = int(year)
    return (datetime(whole, 1, 1, tzinfo=UTC) + timedelta(days=365.25 * (year - whole))).isoformat()


def lines(series: Mapping[str, Sequence[Sequence[Any]]]) -> Option:
    """Return several lines over time, each of points (time, value) of its own."""
    return _timeline(
        [{"name": name, "type": "line", "showSymbol": False, "data": list(points)} for name, points in series.items()], zoom=True
    )


def history(found: Sequence[tuple[int, float]], metric: str, direction: str) -> Option:
    """Return a search's trials in the order in which they were begun, and the best so far."""
    better = min if direction == "minimize" else max
    best = list(accumulate((value for _, value in found), better))
    return {
        "grid": ROOM | {"bottom": 28},
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0},
        "xAxis": {"type": "value", "scale": True, "name": "trial", "nameLocation": "middle", "nameGap": 24},
        "yAxis": {"type": "value", "scale": True},
        "series": [
            {"name": metric, "type": "scatter", "symbolSize": 7, "data": [list(each) for each in found]},
            {
                "name": "Best so far",
                "type": "line",
                "step": "end",
                "showSymbol": False,
                "data": [[number, value] for (number, _), value in zip(found, best, strict=True)],
            },
        ],
    }


def parallel(names: Sequence[str], metric: str, trials: Sequence[tuple[Mapping[str, Any], float]]) -> Option:
    """Return trials as lines over what was searched, coloured by what they came to."""
    values = [value for _, value in trials]
    axes = [_parallel_axis(at, name, [each.get(name) for each, _ in trials]) for at, name in enumerate(names)]
    return {
        "parallel": {"left": 40, "right": 60, "top": 40, "bottom": 20},
        "parallelAxis": [*axes, {"dim": len(names), "name": metric, "scale": True}],
        "visualMap": {
            "show": False,
            "min": min(values),
            "max": max(values),
            "dimension": len(names),
            "inRange": {"color": ["var(--chart-1)", "var(--chart-2)"]},
        },
        "series": [
            {
                "type": "parallel",
                "lineStyle": {"width": 1.5, "opacity": 0.6},
                "data": [[each.get(name) for name in names] + [value] for each, value in trials],
            }
        ],
    }


def _parallel_axis(at: int, name: str, values: Sequence[Any]) -> Option:
    """Return one axis: of numbers, or of words."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return {"dim": at, "name": name, "scale": True}
    return {"dim": at, "name": name, "type": "category", "data": sorted({str(value) for value in values})}


def scatter(points: Sequence[tuple[Any, float]], x: str, y: str) -> Option:
    """Return points over two axes; across there may be words."""
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each, _ in points)
    across: Option = (
        {"type": "value", "scale": True} if numbers else {"type": "category", "data": sorted({str(each) for each, _ in points})}
    )
    return {
        "grid": ROOM | {"bottom": 28},
        "tooltip": {"trigger": "item"},
        "xAxis": across | {"name": x, "nameLocation": "middle", "nameGap": 28},
        "yAxis": {"type": "value", "scale": True, "name": y, "nameTextStyle": {"align": "left"}},
        "series": [{"type": "scatter", "symbolSize": 7, "data": [[each if numbers else str(each), value] for each, value in points]}],
    }


def surface(points: Sequence[tuple[Any, Any, float | None]], x: str, y: str, value: str) -> Option:
    """Return a value over two parameters as a map of colours."""
    across, up = ([*dict.fromkeys(str(point[at]) for point in points)] for at in (0, 1))
    known = [each for _, _, each in points if each is not None]
    return {
        "grid": ROOM | {"bottom": 28, "right": 70, "top": 16},
        "tooltip": {"trigger": "item"},
        "xAxis": {"type": "category", "data": across, "name": x, "nameLocation": "middle", "nameGap": 26},
        "yAxis": {"type": "category", "data": up, "name": y},
        "visualMap": {
            "min": min(known, default=0),
            "max": max(known, default=1),
            "calculable": True,
            "right": 0,
            "top": "middle",
            "itemHeight": 140,
            "textStyle": {"color": "var(--soft)"},
            "inRange": {"color": ["var(--bad)", "var(--sheet)", "var(--good)"]},
        },
        "series": [
            {"name": value, "type": "heatmap", "data": [[str(each[0]), str(each[1]), each[2]] for each in points if each[2] is not None]}
        ],
    }


def waterfall(base: float, contributions: Mapping[str, float], *, most: int = 12) -> Option:
    """Return how contributions lead from the base value to the output: the largest first, the small ones together."""
    ranked = sorted(contributions.items(), key=lambda each: -abs(each[1]))
    shown = [*ranked[:most], *([("all others", sum(value for _, value in ranked[most:]))] if len(ranked) > most else [])]
    ends = list(accumulate((value for _, value in shown), initial=base))
    steps = [(name, start, start + value) for (name, value), start in zip(shown, ends[:-1], strict=True)]
    names = ["base value", *(name for name, _, _ in steps), "output"]
    lows = [0.0, *(min(start, end) for _, start, end in steps), 0.0]
    ups = [None, *(end - start if end >= start else None for _, start, end in steps), None]
    downs = [None, *(start - end if end < start else None for _, start, end in steps), None]
    whole = [base, *(None for _ in steps), ends[-1]]
    bar = {"type": "bar", "stack": "all", "barWidth": "60%"}
    return {
        "grid": {**ROOM, "top": 28},
        "legend": {"top": 0, "data": ["Raises", "Lowers"]},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "value", "scale": True},
        "yAxis": {"type": "category", "inverse": True, "data": names, "axisLabel": {"width": 140, "overflow": "truncate"}},
        "series": [
            bar | {"name": "From", "silent": True, "itemStyle": {"color": "transparent"}, "data": lows},
            bar | {"name": "Value", "itemStyle": {"color": "var(--chart-5)"}, "data": whole},
            bar | {"name": "Raises", "itemStyle": {"color": "var(--good)"}, "data": ups},
            bar | {"name": "Lowers", "itemStyle": {"color": "var(--bad)"}, "data": downs},
        ],
    }


def waterfalls(asked: Mapping[str, Any] | None) -> list[Option]:
    """Return one of each prediction that a model has answered."""
    return [waterfall(each["base_value"], each["feature_contributions"]) for each in (asked or {}).get("predictions", ())]


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
