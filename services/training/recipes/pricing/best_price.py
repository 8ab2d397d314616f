"""Which price of each product is the best within the bounds, the margin and the steps of the manifest."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from libs.contracts.manifests.pricing import PricingObjective
from services.training.recipes.pricing.demand import Demand, some_rows
from services.training.recipes.table import Floats, Rows, Table

POINTS: Final = 41
"""Prices that are tried between the bounds where the manifest has no step; with one, at most so many of its multiples."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Recommended:
    """The best price of each product (products,), and what it is expected to change by the usual one: fractions.

    `margin` is NaN where no cost is known. `reason` says why a product keeps its usual price though the best is elsewhere; empty: it
    does not.
    """

    price: Floats
    quantity: Floats
    revenue: Floats
    margin: Floats
    reason: tuple[str, ...]


def recommend(model: Demand, table: Table, rows: Rows, *, objective: PricingObjective) -> Recommended:
    """Return the best prices by the model's demand on the products' last rows among `rows`.

    A product's price is that which makes margin (or revenue, where it has no cost) the largest; among equal ones the nearest to the usual.
    """
    products = model.products
    grid = allowed_prices(products.price, cost=products.cost, objective=objective)
    sold = _sold(model, table, rows, grid=grid)
    before = _sold(model, table, rows, grid=products.price[:, None])[:, 0]
    cost = products.cost[:, None]
    earned = np.where(np.isnan(cost) | (objective.goal == "revenue"), grid * sold, (grid - np.nan_to_num(cost)) * sold)
    # Nearest to the usual price first, so that the first of equal ones is taken.
    order = np.argsort(np.abs(grid - products.price[:, None]), axis=1, kind="stable")
    ordered = np.take_along_axis(earned, order, axis=1)
    best = np.take_along_axis(order, np.argmax(np.where(np.isnan(ordered), -np.inf, ordered), axis=1)[:, None], axis=1)
    found = np.asarray(~np.isnan(grid).all(axis=1))
    price = np.where(found, np.take_along_axis(grid, best, axis=1)[:, 0], products.price)
    units = np.where(found, np.take_along_axis(sold, best, axis=1)[:, 0], before)
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = (price - products.cost) * units / ((products.price - products.cost) * before) - 1
    margin = np.where(products.price > products.cost, margin, np.nan)
    reason = tuple(
        "" if each else "No price within the bounds leaves the least margin, or is a multiple of the step." for each in found.tolist()
    )
    return Recommended(
        price=price, quantity=units / before - 1, revenue=price * units / (products.price * before) - 1, margin=margin, reason=reason
    )


def allowed_prices(usual: Floats, *, cost: Floats, objective: PricingObjective) -> Floats:
    """Return the prices that may be recommended (products, points), by usual ones and costs; NaN fills up what is not allowed."""
    floor = np.nan_to_num(cost) / (1 - objective.min_margin)
    low: Floats = np.maximum(objective.lowest * usual, floor)
    high: Floats = objective.highest * usual
    if objective.step is None:
        grid: Floats = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, POINTS)
        inside = (usual >= low) & (usual <= high)
        with_usual = np.column_stack([grid, np.where(inside, usual, np.nan)])
        return np.where((low <= high)[:, None], with_usual, np.nan)
    first, last = np.ceil(low / objective.step - 1e-9), np.floor(high / objective.step + 1e-9)
    every = np.maximum(1.0, np.ceil((last - first) / (POINTS - 1)))
    multiples = np.asarray((first[:, None] + every[:, None] * np.arange(POINTS)) * objective.step, dtype=np.float64)
    return np.where((multiples <= (last * objective.step)[:, None] + 1e-9) & (multiples > 0), multiples, np.nan)


def _sold(model: Demand, table: Table, rows: Rows, *, grid: Floats) -> Floats:
    """Return the units that are expected at each price (products, points), as a mean over each product's last rows."""
    known = model.products.codes(table.words("product")[rows])
    some = some_rows(known, products=len(grid))
    codes = known[some]
    counts = np.maximum(np.bincount(codes, minlength=len(grid)), 1)
    sold = np.empty_like(grid)
    for point in range(grid.shape[1]):
        price = np.where(np.isnan(grid[:, point]), model.products.price, grid[:, point])[codes]
        sold[:, point] = np.bincount(codes, model.expected(table, rows[some], price=price), minlength=len(grid)) / counts
    return sold
