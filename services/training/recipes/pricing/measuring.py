"""What a model of demand and its recommended prices are worth on days that were not learned from."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.pricing import PricingManifest
from libs.contracts.recipe_runs import RecipeCurve, RecipeInterval
from services.training.recipes.family import Measured
from services.training.recipes.pricing.best_price import Recommended, recommend
from services.training.recipes.pricing.demand import RECENT, UNKNOWN, Demand, costs, last_rows
from services.training.recipes.pricing.off_policy import BOOTSTRAP, OF_PRICES, SUPPORTED, Figures, HeldOut, note_policy, policy_rows
from services.training.recipes.resampling import cluster_sums, interval, resampled
from services.training.recipes.splitting import Parts
from services.training.recipes.table import Floats, Table

OF_DEMAND: Final = ("elasticity", "wape", "rmsle")
METRICS: Final = (*OF_DEMAND, *OF_PRICES)
"""elasticity: percent of demand a percent of price. wape: absolute errors by units sold. rmsle: of logarithms of units + 1.

revenue_lift, margin_impact: what the recommended prices would have changed on the supported rows of the hold-out, as a fraction of what
these earned; revenue_gain, margin_gain: the same in money a row. effective_rows: how many rows tell of that; support: the share of rows
that are supported.
"""
TABLE_MOST: Final = 500
CURVE_EDGES: Final = np.round(np.arange(0.55, 1.5, 0.1), 2)
"""Of the bins of a price by the usual one in which demand is drawn."""
CURVE_ROWS: Final = 20
"""Rows of a bin below which it is not drawn."""
OF_ONE_FIT: Final = "The learner makes one fit, which does not tell how sure a product's elasticity is; log_log does."
CAUTION: Final = (
    "Prices were not drawn at random: levels of products and days are taken out, what moves price and demand together within them is not.",
    "Elasticities are of the same day: customers who wait for a low price, or buy ahead at one, make them larger than they are for good.",
)


def measure(model: Demand, table: Table, parts: Parts, *, manifest: PricingManifest) -> Measured:
    """Return figures, baselines and recommended prices; what the hold-out cannot tell is None, with its reason."""
    figures, products = Figures(), model.products
    z = float(norm.ppf(0.5 + manifest.evaluation.confidence / 2))
    of_all = model.of_all
    figures.metrics["elasticity"] = of_all.value
    figures.intervals["elasticity"] = RecipeInterval(
        low=of_all.value - z * of_all.error, high=of_all.value + z * of_all.error, level=manifest.evaluation.confidence, method=model.how
    )
    constant, naive = _errors(model, table, parts, manifest=manifest, figures=figures)
    recommended = recommend(model, table, parts.train, objective=manifest.objective)
    held = _held_out(model, table, parts, manifest=manifest)
    values = note_policy(model, table, held, price=recommended.price, manifest=manifest, figures=figures)
    usual = Figures()
    note_policy(model, table, held, price=products.price, manifest=manifest, figures=usual)
    constant |= {"elasticity": 0.0, **{name: usual.metrics.get(name) for name in OF_PRICES}}
    notes = list(CAUTION)
    unknown = len(parts.test) - len(held.rows)
    if found := values.get("revenue"):
        notes.append(SUPPORTED.format(share=found.support, least=manifest.evaluation.min_propensity))
    if np.isnan(products.low).all():
        figures.reasons |= dict.fromkeys(("recommended_prices.low", "recommended_prices.high"), OF_ONE_FIT)
    if unknown:
        notes.append(f"{unknown:,} rows of the hold-out are of products that were not learned from: no price is recommended for them.")
    return Measured(
        metrics={name: figures.metrics.get(name) for name in METRICS},
        baseline={"constant_price": {name: constant.get(name) for name in METRICS}, "naive": {name: naive.get(name) for name in METRICS}},
        intervals=figures.intervals,
        reasons=figures.reasons,
        tables={"recommended_prices": _prices(model, recommended), "policy": policy_rows(values)},
        curves=_curves(
            model,
            held,
            expected=model.expected(table, held.rows, price=held.price),
            at_usual=model.expected(table, held.rows, price=held.usual),
        ),
        notes=tuple(notes),
    )


def _errors(
    model: Demand, table: Table, parts: Parts, *, manifest: PricingManifest, figures: Figures
) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """Note how far expected demand is off; return the same of demand that heeds no price, and of the products' recent means."""
    rows, products = parts.test, model.products
    price, quantity = table.numbers("price")[rows], table.numbers("quantity")[rows]
    codes = products.codes(table.words("product")[rows])
    usual = np.where(codes == UNKNOWN, price, products.of(products.price, codes))
    expected = model.expected(table, rows, price=price)
    figures.metrics |= _off(quantity, expected)
    by_product = np.unique(table.words("product")[rows].astype(str), return_inverse=True)[1]
    told = resampled(
        cluster_sums(np.stack([np.abs(quantity - expected), quantity]), by_product),
        resamples=manifest.evaluation.resamples,
        seed=manifest.seed,
    )
    level = manifest.evaluation.confidence
    low, high = interval(told[:, 0] / told[:, 1], confidence=level)
    figures.intervals["wape"] = RecipeInterval(low=low, high=high, level=level, method=BOOTSTRAP)
    recent = _recent(table, parts.train, model=model)
    return _off(quantity, model.expected(table, rows, price=usual)), _off(quantity, products.of(recent, codes))


