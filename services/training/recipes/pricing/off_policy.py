"""What recommended prices would have changed on the hold-out, where it tells: of revenue and of margin, as a fraction and in money."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.pricing import PricingManifest
from libs.contracts.recipe_runs import RecipeInterval, RecipeMetrics
from services.training.recipes.pricing.demand import UNKNOWN, Demand
from services.training.recipes.pricing.policy import PROPENSITY_MODEL, Value, evaluate, propensities
from services.training.recipes.table import Floats, Table

OF_PRICES: Final = ("revenue_lift", "margin_impact", "revenue_gain", "margin_gain", "effective_rows", "support")
BOOTSTRAP: Final = "bootstrap by product"
COSTLESS: Final = "The data have no cost, and the manifest no objective.unit_cost_share."
SUPPORTED: Final = (
    "What recommended prices would have changed is told of {share:.0%} of the hold-out's rows, those at which such a price was charged "
    "with a chance of {least} or more (evaluation.min_propensity); of the others it tells nothing."
)
UNCLEAR: Final = "What was earned on the hold-out is not clearly above zero, so that no fraction of it can be told: see {gain}."


@dataclass(slots=True)
class Figures:
    """Figures as they come, with the reasons for those that do not."""

    metrics: RecipeMetrics = field(default_factory=dict)
    intervals: dict[str, RecipeInterval] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HeldOut:
    """Rows that were not learned from, of products that were: all (rows,)."""

    rows: NDArray[np.int64]
    codes: NDArray[np.int64]
    price: Floats
    quantity: Floats
    cost: Floats
    usual: Floats


def note_policy(
    model: Demand, table: Table, held: HeldOut, *, price: Floats, manifest: PricingManifest, figures: Figures
) -> Mapping[str, Value]:
    """Note what prices (products,) would have changed on the hold-out; return their worth by what is counted, where the rows tell."""
    found: dict[str, Value] = {}
    settings, share = manifest.evaluation, manifest.objective.unit_cost_share
    if not len(held.rows):
        figures.reasons |= dict.fromkeys(OF_PRICES, "No product of the hold-out was learned from.")
        return found
    edges, products = np.array(settings.price_bins), model.products
    every = products.codes(table.words("product"))
    known = np.flatnonzero(every != UNKNOWN)
    bins = np.searchsorted(edges, table.numbers("price")[known] / products.price[every[known]], side="right")
    chance = propensities(bins, every[known], bin_count=len(edges) + 1)
    charged, wanted = (np.searchsorted(edges, each / held.usual, side="right") for each in (held.price, price[held.codes]))
    of_wanted = chance[held.codes, wanted]
    supported = of_wanted >= settings.min_propensity
    weights = np.where(charged == wanted, 1 / of_wanted, 0.0)
    policy_price = price[held.codes]
    sold, sold_policy = (model.expected(table, held.rows, price=each) for each in (held.price, policy_price))
    kept = np.nan_to_num(held.cost)
    for name, less in (("revenue", np.zeros_like(kept)), ("margin", kept)):
        usable = supported if name == "revenue" else supported & ~np.isnan(held.cost)
        value = evaluate(
            (held.price - less) * held.quantity,
            expected=(held.price - less) * sold,
            expected_policy=(policy_price - less) * sold_policy,
            weights=weights,
            supported=usable,
            clusters=held.codes,
            confidence=settings.confidence,
            resamples=settings.resamples,
            seed=manifest.seed,
        )
        if value is not None:
            found[name] = value
    _note(found, figures, manifest=manifest, costless=not table.has("cost") and share is None)
    return found


def _note(found: Mapping[str, Value], figures: Figures, *, manifest: PricingManifest, costless: bool) -> None:
    """Note the figures of policies that the hold-out has support for, and the reasons for the others."""
    level, revenue = manifest.evaluation.confidence, found.get("revenue")
    figures.metrics |= {"effective_rows": revenue.effective if revenue else 0.0, "support": revenue.support if revenue else 0.0}
    for of, change, gain in (("revenue", "revenue_lift", "revenue_gain"), ("margin", "margin_impact", "margin_gain")):
        value = found.get(of)
        why = COSTLESS if of == "margin" and costless else _why_not(value, manifest=manifest)
        figures.metrics |= {change: None, gain: None}
        if why is not None:
            figures.reasons |= {change: why, gain: why}
            continue
        assert value is not None
        figures.metrics |= {change: value.change, gain: value.gain}
        figures.intervals[gain] = _between(value.gain_interval, level)
        if value.interval is None:
            figures.reasons[change] = UNCLEAR.format(gain=gain)
        else:
            figures.intervals[change] = _between(value.interval, level)


def _why_not(value: Value | None, *, manifest: PricingManifest) -> str | None:
    """Say why the hold-out tells too little of a policy; None where it tells enough."""
    settings = manifest.evaluation
    if value is None:
        return "On no row of the hold-out was a price charged like the recommended one."
    if value.effective < settings.min_effective_rows:
        return (
            f"Too few rows tell of it: prices like the recommended were charged on rows worth {value.effective:,.0f} effective ones, "
            f"and evaluation.min_effective_rows is {settings.min_effective_rows:,}."
        )
    if value.support < settings.min_support:
        return (
            f"Prices like the recommended were charged often enough on {value.support:.0%} of the rows alone, and "
            f"evaluation.min_support is {settings.min_support:.0%}."
        )
    return None


def _between(ends: tuple[float, float], level: float) -> RecipeInterval:
    return RecipeInterval(low=ends[0], high=ends[1], level=level, method=BOOTSTRAP)


def policy_rows(values: Mapping[str, Value]) -> tuple[JsonObject, ...]:
    """Return how policies were measured, a row for revenue and one for margin, in money a row but for the change."""
    return tuple(
        {
            "measure": name,
            "charged": value.logged,
            "recommended": value.policy,
            "recommended_by_weights_alone": value.by_weights,
            "gain": value.gain,
            "gain_low": value.gain_interval[0],
            "gain_high": value.gain_interval[1],
            "change": value.change,
            "change_low": None if value.interval is None else value.interval[0],
            "change_high": None if value.interval is None else value.interval[1],
            "effective_rows": value.effective,
            "support": value.support,
            "propensity_model": PROPENSITY_MODEL,
        }
        for name, value in values.items()
    )
