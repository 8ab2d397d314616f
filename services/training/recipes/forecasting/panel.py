"""Series of equal periods that add up to groups and a total, made of rows; what is missing stays missing, and is told."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from libs.contracts.manifests.forecasting import ForecastingManifest
from libs.quant.candles import Floats, Integers
from services.training.learners.errors import NotEnoughDataError
from services.training.recipes.forecasting.items import Items, count_of, in_order, largest, places_of, some_of, told_apart, usable
from services.training.recipes.table import Table

ITEM, KNOWN = "item", "known: "
WIDER: Final = ("region", "group")
"""Roles of a hierarchy above the items, the widest first."""
TOTAL: Final = "total"
CODES: Final = {"hour": "h", "day": "D", "week": "W", "month": "M", "quarter": "Q"}
SEASONS: Final = {"hour": 24, "day": 7, "week": 52, "month": 12, "quarter": 4}
LONGEST: Final = {"hour": 3_600.0 * 1.5, "day": 86_400 * 1.5, "week": 86_400 * 8.0, "month": 86_400 * 32.0}
"""Seconds between two times up to which a period is taken to be that long."""
NANOSECONDS: Final = 1e9


@dataclass(frozen=True, slots=True)
class Node:
    """A series: of an item, or of what several add up to. `place` is where it is in the hierarchy, the widest first."""

    level: str
    name: str
    place: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Values (nodes, periods) of a hierarchy, items last, NaN where unknown; `known` (nodes, periods + ahead, columns) is known ahead.

    `summing` (nodes, items) says which items are in which node. `first` is the ordinal of the first period of `code` (pandas).
    """

    nodes: tuple[Node, ...]
    summing: Floats
    values: Floats
    known: Floats
    covariates: tuple[str, ...]
    season: int
    frequency: str
    first: int
    notes: tuple[str, ...] = ()
    short: tuple[tuple[str, ...], ...] = ()
    """Places of the items that were left out, as they have too few periods."""

    @property
    def periods(self) -> int:
        """How many periods the values are of."""
        return int(self.values.shape[1])

    @property
    def items(self) -> int:
        """How many nodes are items."""
        return int(self.summing.shape[1])

    @property
    def levels(self) -> dict[str, Integers]:
        """Places of the nodes of each level, the widest first."""
        found: dict[str, list[int]] = {}
        for place, node in enumerate(self.nodes):
            found.setdefault(node.level, []).append(place)
        return {name: np.array(places, dtype=np.int64) for name, places in found.items()}

    def day(self, period: int) -> str:
        """Return when a period begins, in words: a day, with the hour where periods are hours."""
        start = pd.Period(ordinal=self.first + period, freq=CODES[self.frequency]).start_time
        return str(start.strftime("%Y-%m-%d %H:%M" if self.frequency == "hour" else "%Y-%m-%d"))

    def year(self, period: int) -> float:
        """Return when a period begins, in years with their fraction."""
        start = pd.Period(ordinal=self.first + period, freq=CODES[self.frequency]).start_time
        return round(float(start.year + (start.dayofyear - 1 + start.hour / 24) / 365.25), 5)

    def in_season(self, periods: Integers) -> Integers:
        """Return where periods are in their season, from 0."""
        found: Integers = (self.first + periods) % self.season
        return found


def make_panel(table: Table, *, manifest: ForecastingManifest, items: Items | None = None) -> Panel:
    """Return the panel of rows whose roles are those of the family, with these items, or those that the rows ask for.

    Raise TrainingRefusedError where nothing is left.
    """
    objective = manifest.objective
    keys = [role for role in (*WIDER, ITEM) if table.has(role)]
    notes: list[str] = []
    rows, frequency = _periods(table, manifest=manifest, notes=notes)
    if items is None:
        rows = largest(rows, keys=keys, most=objective.items_most, notes=notes)
    else:
        rows = told_apart(rows, keys=keys, items=items, notes=notes)
    known = rows["value"].notna()
    if not known.any():
        message = "No row has a value of the target: there is nothing to forecast from."
        raise NotEnoughDataError(message, details={"manifest.data": [message]})
    first, last = int(rows["period"].min()), int(rows.loc[known, "period"].max())
    cells = rows.assign(unknown=~known).groupby([*keys, "period"], observed=True)
    # One value that is unknown makes the cell unknown.
    table_of = cells["value"].agg(objective.aggregate).where(~cells["unknown"].any())
    wide = table_of.unstack("period") if keys else table_of.to_frame().T  # noqa: PD010 - one value a cell
    wide = wide.reindex(columns=range(first, last + 1)).sort_index()
    short: tuple[tuple[str, ...], ...] = ()
    if items is None:
        # With `zero` each period is known.
        filled = wide.fillna(0.0) if objective.missing == "zero" else wide
        wide, short = usable(filled, keys=keys, least=2 * objective.horizon, notes=notes)
        places = places_of(wide, keys=keys)
    else:
        places, short = list(items.places), items.short
    nodes, summing = hierarchy(places, levels=tuple(keys) if keys else (ITEM,))
    own = in_order(wide, places=places, keys=keys)
    own = np.nan_to_num(own) if objective.missing == "zero" else own
    # An unknown item makes its groups unknown: nothing is invented.
    values = np.array([own[each > 0].sum(axis=0) for each in summing])
    if objective.missing == "zero" and manifest.features:
        notes.append(
            "What is known ahead keeps its last value where a period has no rows: else its absence would tell that nothing was sold."
        )
    ahead = _known(rows, places=places, keys=keys, first=first, periods=int(rows["period"].max()) + 1 - first, names=manifest.features)
    ahead = _carried(ahead) if objective.missing == "zero" else ahead
    _tell_gaps(own, nodes=nodes[-len(places) :], notes=notes)
    season = objective.season or SEASONS[frequency]
    return Panel(
        nodes, summing, values, _of_wider(ahead, summing=summing), manifest.features, season, frequency, first, tuple(notes), short
    )


