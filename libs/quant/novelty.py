"""How unusual a row is against the rows that a model was trained on, and from that how far its prediction can be trusted."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from io import BytesIO
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats, Integers

MOST_KNOTS: Final = 1000
"""Distances that are kept; of more training rows, evenly spaced ones in their order, the nearest and the farthest among them."""
PIECE: Final = 65_536
QUARTILES: Final = 1.3489795003921634
"""How many standard deviations of a normal distribution lie between its quartiles."""
ROUNDING: Final = 1e-9
"""Relative; distances are compared to within it, so that a training row alone is as far as it was among all the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Novelty:
    """A row's distance is |(row - `centre`) @ `whitening`|: that of Mahalanobis (1936), its covariance shrunk as by Ledoit and Wolf (2004).

    `shares` says of each of the `distances`, which grow to infinity, which share of the training rows lies at least so far, and last what
    is said of a row without a distance. Columns that had one `value` in all training rows are `constant`: a row with another one there
    lies farther than any.
    """

    centre: Floats  # (columns,)
    whitening: Floats  # (columns, columns that count): 0 for those that do not
    constant: Integers  # (constants,) places of columns
    value: Floats  # (constants,)
    distances: Floats  # (knots + 1,)
    shares: Floats  # (knots + 2,)
    rows: NDArray[np.int64]  # () training rows that it rests on
    shrinkage: Floats  # () 0 to 1

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read an .npz file with the arrays. Raises KeyError when one is missing."""
        with np.load(BytesIO(data), allow_pickle=False) as file:
            return cls(**{field.name: np.asarray(file[field.name]) for field in fields(cls)})

    def to_bytes(self) -> bytes:
        """Return an .npz file, without pickle; the same bytes for the same arrays."""
        file = BytesIO()
        np.savez_compressed(file, allow_pickle=False, **{field.name: np.asarray(getattr(self, field.name)) for field in fields(self)})
        return file.getvalue()

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return sum(int(getattr(self, field.name).nbytes) for field in fields(self))

    def distance(self, rows: Floats) -> Floats:
        """Return how far rows (rows, columns) are from the middle of the training rows, (rows,); NaN for one that lacks a value."""
        with np.errstate(over="ignore", invalid="ignore"):  # A given value may be as large as a float can be.
            away = (rows - self.centre) @ self.whitening
            found: Floats = np.sqrt(np.vecdot(away, away))
            if self.constant.size:
                other = np.abs(rows[:, self.constant] - self.value) > ROUNDING * np.abs(self.value)
                found[other.any(axis=1)] = np.inf
        if not np.isfinite(found).all():
            # What has all values and no distance is beyond what floats can tell.
            found[np.isnan(found) & np.isfinite(rows).all(axis=1)] = np.inf
            found[np.isnan(rows).any(axis=1)] = np.nan
        return found

    def quality(self, rows: Floats) -> Floats:
        """Return which share of the training rows is at least as unusual as each of these (rows, columns), 0 to 1.

        0 is for a row beyond the farthest of them, 1 for one that is nearer than all. NaN for a row that lacks a value.
        """
        found: Floats = self.shares[self.distances.searchsorted(self.distance(rows) * (1 - ROUNDING))]
        return found

    def is_below(self, rows: Floats, *, quality: float) -> NDArray[np.bool_]:
        """Tell of each row whether its quality is known and below this."""
        return np.asarray(self.quality(rows) < quality)


def fit_novelty(rows: Floats, *, left_out: Collection[int] = ()) -> Novelty:
    """Learn what training rows (rows, columns) are like; columns `left_out`, such as a code of the symbol, have no say.

    Each column is divided by the distance between its quartiles (by its standard deviation where these are one), so that no column counts
    more for its unit, nor for a few outliers. Rows that lack a value have no say. Raises `ValueError` for fewer than two.
    """
    known = np.isfinite(rows).all(axis=1)
    whole = rows if known.all() else rows[known]
    if len(whole) < 2:  # noqa: PLR2004  # one row has no spread
        msg = f"{len(whole)} rows have all values, and at least 2 are needed"
        raise ValueError(msg)
    asked = np.array([column not in left_out for column in range(rows.shape[1])])
    varies = np.ptp(whole, axis=0) > 0
    kept, constant = np.flatnonzero(asked & varies), np.flatnonzero(asked & ~varies)
    counting = whole if len(kept) == rows.shape[1] else whole[:, kept]
    spread = np.array([_spread(column) for column in counting.T])
    covariance, shrinkage = ledoit_wolf(counting, unit=spread)
    whitening = np.zeros((rows.shape[1], len(kept)))
    whitening[kept] = _whitening(covariance) / spread[:, None]
    centre = np.zeros(rows.shape[1])
    centre[kept] = counting.mean(axis=0)
    found = Novelty(
        centre,
        whitening,
        constant=constant,
        value=whole[0, constant],
        distances=np.empty(0),
        shares=np.empty(0),
        rows=np.array(len(whole)),
        shrinkage=np.array(shrinkage),
    )
    distances, shares = _knots(np.concatenate([found.distance(piece) for piece in _pieces(whole)]))
    return replace(found, distances=distances, shares=shares)


def ledoit_wolf(rows: Floats, *, unit: Floats) -> tuple[Floats, float]:
    """Return the covariance of rows (rows, columns) in these units (columns,), shrunk, and by how much (0 to 1).

    Ledoit and Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices": it is drawn towards a multiple of the
    identity, so much as is expected to miss the true covariance least. One column is not shrunk.
    """
    count, columns = rows.shape
    mean = rows.mean(axis=0)
    sample: Floats = np.zeros((columns, columns))
    fourth = 0.0  # the sum of the rows' lengths, each to the power of four
    for piece in _pieces(rows):
        centred = (piece - mean) / unit
        sample += centred.T @ centred / count
        fourth += float((np.einsum("ij,ij->i", centred, centred) ** 2).sum())
    if columns <= 1:
        return sample, 0.0
    mean_variance, sum_of_squares = float(np.trace(sample)) / columns, float((sample**2).sum())
    # Mean squared distances of the sample's covariance: from what it is shrunk to, and, as estimated, from the true one.
    from_target = sum_of_squares / columns - mean_variance**2
    from_truth = (fourth / count - sum_of_squares) / (count * columns)
    shrinkage = max(0.0, min(from_truth, from_target)) / from_target if from_target > 0 else 0.0
    shrunk = (1 - shrinkage) * sample
    shrunk.flat[:: columns + 1] += shrinkage * mean_variance
    return shrunk, shrinkage


def _pieces(rows: Floats) -> Iterator[Floats]:
    """Yield rows so many at a time that what is computed of them takes no memory to speak of."""
    yield from (rows[start : start + PIECE] for start in range(0, len(rows), PIECE))


def _spread(column: Floats) -> float:
    """Return the distance between a column's quartiles, in standard deviations of a normal distribution; else its own deviation."""
    low, high = np.quantile(column, [0.25, 0.75])
    return float((high - low) / QUARTILES if high > low else column.std())


