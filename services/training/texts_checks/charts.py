"""Charts of a report as SVG that stands in the page: bars and histograms, each with its figures in words for whoever sees none."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import numpy as np

from libs.contracts.text_labels import label_scores

WIDTH: Final = 720
_ROW, _NAME, _FIGURE = 28, 190, 96
_HIGH, _FOOT, _SIDE = 200, 26, 14
_BINS: Final = 40
_NAMED: Final = 22  # letters of a name that stand beside a bar
_COLOURS: Final = ("#2a6fb0", "#b7791f", "#6b4fa0", "#0e7c86", "#a8327d", "#4a5560", "#7a9a2e", "#c46a3a")
_LOW, _MIDDLE, _HIGH_SCORE = "#c0392b", "#9aa5b1", "#2e8b57"
_MARK: Final = "#c0392b"


def _colours(labels: Sequence[str]) -> dict[str, str]:
    """Return a colour for each label: red, grey and green where they are words of sentiment."""
    scores = label_scores(labels) if len(set(labels)) <= len(_COLOURS) else None
    if scores is not None:
        return {label: _LOW if score < 0 else _HIGH_SCORE if score > 0 else _MIDDLE for label, score in scores.items()}
    return {label: _COLOURS[place % len(_COLOURS)] for place, label in enumerate(labels)}


def bars(counts: Mapping[str, int], *, title: str) -> str:
    """Return counts of labels as bars across, in the order of the mapping."""
    colour = _colours(list(counts))
    most, total = max(counts.values(), default=1), max(sum(counts.values()), 1)
    room = WIDTH - _NAME - _FIGURE
    parts = []
    for place, (name, count) in enumerate(counts.items()):
        top, length = place * _ROW, max(count / most * room, 1.5)
        shown = name if len(name) <= _NAMED else f"{name[: _NAMED - 1]}…"
        parts.append(
            f'<text x="{_NAME - 10}" y="{top + 18}" text-anchor="end">{escape(shown)}<title>{escape(name)}</title></text>'
            f'<rect x="{_NAME}" y="{top + 5}" width="{length:.1f}" height="{_ROW - 10}" rx="2" fill="{colour[name]}"/>'
            f'<text x="{_NAME + length + 8:.1f}" y="{top + 18}">{count:,} <tspan class="faint">{count / total:.1%}</tspan></text>'
        )
    told = "; ".join(f"{name} {count:,}" for name, count in counts.items())
    return _picture("".join(parts), height=len(counts) * _ROW, told=f"{title}: {told}.")


def histogram(values: Sequence[float], *, title: str, unit: str, mark: float | None = None, mark_name: str = "") -> str:
    """Return how many values lie in each of equal ranges, up to the 99.5th percentile; the last range holds what is above it.

    `mark` is drawn as a line across with its name.
    """
    numbers = np.asarray(values, dtype=float)
    low, high = float(numbers.min()), max(float(np.percentile(numbers, 99.5)), float(numbers.min()) + 1)
    high = max(high, (mark or 0.0) * 1.1) if mark is not None and mark < 2 * high else high
    counts, edges = np.histogram(np.minimum(numbers, high), bins=min(_BINS, max(int(high - low), 1)), range=(low, high))
    room = WIDTH - 2 * _SIDE

    def across(value: float) -> float:
        return _SIDE + (value - low) / (high - low) * room

    parts = [
        f'<rect x="{across(start) + 0.5:.1f}" y="{_HIGH - height:.1f}" width="{max(across(end) - across(start) - 1, 1):.1f}"'
        f' height="{height:.1f}" fill="{_COLOURS[0]}"><title>{start:,.0f} to {end:,.0f} {unit}: {count:,}</title></rect>'
        for count, start, end in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        if (height := count / max(int(counts.max()), 1) * (_HIGH - 24))
    ]
    parts.append(f'<line x1="{_SIDE}" x2="{WIDTH - _SIDE}" y1="{_HIGH}" y2="{_HIGH}" class="axis"/>')
    parts += [_tick(across(value), f"{value:,.0f}") for value in _round(low, high)]
    if mark is not None and low <= mark <= high:
        left = mark > (low + high) / 2
        parts.append(
            f'<line x1="{across(mark):.1f}" x2="{across(mark):.1f}" y1="4" y2="{_HIGH}" stroke="{_MARK}" stroke-dasharray="4 3"/>'
            f'<text x="{across(mark) + (-6 if left else 6):.1f}" y="14" text-anchor="{"end" if left else "start"}" fill="{_MARK}">'
            f"{escape(mark_name)}</text>"
        )
    middle, most = float(np.median(numbers)), float(numbers.max())
    told = f"{title}: from {numbers.min():,.0f} to {most:,.0f} {unit}, half of them at most {middle:,.0f}."
    return _picture("".join(parts), height=_HIGH + _FOOT, told=told)


def over_time(moments: Sequence[int], *, title: str) -> str:
    """Return how many rows lie in each of equal spans of time; moments are in nanoseconds since 1970."""
    times = np.asarray(moments, dtype=np.int64)
    first, last = int(times.min()), int(times.max())
    counts, _ = np.histogram(times, bins=min(60, len(times)), range=(first, max(last, first + 1)))
    room, most = WIDTH - 2 * _SIDE, max(int(counts.max()), 1)
    wide = room / len(counts)
    parts = [
        f'<rect x="{_SIDE + place * wide + 0.5:.1f}" y="{_HIGH - height:.1f}" width="{max(wide - 1, 1):.1f}" height="{height:.1f}"'
        f' fill="{_COLOURS[0]}"><title>{count:,}</title></rect>'
        for place, count in enumerate(counts.tolist())
        if (height := count / most * (_HIGH - 24))
    ]
    parts.append(f'<line x1="{_SIDE}" x2="{WIDTH - _SIDE}" y1="{_HIGH}" y2="{_HIGH}" class="axis"/>')
    days = [str(np.datetime64(int(moment), "ns"))[:10] for moment in np.linspace(first, last, 4)]
    parts += [_tick(_SIDE + share * room, day) for share, day in zip((0.05, 0.35, 0.65, 0.95), days, strict=True)]
    return _picture("".join(parts), height=_HIGH + _FOOT, told=f"{title}: {len(times):,} from {days[0]} to {days[-1]}.")


def shares(parts: Mapping[str, Mapping[str, int]], *, title: str) -> str:
    """Return for each name how its rows are shared among labels, as bars of one length; labels in the order of the first ones' counts."""
    labels = list(dict.fromkeys(label for counts in parts.values() for label in counts))
    colour = _colours(labels)
    room, drawn = WIDTH - _NAME - _FIGURE, []
    for place, (name, counts) in enumerate(parts.items()):
        total, left = max(sum(counts.values()), 1), float(_NAME)
        shown = name if len(name) <= _NAMED else f"{name[: _NAMED - 1]}…"
        drawn.append(f'<text x="{_NAME - 10}" y="{place * _ROW + 18}" text-anchor="end">{escape(shown)}</text>')
        for label, count in counts.items():
            wide = count / total * room
            drawn.append(
                f'<rect x="{left:.1f}" y="{place * _ROW + 5}" width="{wide:.1f}" height="{_ROW - 10}" fill="{colour[label]}">'
                f"<title>{escape(name)}, {escape(label)}: {count:,} ({count / total:.0%})</title></rect>"
            )
            left += wide
        drawn.append(f'<text x="{left + 8:.1f}" y="{place * _ROW + 18}">{total:,}</text>')
    legend = " ".join(f'<span><i style="background:{colour[label]}"></i>{escape(label)}</span>' for label in labels)
    told = "; ".join(f"{name} {', '.join(f'{label} {count:,}' for label, count in counts.items())}" for name, counts in parts.items())
    return f'<p class="legend">{legend}</p>' + _picture("".join(drawn), height=len(parts) * _ROW, told=f"{title}: {told}.")


def _round(low: float, high: float) -> list[float]:
    """Return some round numbers between two."""
    size = 10 ** np.floor(np.log10(max((high - low) / 4, 1)))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= (high - low) / 6)
    return [float(value) for value in np.arange(np.ceil(low / step) * step, high + step / 1e6, step)]


def _tick(x: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{_HIGH + 18}" text-anchor="middle" class="faint">{escape(text)}</text>'


def _picture(inside: str, *, height: int, told: str) -> str:
    picture = f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(told)}">{inside}</svg>'
    return f'<div class="drawn" tabindex="0">{picture}</div>'