def hierarchy(places: list[tuple[str, ...]], *, levels: tuple[str, ...]) -> tuple[tuple[Node, ...], Floats]:
    """Return total, groups and items in this order, and which items (columns) are in which node (rows)."""
    nodes, rows = [], []
    # One series alone is its own total.
    if len(places) > 1:
        nodes.append(Node(TOTAL, TOTAL))
        rows.append(np.ones(len(places)))
    depth = len(places[0])
    for level in range(1, depth):
        for prefix in dict.fromkeys(place[:level] for place in places):
            nodes.append(Node(levels[level - 1], prefix[-1], prefix))
            rows.append(np.array([float(place[:level] == prefix) for place in places]))
    nodes += [Node(ITEM, place[-1] if place else TOTAL, place) for place in places]
    return tuple(nodes), np.vstack([*rows, np.eye(len(places))])


def _periods(table: Table, *, manifest: ForecastingManifest, notes: list[str]) -> tuple[pd.DataFrame, str]:
    """Return the rows with their period and value, and the length of a period."""
    times = pd.Series(table.times("time"))
    step = _step(table.times("time"))
    frequency: str = manifest.objective.frequency
    if frequency == "auto":
        frequency = next((name for name, longest in LONGEST.items() if step <= longest), "quarter")
    rows = table.features[list(manifest.features)].add_prefix(KNOWN)
    rows = rows.assign(
        **{role: table.words(role) for role in (*WIDER, ITEM) if table.has(role)},
        period=pd.PeriodIndex(times, freq=CODES[frequency]).asi8,
        value=table.numbers("target"),
    )
    return _whole(rows, times=times, step=step, frequency=frequency, notes=notes), frequency


def _step(times: NDArray[np.datetime64]) -> float:
    """Return the commonest distance of two times, in seconds."""
    gaps = np.diff(np.unique(times.astype(np.int64))) / NANOSECONDS
    if len(gaps) == 0:
        message = "All rows have the same time: there is nothing to forecast from."
        raise NotEnoughDataError(message, details={"manifest.data.columns.time": [message]})
    distances, counts = np.unique(gaps, return_counts=True)
    return float(distances[counts.argmax()])


def _whole(rows: pd.DataFrame, *, times: "pd.Series[Any]", step: float, frequency: str, notes: list[str]) -> pd.DataFrame:
    """Leave out a first and a last period that the data begin or end within: what came in them is part of their demand."""
    code = CODES[frequency]
    ends = (times.min().to_period(code), times.max().to_period(code))
    slack = pd.Timedelta(seconds=step)
    cut = []
    if ends[0].end_time - ends[0].start_time > 1.5 * slack:
        if times.min() >= ends[0].start_time + slack:
            cut.append(ends[0].ordinal)
        if times.max() + slack <= ends[1].end_time - slack / 2:
            cut.append(ends[1].ordinal)
    if cut:
        notes.append(f"The first or last {frequency} is there in part: {len(cut)} left out.")
    return rows[~rows["period"].isin(cut)]


def _known(
    rows: pd.DataFrame, *, places: list[tuple[str, ...]], keys: list[str], first: int, periods: int, names: tuple[str, ...]
) -> Floats:
    """Return what is known ahead (items, periods, names): the mean of a period's rows, NaN where there are none."""
    found = np.full((len(places), periods, len(names)), np.nan)
    for column, name in enumerate(names):
        means = rows.groupby([*keys, "period"], observed=True)[KNOWN + name].mean()
        wide = means.unstack("period") if keys else means.to_frame().T  # noqa: PD010 - one value a cell
        wide = wide.reindex(columns=range(first, first + periods))
        found[:, :, column] = in_order(wide, places=places, keys=keys)
    return found


def _carried(known: Floats) -> Floats:
    """Return what is known (items, periods, names), the last value kept where a period has none."""
    at = np.where(np.isfinite(known), np.arange(known.shape[1])[None, :, None], 0)
    found: Floats = np.take_along_axis(known, np.maximum.accumulate(at, axis=1), axis=1)
    return found


def _of_wider(known: Floats, *, summing: Floats) -> Floats:
    """Return what is known ahead of all nodes (nodes, periods, names): of wider ones the mean of their items'."""
    some = np.isfinite(known)
    total, count = (np.tensordot(summing, each, axes=1) for each in (np.where(some, known, 0.0), some.astype(np.float64)))
    found: Floats = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return found


def _tell_gaps(values: Floats, *, nodes: tuple[Node, ...], notes: list[str]) -> None:
    gaps = (~np.isfinite(values)).sum(axis=1)
    if gaps.any():
        names = [node.name for node, count in zip(nodes, gaps, strict=True) if count]
        missing = int(gaps.sum())
        periods = "1 period" if missing == 1 else f"{missing:,} periods"
        notes.append(f"{periods} of {count_of(names)} without a value, neither learned from nor measured: {some_of(names)}.")