def _off(quantity: Floats, expected: Floats) -> dict[str, float | None]:
    """Return wape and rmsle of expected units."""
    missed = np.log1p(quantity) - np.log1p(np.maximum(expected, 0.0))
    return {"wape": float(np.abs(quantity - expected).sum() / quantity.sum()), "rmsle": float(np.sqrt(np.mean(missed**2)))}


def _recent(table: Table, rows: NDArray[np.int64], *, model: Demand) -> Floats:
    """Return each product's mean units over its last rows of the training (products,)."""
    codes, quantity = model.products.codes(table.words("product")[rows]), table.numbers("quantity")[rows]
    count = len(model.products.names)
    last = last_rows(codes, products=count, last=RECENT)
    counts = np.bincount(codes[last], minlength=count)
    return np.where(counts > 0, np.bincount(codes[last], quantity[last], minlength=count) / np.maximum(counts, 1), float(quantity.mean()))


def _held_out(model: Demand, table: Table, parts: Parts, *, manifest: PricingManifest) -> HeldOut:
    products = model.products
    codes = products.codes(table.words("product")[parts.test])
    rows, codes = parts.test[codes != UNKNOWN], codes[codes != UNKNOWN]
    usual = products.price[codes]
    return HeldOut(
        rows=rows,
        codes=codes,
        price=table.numbers("price")[rows],
        quantity=table.numbers("quantity")[rows],
        cost=costs(table, rows, price=usual, share=manifest.objective.unit_cost_share),
        usual=usual,
    )


def _prices(model: Demand, recommended: Recommended) -> tuple[JsonObject, ...]:
    """Return a row a product, those with the most rows first."""
    products = model.products
    rows = []
    for place in np.argsort(-products.rows, kind="stable")[:TABLE_MOST].tolist():
        row: JsonObject = {
            "product": products.names[place],
            "rows": int(products.rows[place]),
            "elasticity": _number(products.elasticity[place]),
            "low": _number(products.low[place]),
            "high": _number(products.high[place]),
            "own_elasticity": _number(products.own[place]),
            "usual_price": _number(products.price[place]),
            "unit_cost": _number(products.cost[place]),
            "recommended_price": _number(recommended.price[place]),
            "price_change": _number(recommended.price[place] / products.price[place] - 1),
            "quantity_change": _number(recommended.quantity[place]),
            "revenue_change": _number(recommended.revenue[place]),
            "margin_change": _number(recommended.margin[place]),
            "reason": recommended.reason[place] or None,
        }
        rows.append(row)
    return tuple(rows)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _curves(model: Demand, held: HeldOut, *, expected: Floats, at_usual: Floats) -> dict[str, RecipeCurve]:
    """Return demand by price, as the model expects it and as it was on the same rows of the hold-out, and the elasticities in order."""
    curves: dict[str, RecipeCurve] = {}
    if len(held.rows):
        relative = held.price / held.usual
        bins = np.searchsorted(CURVE_EDGES, relative, side="right")
        some = [each for each in np.unique(bins).tolist() if int((bins == each).sum()) >= CURVE_ROWS]
        at = [float(np.median(relative[bins == each])) for each in some]
        by_bin = {
            name: [float(values[bins == each].sum() / at_usual[bins == each].sum()) for each in some]
            for name, values in (("model", expected), ("seen on the hold-out", held.quantity))
        }
        series = {name: tuple(zip(at, values, strict=True)) for name, values in by_bin.items()}
        curves["demand"] = RecipeCurve(
            title="Demand by price",
            x="Price by the product's usual one",
            y="Units by those expected at the usual price",
            series=series | {"constant_price": tuple((each, 1.0) for each in at)},
        )
    order = np.argsort(model.products.elasticity, kind="stable")
    shown = order[np.unique(np.linspace(0, len(order) - 1, min(len(order), TABLE_MOST)).astype(int))]
    ranks = np.arange(len(shown)) + 1.0
    curves["elasticities"] = RecipeCurve(
        title="Elasticities of products",
        x="Products, the most elastic first",
        y="Percent of demand a percent of price",
        series={
            name: tuple(zip(ranks.tolist(), values.tolist(), strict=True))
            for name in ("elasticity", "low", "high")
            if np.isfinite(values := getattr(model.products, name)[shown]).all()
        },
    )
    return curves
