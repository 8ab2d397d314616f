"""Rows that a recipe learns from: a column a role of its family, and beside them the columns that are learned from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
"""Places of rows in a table, ascending."""
Levels = Mapping[str, tuple[str, ...] | None]
"""By column of the data that a model reads: the words that it has learned from, None where they are numbers."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Table:
    """Rows in the order of their file (of their time, where a family has one).

    `roles` has a column for each role that is there, `features` those that are learned from, by the data's own names; both have the same
    rows, numbered from 0. Numbers are float64, times datetime64, words str; a required role is never missing in a row. `columns` are the
    data's names by role. `left_out` counts rows that could not be used, `sha256` is of the bytes that were read.
    """

    roles: pd.DataFrame
    features: pd.DataFrame
    columns: dict[str, str]
    source: str
    sha256: str
    licence: str
    synthetic: bool
    left_out: int = 0
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.roles)

    def has(self, role: str) -> bool:
        """Tell whether a column plays this role."""
        return role in self.roles.columns

    def numbers(self, role: str) -> Floats:
        """Return a role's column as numbers; NaN where a cell is empty."""
        return np.asarray(self.roles[role].to_numpy(), dtype=np.float64)

    def words(self, role: str) -> NDArray[Any]:
        """Return a role's column as words."""
        return np.asarray(self.roles[role].to_numpy(), dtype=object)

    def times(self, role: str) -> NDArray[np.datetime64]:
        """Return a role's column as moments (datetime64, nanoseconds)."""
        return np.asarray(self.roles[role].to_numpy(), dtype="datetime64[ns]")

    def with_role(self, role: str, values: Floats) -> Self:
        """Return the table with a further column (rows,) that was derived, under a name that is no role of its family."""
        return replace(self, roles=self.roles.assign(**{role: values}))

    def keep(self, kept: NDArray[np.bool_], *, note: str | None = None) -> Self:
        """Return the table with these rows alone (mask over rows), counting the others as left out."""
        if kept.all():
            return self
        notes = self.notes if note is None else (*self.notes, note)
        roles, features = (each[kept].reset_index(drop=True) for each in (self.roles, self.features))
        return replace(self, roles=roles, features=features, left_out=self.left_out + int((~kept).sum()), notes=notes)

    def behind(self, before: Self) -> Self:
        """Return these rows behind another table's, numbered on; a column that one lacks is empty there."""
        roles, features = (pd.concat(each, ignore_index=True) for each in ((before.roles, self.roles), (before.features, self.features)))
        return replace(self, roles=roles, features=features)
