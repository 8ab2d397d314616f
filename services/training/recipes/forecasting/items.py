"""Which items of a panel's rows are told apart: the largest of them, or those that a model knows, all others as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from libs.quant.candles import Floats
from services.training.learners.errors import NotEnoughDataError, TrainingRefusedError

OTHERS: Final = "(others)"
SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Items:
    """The places of items that a model tells apart, in its order, and of those that it has left out; all others are `(others)`."""

    places: tuple[tuple[str, ...], ...]
    short: tuple[tuple[str, ...], ...] = ()


def largest(rows: pd.DataFrame, *, keys: list[str], most: int, notes: list[str]) -> pd.DataFrame:
    """Return the rows with the largest items, and all others as one item."""
    if not keys:
        return rows
    sizes = rows.groupby(keys, observed=True)["value"].sum().sort_values(ascending=False, kind="stable")
    if len(sizes) <= most:
        return rows
    kept = set(sizes.index[: most - 1]) if most > 1 else set()
    own = pd.Series(list(rows[keys].itertuples(index=False, name=None)) if len(keys) > 1 else rows[keys[0]], index=rows.index)
    notes.append(f"{len(sizes):,} items: the {len(kept)} largest are told apart, the others are one, {OTHERS}.")
    return rows.assign(**{key: rows[key].astype(object).where(own.isin(kept), OTHERS) for key in keys})


def told_apart(rows: pd.DataFrame, *, keys: list[str], items: Items, notes: list[str]) -> pd.DataFrame:
    """Return the rows with a model's items, all others as one item where it has that; those that it left out are left out again."""
    if not keys:
        return rows
    if any(len(place) != len(keys) for place in items.places):
        message = f"The rows tell series apart by {', '.join(keys)}, and the model was made with other roles: name the same columns."
        raise TrainingRefusedError(message, details={"manifest.data.columns": [message]})
    place = pd.Series(list(rows[keys].astype(str).itertuples(index=False, name=None)), index=rows.index)
    is_own, is_short = place.isin(set(items.places)), place.isin(set(items.short))
    others = (OTHERS,) * len(keys)
    if others not in items.places:
        if unknown := sorted(set(place[~is_own & ~is_short])):
            notes.append(f"{count_of(unknown)} the model does not know, left out: {some_of([each[-1] for each in unknown])}.")
        found = rows[is_own]
    else:
        found = rows.assign(**{key: rows[key].astype(object).where(is_own, OTHERS) for key in keys})[~is_short]
    if absent := [each[-1] for each in items.places if each not in set(place) and each != others]:
        notes.append(f"{count_of(absent)} the model knows and no row is of: {some_of(absent)}.")
    return found


def in_order(wide: pd.DataFrame, *, places: list[tuple[str, ...]], keys: list[str]) -> Floats:
    """Return the values (items, periods) of places in their order, unknown where there are none."""
    at = {place: row for row, place in enumerate(places_of(wide, keys=keys))}
    values, unknown = wide.to_numpy(dtype=np.float64), np.full(wide.shape[1], np.nan)
    return np.array([values[at[place]] if place in at else unknown for place in places])


def usable(wide: pd.DataFrame, *, keys: list[str], least: int, notes: list[str]) -> tuple[pd.DataFrame, tuple[tuple[str, ...], ...]]:
    """Return the items with as many known periods as a forecast needs; the places of the others, which are left out and told."""
    enough = wide.notna().sum(axis=1) >= least
    if not enough.any():
        message = f"No item has {least} periods with a value, two horizons: forecast fewer periods ahead, or wider ones."
        raise NotEnoughDataError(message, details={"manifest.objective.horizon": [message]})
    if not enough.all():
        names = [each[-1] for each in places_of(wide[~enough], keys=keys)]
        notes.append(f"{count_of(names)} with fewer than {least} periods, two horizons, left out: {some_of(names)}.")
    return wide[enough], tuple(places_of(wide[~enough], keys=keys))


def places_of(wide: pd.DataFrame, *, keys: list[str]) -> list[tuple[str, ...]]:
    """Return where each row's item is in the hierarchy; nowhere, where there is one series."""
    return [tuple(map(str, each if isinstance(each, tuple) else (each,))) if keys else () for each in wide.index]


def count_of(names: Sequence[object]) -> str:
    """Return how many items there are, in words."""
    return "1 item" if len(names) == 1 else f"{len(names):,} items"


def some_of(names: list[str]) -> str:
    """Return the first of the names, in words."""
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
