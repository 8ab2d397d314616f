"""Forecasts of a hierarchy that add up: bottom-up, and the minimum trace of Wickramasuriya, Athanasopoulos & Hyndman (2019)."""

from typing import Literal

import numpy as np

from libs.quant.candles import Floats

Reconciliation = Literal["none", "bottom_up", "mint_shrink"]


def shrunk_covariance(errors: Floats, *, together: int = 1) -> tuple[Floats, float]:
    """Return the covariance (nodes, nodes) of errors (rows, nodes), its correlations shrunk towards none, and by how much (0 to 1).

    The intensity of Schäfer & Strimmer (2005): Σ var(r_ij) / Σ r_ij² over i ≠ j, of standardised errors about zero. Errors of forecasts are
    not centred: a bias is an error too. `together` rows in a row are of one forecast and tell as much as one of them, so the variances are
    that much larger. Rows with a gap are left out.
    """
    whole = errors[np.isfinite(errors).all(axis=1)]
    rows = len(whole)
    deviation = np.sqrt((whole**2).mean(axis=0)) if rows else np.ones(errors.shape[1])
    # A node that was never off still has to have a weight: the smallest that others have.
    positive = deviation[deviation > 0]
    deviation = np.where(deviation > 0, deviation, positive.min() if len(positive) else 1.0)
    if rows < 2:  # noqa: PLR2004 - one row has no covariance
        return np.diag(deviation**2), 1.0
    unit = whole / deviation
    correlation = unit.T @ unit / rows
    # The variance of the mean of products, from the products' own spread.
    spread = ((unit**2).T @ (unit**2) / rows - correlation**2) / (rows - 1) * together
    off = ~np.eye(len(deviation), dtype=bool)
    squares = float((correlation[off] ** 2).sum())
    intensity = 1.0 if squares == 0 else float(np.clip(spread[off].sum() / squares, 0.0, 1.0))
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
