"""A Gaussian copula: how columns move together, apart from what each is by itself (Nelsen 2006, "An Introduction to Copulas").

Columns with steps (words, counts, true and false) show less of a correlation than lies behind them. What lies behind is found as NORTA
does (Cario and Nelson 1997, "Modeling and Generating Random Vectors with Arbitrary Marginal Distributions and Correlation Matrix"): by
Hermite expansions of what each column makes of a normal number.
"""

from typing import Final

import numpy as np

from libs.quant.candles import Floats

ORDERS: Final = 24
GRID: Final = 4_096
MOST: Final = 0.99
CANDIDATES: Final = np.linspace(-MOST, MOST, 199)
LEAST_EIGENVALUE: Final = 1e-6
FEWEST_PAIRS: Final = 10


def normal_scores(columns: Floats) -> Floats:
    """Return the normal numbers (rows, columns) of the middle ranks within each column; NaN stays NaN."""
    from scipy.special import ndtri  # noqa: PLC0415 - whoever generates nothing need not load it
    from scipy.stats import rankdata  # noqa: PLC0415 - as above

    ranks = rankdata(columns, axis=0, nan_policy="omit")
    known = np.maximum((~np.isnan(columns)).sum(axis=0), 1)
    return np.asarray(ndtri((ranks - 0.5) / known))


def latent_correlation(columns: Floats) -> Floats:
    """Return the correlation (columns, columns) of the normal numbers behind columns (rows, columns); NaN is a cell without a value.

    Of each pair the rows count that have both. A pair that never varies, or has too few rows, is 0. The whole is the nearest matrix by
    its eigenvalues that is one of correlations (Rebonato and Jäckel 1999).
    """
    scores = normal_scores(columns)
    seen = _seen(scores)
    behind = _behind(scores, seen)
    values, vectors = np.linalg.eigh(behind)
    if values[0] >= LEAST_EIGENVALUE:
        return behind
    mended = (vectors * np.maximum(values, LEAST_EIGENVALUE)) @ vectors.T
    spread = np.sqrt(np.diag(mended))
    return np.asarray(mended / np.outer(spread, spread))


def draw(correlation: Floats, rows: int, *, draws: np.random.Generator) -> Floats:
    """Return levels between 0 and 1 (rows, columns) that move together by a correlation of normal numbers."""
    from scipy.special import ndtr  # noqa: PLC0415 - as above

    root = np.linalg.cholesky(correlation)
    return np.asarray(ndtr(draws.standard_normal((rows, len(correlation))) @ root.T))


def _seen(scores: Floats) -> Floats:
    """Return Pearson's correlations (columns, columns) over the rows that both of a pair have; 0 where there is none."""
    known = (~np.isnan(scores)).astype(np.float64)
    filled = np.where(known > 0, scores, 0.0)
    pairs = np.maximum(known.T @ known, 1.0)
    sums, squares = filled.T @ known, (filled**2).T @ known
    # `sums[i, j]` is of column i over the rows that have j, too.
    product = filled.T @ filled / pairs - sums * sums.T / pairs**2
    spread = np.maximum(squares / pairs - (sums / pairs) ** 2, 0.0)
    scale = np.sqrt(spread * spread.T)
    usable = (scale > np.finfo(np.float64).eps) & (pairs >= FEWEST_PAIRS)
    found = np.where(usable, product / np.where(usable, scale, 1.0), 0.0)
    np.fill_diagonal(found, 1.0)
    return np.clip(found, -1.0, 1.0)


def _behind(scores: Floats, seen: Floats) -> Floats:
    """Return for each pair the correlation of normal numbers that shows the one that was seen."""
    series = np.stack([_expansion(column) for column in scores.T])
    behind = np.eye(len(seen))
    powers = CANDIDATES[:, None] ** np.arange(1, ORDERS + 1)
    for first in range(len(seen)):
        for second in range(first):
            shown = powers @ (series[first] * series[second])
            # It rises with the correlation behind; rounding may let it fall by a hair.
            behind[first, second] = behind[second, first] = float(np.interp(seen[first, second], np.maximum.accumulate(shown), CANDIDATES))
            if seen[first, second] == 0:
                behind[first, second] = behind[second, first] = 0.0
    return behind


def _expansion(scores: Floats) -> Floats:
    """Return the Hermite coefficients (ORDERS,) of what a column's scores are of a normal number, for a variance of 1."""
    from scipy.special import ndtri  # noqa: PLC0415 - as above

    ordered = np.sort(scores[~np.isnan(scores)])
    coefficients = np.zeros(ORDERS)
    if not len(ordered) or ordered[0] == ordered[-1]:
        return coefficients
    levels = (np.arange(GRID) + 0.5) / GRID
    normal = ndtri(levels)
    shown = ordered[np.minimum((levels * len(ordered)).astype(np.int64), len(ordered) - 1)]
    if shown[0] == shown[-1]:  # A step that is narrower than the grid.
        return coefficients
    shown = (shown - shown.mean()) / shown.std()
    before, now = np.ones(GRID), normal / normal.std()
    for order in range(1, ORDERS + 1):
        coefficients[order - 1] = float((shown * now).mean())
        before, now = now, (normal * now - np.sqrt(order) * before) / np.sqrt(order + 1)
    return coefficients
