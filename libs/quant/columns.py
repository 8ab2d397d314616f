"""Columns of an account's own candles as features, by their names: `sentiment_score`, and `sentiment_score_lag_3` for three bars ago.

Pure Python: the edge checks names with it. A name that the grammar has means the grammar's.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from libs.quant.grammar import SYMBOL, Feature, UnknownFeatureError, describe, parse_feature

LAG_MOST: Final = 500
"""Bars that a lag of a column may look back."""
_LAG: Final = re.compile(r"(.+)_lag_([1-9][0-9]{0,3})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ColumnFeature:
    """The value of a column as it was known at a bar's close, `lag` bars ago in its segment."""

    name: str
    column: str
    lag: int = 0

    @property
    def canonical(self) -> str:
        """The one spelling that it has."""
        return self.name


def parse_column(name: str, columns: Collection[str]) -> ColumnFeature | None:
    """Read a name as one of these columns or a lag of one; None where it is neither."""
    if name in columns:
        return ColumnFeature(name, name)
    found = _LAG.fullmatch(name)
    if found is None or found[1] not in columns or int(found[2]) > LAG_MOST:
        return None
    return ColumnFeature(name, found[1], int(found[2]))


def read_feature(name: str, columns: Collection[str]) -> Feature | ColumnFeature:
    """Read a feature of candles that have these further columns. Raises `UnknownFeatureError`."""
    try:
        return parse_feature(name)
    except UnknownFeatureError:
        column = None if name == SYMBOL else parse_column(name, columns)
        if column is None:
            raise
        return column


def describe_feature(name: str) -> str:
    """Return a trained model's feature in words: what the grammar does not have is a column of the dataset that it was trained on."""
    try:
        return describe(name)
    except UnknownFeatureError:
        found = _LAG.fullmatch(name)
        if found is None:
            return f"Column {name} of your dataset"
        return f"Column {found[1]} of your dataset, {found[2]} bars ago"
