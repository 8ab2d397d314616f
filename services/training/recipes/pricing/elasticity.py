"""Price elasticities by a log-log regression with fixed effects: one of all products, and one a product drawn to it.

ln(quantity) of product i at time t = level of i + level of t + elasticity * ln(price) + error. Levels are taken out by demeaning over
products and times in turn (Frisch-Waugh-Lovell; Guimarães and Portugal 2010), which is the same as a dummy for each of them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.training.recipes.table import Floats

Codes = NDArray[np.int64]
ROUNDS_MOST: Final = 2_000
CLOSE: Final = 1e-10
"""Of a round, relative to the largest value: what moves less stands still."""
SPREAD_LEAST: Final = 1e-9
"""Sum of squares of a price below which it has not moved."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An elasticity with its standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Elasticities:
    """One a product, (products,). `own` is NaN where its price has not moved enough; `value` and `error` are after shrinking.

    `mean` is that over products, which those without one of their own have; that of all rows together weighs products by how much their
    prices have moved, and is another. `spread` is the standard deviation of the true elasticities between products, as estimated; 0: they
    cannot be told apart.
    """

    own: Floats
    own_error: Floats
    value: Floats
    error: Floats
    mean: float
    spread: float


def demean(values: Floats, product: Codes, time: Codes | None) -> Floats:
    """Return values (rows,) without the levels of products and, unless it is None, of times; codes number from 0."""
    out = values.astype(np.float64, copy=True)
    scale = max(float(np.abs(out).max(initial=0.0)), 1e-300)
    rows_of_product, rows_of_time = np.bincount(product), np.bincount(product if time is None else time)
    for _ in range(ROUNDS_MOST if time is not None else 1):
        before = out.copy()
        out -= (np.bincount(product, out) / rows_of_product)[product]
        if time is not None:
            out -= (np.bincount(time, out) / rows_of_time)[time]
        if float(np.abs(out - before).max(initial=0.0)) <= CLOSE * scale:
            break
    return out


def levels(values: Floats, product: Codes, time: Codes | None, *, products: int, times: int) -> tuple[Floats, Floats]:
    """Return the levels of products (products,) and of times (times,) whose sum is nearest to values (rows,); those of times have mean 0.

    A product or a time without a row has the level 0.
    """
    of_product, of_time = np.zeros(products), np.zeros(times)
    rows_of_product = np.maximum(np.bincount(product, minlength=products), 1)
    rows_of_time = np.ones(times) if time is None else np.maximum(np.bincount(time, minlength=times), 1)
    scale = max(float(np.abs(values).max(initial=0.0)), 1e-300)
    for _ in range(ROUNDS_MOST if time is not None else 1):
        before = of_time.copy()
        left = values if time is None else values - of_time[time]
        of_product = np.bincount(product, left, minlength=products) / rows_of_product
        if time is None:
            break
        of_time = np.bincount(time, values - of_product[product], minlength=times) / rows_of_time
        if float(np.abs(of_time - before).max(initial=0.0)) <= CLOSE * scale:
            break
    mean = float(of_time.mean()) if time is not None else 0.0
    return of_product + mean * (np.bincount(product, minlength=products) > 0), of_time - mean


def pooled(price: Floats, quantity: Floats, *, clusters: Codes) -> Estimate | None:
    """Return the elasticity of all rows from demeaned logarithms, its error clustered (CR1; Liang and Zeger 1986).

    The small-sample factor is G / (G - 1), G the number of clusters. None where the price has not moved, or there is one cluster.
    """
    squares, groups = float(price @ price), int(clusters.max(initial=-1)) + 1
    if squares <= SPREAD_LEAST or groups < 2:  # noqa: PLR2004 - one has nothing to be compared with
        return None
    value = float(price @ quantity) / squares
    scores = np.bincount(clusters, price * (quantity - value * price), minlength=groups)
    return Estimate(value, float(np.sqrt(groups / (groups - 1) * float(scores @ scores))) / squares)


def by_product(price: Floats, quantity: Floats, product: Codes, *, of_all: Estimate, rows_least: int, shrink: bool) -> Elasticities:
    """Return each product's elasticity from demeaned logarithms, drawn to the mean of products by how unsure it is.

    Empirical Bayes with normal errors: the spread between products by DerSimonian and Laird (1986), the mean weighted by precision. With
    `shrink` off, or without a product that has `rows_least` rows and a price that moved, all have the elasticity of all.
    """
    products = int(product.max()) + 1
    rows, squares = np.bincount(product, minlength=products), np.bincount(product, price * price, minlength=products)
    usable = (rows >= rows_least) & (squares > SPREAD_LEAST)
    own = np.where(usable, np.bincount(product, price * quantity, minlength=products) / np.where(usable, squares, 1.0), np.nan)
    rest = quantity - np.where(usable, own, 0.0)[product] * price
    own_error = np.where(usable, _own_errors(price, rest, product, squares=np.where(usable, squares, 1.0)), np.nan)
    sure = usable & (own_error > 0)
    if not shrink or int(sure.sum()) < 2:  # noqa: PLR2004 - of one no spread is known
        value, error = np.full(products, of_all.value), np.full(products, of_all.error)
        return Elasticities(own=own, own_error=own_error, value=value, error=error, mean=of_all.value, spread=0.0)
    mean, spread = _between(own[sure], own_error[sure])
    value, error = np.full(products, mean.value), np.full(products, np.hypot(mean.error, spread))
    # Of a posterior: precision of the product's own estimate and of what is known of all.
    trust = spread**2 / (spread**2 + own_error[sure] ** 2)
    value[sure] = trust * own[sure] + (1 - trust) * mean.value
    error[sure] = np.sqrt(trust * own_error[sure] ** 2 + ((1 - trust) * mean.error) ** 2)
    return Elasticities(own=own, own_error=own_error, value=value, error=error, mean=mean.value, spread=spread)


def _own_errors(price: Floats, rest: Floats, product: Codes, *, squares: Floats) -> Floats:
    """Return standard errors by product: the larger of those that hold for equal noise and for any (HC1; White 1980).

    Either alone is too small for a product whose few low prices came with large sales.
    """
    rows = np.bincount(product, minlength=len(squares))
    scale = 1.0 / np.maximum(rows - 2, 1)
    equal = np.bincount(product, rest * rest, minlength=len(squares)) * scale / squares
    any_noise = np.bincount(product, (price * rest) ** 2, minlength=len(squares)) * rows * scale / squares**2
    return np.asarray(np.sqrt(np.maximum(equal, any_noise)), dtype=np.float64)


def _between(own: Floats, error: Floats) -> tuple[Estimate, float]:
    """Return the mean of elasticities, with its error, and their spread beyond their errors (DerSimonian and Laird)."""
    weights = 1.0 / error**2
    fixed = float(weights @ own) / float(weights.sum())
    excess = float(weights @ (own - fixed) ** 2) - (len(own) - 1)
    squared = max(0.0, excess / (float(weights.sum()) - float(weights @ weights) / float(weights.sum())))
    weights = 1.0 / (error**2 + squared)
    total = float(weights.sum())
    return Estimate(float(weights @ own) / total, 1 / np.sqrt(total)), float(np.sqrt(squared))
