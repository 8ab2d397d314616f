"""Exact Shapley contributions of a linear model, features taken as independent (Lundberg & Lee 2017, corollary 1)."""

from dataclasses import dataclass, fields
from io import BytesIO
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """output = intercept + x . coef, in raw features; `mean` is their mean over the training part."""

    coef: Floats  # (features, outputs)
    intercept: Floats  # (outputs,)
    mean: Floats  # (features,)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read an .npz file with the three arrays. Raises KeyError when one is missing."""
        with np.load(BytesIO(data), allow_pickle=False) as file:
            return cls(**{field.name: np.asarray(file[field.name], dtype=np.float64) for field in fields(cls)})

    @property
    def base(self) -> Floats:
        """The output at the mean of the features, (outputs,)."""
        return np.asarray(self.intercept + self.mean @ self.coef)

    def contributions(self, rows: Floats, outputs: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return contributions (rows, features) and base values (rows,) for one output of each row."""
        return (rows - self.mean) * self.coef.T[outputs], self.base[outputs]
