"""Rows that go on from those that a version has learned from, as answers of a family that looks back need them."""

from typing import Final

from services.training.recipes.table import Table

LOOK_BACK: Final = frozenset({"forecasting"})
"""Families whose answers rest on the rows before."""


def gone_on(own: Table, since: Table, *, time: str | None) -> Table:
    """Return the rows since, behind those of a version's own data that come before them all."""
    if time is None or not own.has(time) or not len(since):
        return since
    return since.behind(own.keep(own.times(time) < since.times(time).min()))
