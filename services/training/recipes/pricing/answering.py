"""What a model of demand says of a product at a price, and which price would be the best there."""

from typing import Final

import numpy as np

from libs.contracts.manifests.pricing import PricingManifest
from services.training.recipes.answers import Answers, null_or, why_unknown
from services.training.recipes.pricing.best_price import allowed_prices
from services.training.recipes.pricing.demand import UNKNOWN, Demand
from services.training.recipes.table import Floats, Rows, Table

NO_COST: Final = "No unit cost is known of the product: name it in the rows, or train with costs."
NO_INTERVAL: Final = "One fit of trees does not tell how sure it is."
NO_PRICE: Final = "No price within the bounds of the recipe leaves the least margin, or is a multiple of the step."
USUAL: Final = "No price was given: the product's usual one is taken."
BELOW: Final = "The price is below the least that was charged: what is sold there was never seen."
MARGIN: Final = ("expected_margin", "optimal_margin")
OPTIMAL: Final = ("optimal_price", "optimal_demand", "optimal_revenue", "optimal_margin")
ELASTICITY: Final = ("elasticity_low", "elasticity_high")
ANSWERED: Final = ("expected_demand", "expected_revenue", "expected_margin", "elasticity", *ELASTICITY, "usual_price", *OPTIMAL)


def answer(model: Demand, table: Table, *, manifest: PricingManifest) -> Answers:
    """Return demand at each row's price, the elasticity, and the price that earns the most on that row, by the recipe's objective."""
    rows = np.arange(len(table))
    names, times = table.words("product"), table.times("time")
    products, codes = model.products, model.products.codes(names)
    known = codes != UNKNOWN
    usual = np.where(known, products.price[np.maximum(codes, 0)], np.nan)
    given = table.numbers("price") if table.has("price") else np.full(len(table), np.nan)
    price = np.where(np.isnan(given), usual, given)
    cost = _costs(table, own=products.cost[np.maximum(codes, 0)])
    demand = model.expected(table, rows, price=np.where(known, price, 1.0))
    best, sold = _best(model, table, rows, usual=np.where(known, usual, 1.0), cost=cost, manifest=manifest)
    columns = {
        "price": np.where(np.isnan(given) & ~known, np.nan, price),
        "expected_demand": demand,
        "expected_revenue": price * demand,
        "expected_margin": (price - cost) * demand,
        "optimal_price": best,
        "optimal_demand": sold,
        "optimal_revenue": best * sold,
        "optimal_margin": (best - cost) * sold,
        "usual_price": usual,
        "elasticity": products.elasticity[np.maximum(codes, 0)],
        "elasticity_low": products.low[np.maximum(codes, 0)],
        "elasticity_high": products.high[np.maximum(codes, 0)],
    }
    answers = Answers()
    whys_unknown = why_unknown({str(name) for name in names[~known]}, products.names, what="The product ")
    for place in rows.tolist():
        values = {name: null_or(each[place]) if known[place] or name == "price" else None for name, each in columns.items()}
        answers.add({"product": str(names[place]), "time": day_of(times[place]), **values})
        if not known[place]:
            answers.why(place, dict.fromkeys(ANSWERED, whys_unknown[str(names[place])]))
            continue
        whys = dict.fromkeys(MARGIN, NO_COST) | dict.fromkeys(OPTIMAL, NO_PRICE) | dict.fromkeys(ELASTICITY, NO_INTERVAL)
        whys |= {"optimal_margin": NO_COST if np.isnan(cost[place]) else NO_PRICE}
        answers.why(place, {name: why for name, why in whys.items() if values[name] is None})
        if np.isnan(given[place]):
            answers.say(place, USUAL)
        elif given[place] < products.lowest[codes[place]]:
            answers.say(place, BELOW)
    return answers


def _costs(table: Table, *, own: Floats) -> Floats:
    """Return each row's unit cost: its own, else the product's."""
    if not table.has("cost"):
        return own
    given = table.numbers("cost")
    return np.where(np.isnan(given), own, given)


def _best(model: Demand, table: Table, rows: Rows, *, usual: Floats, cost: Floats, manifest: PricingManifest) -> tuple[Floats, Floats]:
    """Return the price that makes margin (revenue, where no cost is known) the largest on each row, and what is sold at it.

    Of equal ones it is the nearest to the usual price; NaN where none is allowed.
    """
    grid = allowed_prices(usual, cost=cost, objective=manifest.objective)
    sold = np.column_stack([model.expected(table, rows, price=np.where(np.isnan(each), usual, each)) for each in grid.T])
    by_revenue = np.isnan(cost) | (manifest.objective.goal == "revenue")
    earned = (grid - np.where(by_revenue, 0.0, cost)[:, None]) * sold
    order = np.argsort(np.abs(grid - usual[:, None]), axis=1, kind="stable")
    ordered = np.where(np.isnan(earned), -np.inf, earned)[rows[:, None], order]
    best = order[rows, np.argmax(ordered, axis=1)]
    found = ~np.isnan(grid).all(axis=1)
    return np.where(found, grid[rows, best], np.nan), np.where(found, sold[rows, best], np.nan)


def day_of(moment: np.datetime64) -> str:
    """Return a moment in words: a day, with the time where it has one."""
    return str(moment.astype("datetime64[s]")).removesuffix("T00:00:00")
