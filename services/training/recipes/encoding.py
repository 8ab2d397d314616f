"""Columns that are learned from as a matrix: numbers as they are, words by their place among those of the training."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from libs.contracts.envelope import JsonObject
from services.training.recipes.table import Floats, Levels, Rows


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a table's features become columns of a matrix: `words` are those of a column of words, None for one of numbers."""

    names: tuple[str, ...]
    words: tuple[tuple[str, ...] | None, ...]

    @classmethod
    def of(cls, features: pd.DataFrame, rows: Rows) -> "Encoding":
        """Return the encoding of these rows: words are numbered in their order."""
        names = tuple(str(name) for name in features.columns)
        return cls(names, tuple(_words(features[name].iloc[rows]) for name in names))

    @property
    def levels(self) -> Levels:
        """The words of each column, None for one of numbers."""
        return dict(zip(self.names, self.words, strict=True))

    @property
    def categorical(self) -> list[int]:
        """Which columns are of words."""
        return [place for place, words in enumerate(self.words) if words is not None]

    def matrix(self, features: pd.DataFrame, rows: Rows) -> Floats:
        """Return (rows, names), float64; NaN for what is missing or a word that was not learned from."""
        out = np.empty((len(rows), len(self.names)))
        for place, (name, words) in enumerate(zip(self.names, self.words, strict=True)):
            column = features[name].iloc[rows]
            if words is None:
                out[:, place] = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
            else:
                out[:, place] = column.map({word: code for code, word in enumerate(words)}).to_numpy(dtype=np.float64)
        return out

    def written(self) -> JsonObject:
        """Return it as JSON."""
        return {"names": list(self.names), "words": [None if words is None else list(words) for words in self.words]}

    @classmethod
    def read(cls, told: Any) -> "Encoding":
        """Return what was written so."""
        return cls(tuple(told["names"]), tuple(None if words is None else tuple(words) for words in told["words"]))


def _words(column: "pd.Series[Any]") -> tuple[str, ...] | None:
    if pd.api.types.is_numeric_dtype(column):
        return None
    return tuple(sorted({str(word) for word in column.dropna()}))
