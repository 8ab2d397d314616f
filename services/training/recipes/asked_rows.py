"""Rows that a model is asked about, as it reads them: nothing is left out or put in order, and what cannot be used of a row is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from libs.contracts.names import did_you_mean, listed
from libs.contracts.recipe_data import DataRole
from libs.contracts.recipe_predictions import read_roles
from libs.contracts.recipe_runs import RecipeModelManifest
from services.training.learners.errors import TrainingRefusedError
from services.training.recipes.answers import why_unknown
from services.training.recipes.data import typed_column
from services.training.recipes.table import Levels, Table

WHAT: Final = {"number": "a number", "time": "a date or moment, as `2024-01-31`", "category": "a word", "flag": "0 or 1"}
LONGEST: Final = 60


@dataclass(slots=True)
class Asked:
    """Rows as the model's family reads them, in their order; `table` has those that it can be asked about, `places` says which these are.

    `lacking` says by row and field what cannot be used, so that there is no answer; `said` what the model does not know of a row.
    """

    count: int
    table: Table
    places: NDArray[np.int64]
    lacking: dict[int, dict[str, str]] = field(default_factory=dict)
    said: dict[int, list[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def asked_rows(frame: pd.DataFrame, kept: RecipeModelManifest, *, levels: Levels, source: str) -> Asked:
    """Return rows by role and column. Raise TrainingRefusedError, which names the nearest column, where one that is needed is missing."""
    roles = read_roles(kept.family, kept.columns)
    columns = {role.name: kept.columns.get(role.name, role.name) for role in roles}
    _check_columns(frame, roles=roles, columns=columns, levels=levels)
    lacking: dict[int, dict[str, str]] = {}
    said: dict[int, list[str]] = {}
    typed: dict[str, pd.Series[Any]] = {}
    for role in roles:
        if (name := columns[role.name]) in frame.columns:
            typed[role.name] = _role(frame[name], role, lacking=lacking, said=said)
    features = {name: _feature(frame[name], words, said=said) for name, words in levels.items()}
    usable = np.array([place for place in range(len(frame)) if place not in lacking], dtype=np.int64)
    unread = [str(name) for name in frame.columns if name not in {*columns.values(), *levels}]
    notes = (f"The model does not read {listed(unread)}.",) if unread else ()
    whole = Table(
        roles=pd.DataFrame(typed, index=range(len(frame))),
        features=pd.DataFrame(features, index=range(len(frame))),
        columns={role: name for role, name in columns.items() if role in typed},
        source=source,
        sha256="",
        licence="",
        synthetic=kept.synthetic,
    )
    mask = np.zeros(len(frame), dtype=np.bool_)
    mask[usable] = True
    return Asked(count=len(frame), table=whole.keep(mask), places=usable, lacking=lacking, said=said, notes=notes)


def _check_columns(frame: pd.DataFrame, *, roles: Sequence[DataRole], columns: Mapping[str, str], levels: Levels) -> None:
    known = [str(name) for name in frame.columns]
    needed = {columns[role.name]: f"it is the {role.name}: {role.description.lower()}" for role in roles if role.required}
    needed |= {name: "the model has learned from it" for name in levels if name not in needed}
    problems = {
        name: f"The rows have no column {name!r} ({why}); they have {listed(known)}.{did_you_mean(name, known)}"
        for name, why in needed.items()
        if name not in known
    }
    if problems:
        raise TrainingRefusedError(" ".join(problems.values()), details={f"rows.{name}": [text] for name, text in problems.items()})


def _role(column: "pd.Series[Any]", role: DataRole, *, lacking: dict[int, dict[str, str]], said: dict[int, list[str]]) -> "pd.Series[Any]":
    """Return a role's column; a cell that cannot be used is missing, and leaves its row without an answer where the role is needed."""
    made = typed_column(column.reset_index(drop=True), role)
    wrong = made.isna().to_numpy()
    if role.positive:
        wrong = wrong | ~(made > 0).to_numpy()
        made = made.where(made > 0)
    for place in np.flatnonzero(wrong).tolist():
        cell = column.iloc[place]
        is_empty = bool(pd.isna(cell))
        what = f"{WHAT[role.kind]}{' above zero' if role.positive else ''}"
        if role.required:
            had = "it is empty" if is_empty else f"{str(cell)[:LONGEST]!r} is none"
            lacking.setdefault(place, {})[str(column.name)] = f"It must be {what}, and {had}."
        elif not is_empty:
            said.setdefault(place, []).append(f"{column.name}: {str(cell)[:LONGEST]!r} is not {what}: it is taken as missing.")
    return made


def _feature(column: "pd.Series[Any]", words: tuple[str, ...] | None, *, said: dict[int, list[str]]) -> "pd.Series[Any]":
    """Return a column as the model has learned it; a cell that it does not know is said, and counts as missing."""
    column = column.reset_index(drop=True)
    if words is None:
        plain = column.map(lambda cell: float(cell) if isinstance(cell, bool | np.bool_) else cell)
        made: pd.Series[Any] = pd.to_numeric(plain, errors="coerce").astype("float64").replace([np.inf, -np.inf], np.nan)
        for place in np.flatnonzero(made.isna().to_numpy() & column.notna().to_numpy()).tolist():
            said.setdefault(place, []).append(f"{column.name}: {str(column.iloc[place])[:LONGEST]!r} is no number: it is taken as missing.")
        return made
    made = column.map(lambda cell: str(cell) if pd.notna(cell) else None).astype(object)
    odd = why_unknown(set(made.dropna()) - set(words), words, what=f"{column.name}: ")
    for place, cell in enumerate(made.tolist()):
        if cell in odd:
            said.setdefault(place, []).append(odd[cell])
    return made
