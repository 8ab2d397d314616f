"""Forecasts of a hierarchy that add up: bottom-up, and the minimum trace of Wickramasuriya, Athanasopoulos & Hyndman (2019)."""

from typing import Final, Literal

import numpy as np

from libs.quant.candles import Floats

Reconciliation = Literal["none", "bottom_up", "mint_shrink"]


LEAST_EIGENVALUE: Final = 0.01
"""Of correlations that were told by different rows: below it they are hardly those of anything."""


def shrunk_covariance(errors: Floats, *, together: int = 1) -> tuple[Floats, float]:
    """Return the covariance (nodes, nodes) of errors (rows, nodes), its correlations shrunk towards none, and by how much (0 to 1).

    The intensity of Schäfer & Strimmer (2005): Σ var(r_ij) / Σ r_ij² over i ≠ j, of standardised errors about zero. Errors of forecasts are
    not centred: a bias is an error too. `together` rows in a row are of one forecast and tell as much as one of them, so the variances are
    that much larger. A gap is left out of what it is a part of alone: a node's variance is of its own rows, a correlation of those that
    both have; correlations that do not fit each other then are shrunk until they do.
    """
    known = np.isfinite(errors)
    counts, filled = known.sum(axis=0), np.where(known, errors, 0.0)
    deviation = np.sqrt((filled**2).sum(axis=0) / np.maximum(counts, 1))
    # A node that was never off still has to have a weight: the smallest that others have. One that is not known is trusted least.
    positive = deviation[deviation > 0]
    deviation = np.where(deviation > 0, deviation, positive.min() if len(positive) else 1.0)
    deviation = np.where(counts > 0, deviation, positive.max() if len(positive) else 1.0)
    pairs = known.astype(np.float64).T @ known
    off = ~np.eye(len(deviation), dtype=bool)
    told = off & (pairs >= 2)  # noqa: PLR2004 - one row has no covariance
    if not told.any():
        return np.diag(deviation**2), 1.0
    unit, some = filled / deviation, np.maximum(pairs, 1)
    correlation = np.where(told, unit.T @ unit / some, 0.0)
    # The variance of the mean of products, from the products' own spread.
    spread = ((unit**2).T @ (unit**2) / some - correlation**2) / np.maximum(pairs - 1, 1) * together
    squares = float((correlation[off] ** 2).sum())
    intensity = 1.0 if squares == 0 else float(np.clip(spread[told].sum() / squares, 0.0, 1.0))
    if not known.all():
        lowest = float(np.linalg.eigvalsh(np.where(off, correlation, 1.0))[0])
        intensity = max(intensity, (LEAST_EIGENVALUE - lowest) / (1 - lowest) if lowest < LEAST_EIGENVALUE else 0.0)
    shrunk = np.where(off, (1 - intensity) * correlation, 1.0)
    return shrunk * np.outer(deviation, deviation), intensity


def mint_weights(summing: Floats, *, covariance: Floats) -> Floats:
    """Return G (items, nodes) such that summing @ G @ base adds up and has the least error variance in all, for unbiased base forecasts.

    G = (S' W⁻¹ S)⁻¹ S' W⁻¹; `summing` S (nodes, items) says which items are in which node, and W is the errors' covariance.
    """
    weighted = np.linalg.solve(covariance, summing).T
    found: Floats = np.linalg.solve(weighted @ summing, weighted)
    return found


def bottom_up_weights(summing: Floats) -> Floats:
    """Return G (items, nodes) that takes the items' own forecasts and passes over all others; items are the last rows of `summing`."""
    nodes, items = summing.shape
    return np.hstack([np.zeros((items, nodes - items)), np.eye(items)])
