"""The data's own columns as numbers: words become a column each, of those that were learned from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from libs.quant.candles import Floats, Integers
from services.training.recipes.table import Table

WORDS_MOST: Final = 30
"""Of a column; rarer ones count as none of them."""


@dataclass(frozen=True, slots=True)
class Own:
    """Which columns are numbers, and which words each of the others may have."""

    numbers: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, table: Table, rows: Integers) -> "Own":
        """Take the table's features, with the commonest words of these rows."""
        numbers, words = [], {}
        for name in table.features.columns:
            column = table.features[name].iloc[rows]
            if column.dtype.kind in "fiub":
                numbers.append(str(name))
            else:
                words[str(name)] = tuple(map(str, column.dropna().value_counts().index[:WORDS_MOST]))
        return cls(tuple(numbers), words)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in order."""
        return (*self.numbers, *(f"{name}={word}" for name, words in self.words.items() for word in words))

    def columns(self, table: Table, rows: Sequence[int] | Integers) -> Floats:
        """Return the columns (rows, columns); NaN where a number is missing."""
        found = [table.features[name].to_numpy(dtype=np.float64)[rows] for name in self.numbers]
        for name, words in self.words.items():
            own = table.features[name].to_numpy(dtype=object)[rows]
            found += [(own == word).astype(np.float64) for word in words]
        return np.stack(found, axis=1) if found else np.empty((len(rows), 0))

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"numbers": list(self.numbers), "words": {name: list(words) for name, words in self.words.items()}}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Own":
        """Read what `to_json` wrote."""
        return cls(tuple(told["numbers"]), {name: tuple(words) for name, words in told["words"].items()})