def _whitening(covariance: Floats) -> Floats:
    """Return W with W Wᵀ the inverse of a covariance; of one that has none, as near as floats tell."""
    columns = len(covariance)
    # Columns that say the same, of so few rows that nothing is shrunk, leave a direction without any spread.
    least = np.finfo(np.float64).eps * columns * float(np.trace(covariance))
    ridge = 0.0 if columns and float(np.linalg.eigvalsh(covariance)[0]) > least else least
    lower = np.linalg.cholesky(covariance + ridge * np.eye(columns))
    return np.asarray(np.linalg.inv(lower).T)


def _knots(distances: Floats) -> tuple[Floats, Floats]:
    """Return at most `MOST_KNOTS` of the distances, growing, and of each the share of all that are at least so far.

    After them come what lies beyond, of which that share is 0, and rows without a distance, of which it is NaN.
    """
    ordered = np.sort(distances)
    places = np.unique(np.round(np.linspace(0, len(ordered) - 1, min(MOST_KNOTS, len(ordered)))).astype(np.int64))
    knots = ordered[places]
    nearer = np.searchsorted(ordered, knots * (1 - ROUNDING))  # Equal ones are all at least as far as each other.
    return np.append(knots, np.inf), np.concatenate([(len(ordered) - nearer) / len(ordered), [0.0, np.nan]])
