"""The learner `log_log`: a regression of the logarithm of demand on that of the price, with fixed effects."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.pricing import LogLogHyperparameters, PricingManifest
from libs.contracts.recipe_runs import RecipeModelManifest
from services.training.learners.errors import NotEnoughDataError
from services.training.recipes.pricing.demand import RECENT, UNKNOWN, Products, costs, is_daily, least, usual, weekday
from services.training.recipes.pricing.elasticity import Estimate, by_product, demean, levels, pooled
from services.training.recipes.table import Floats, Levels, Rows, Table

PRODUCTS: Final = "products.json"
TIMES: Final = "times.json"
DAYS_OF_WEEK: Final = 7


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Times:
    """Levels of log demand by moment: those that were learned from, and for others the recent one with its weekday's."""

    moments: NDArray[np.datetime64]
    levels: Floats
    recent: float
    weekdays: Floats

    def of(self, times: NDArray[np.datetime64]) -> Floats:
        """Return the level of each moment."""
        places = np.minimum(np.searchsorted(self.moments, times), len(self.moments) - 1)
        return np.where(self.moments[places] == times, self.levels[places], self.recent + self.weekdays[weekday(times)])

    @classmethod
    def learned(cls, moments: NDArray[np.datetime64], found: Floats) -> "Times":
        """Return what levels (moments,) say of later moments: the mean of the last ones, weekdays apart where there are days."""
        days = np.zeros(DAYS_OF_WEEK)
        if is_daily(moments):
            of_day = weekday(moments)
            counts = np.bincount(of_day, minlength=DAYS_OF_WEEK)
            days = np.where(counts > 0, np.bincount(of_day, found, minlength=DAYS_OF_WEEK) / np.maximum(counts, 1), 0.0)
        last = slice(-min(RECENT, max(1, len(moments) // 4)), None)
        recent = float((found[last] - days[weekday(moments[last])]).mean())
        return cls(moments=moments, levels=found, recent=recent, weekdays=days)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LogLogModel:
    """A fit. Demand is exp(level of product + level of moment + elasticity * ln(price / usual price)) * smearing (Duan 1983).

    At prices below the least that was charged it is that of the least: nothing tells that it goes on to grow.
    """

    products: Products
    times: Times
    of_all: Estimate
    mean: float
    """The mean elasticity over products, which those have that were not learned from."""
    spread: float
    smearing: float
    notes: tuple[str, ...] = ()
    how: str = "clustered standard errors"

    @property
    def features(self) -> tuple[str, ...]:
        """Only the price; product and moment are fixed effects."""
        return ("price",)

    @property
    def reads(self) -> Levels:
        """Nothing beside its roles."""
        return {}

    @property
    def importance(self) -> Mapping[str, float]:
        """None: it has one feature."""
        return {}

    @property
    def numbers(self) -> JsonObject:
        """The coefficients of all products together."""
        return {
            "elasticity": self.of_all.value,
            "elasticity_error": self.of_all.error,
            "elasticity_mean": self.mean,
            "elasticity_spread": self.spread,
            "smearing": self.smearing,
            "recent_level": self.times.recent,
            "weekday_levels": self.times.weekdays.tolist(),
            "how": self.how,
        }

    @property
    def files(self) -> Mapping[str, bytes]:
        """Levels by product and by moment."""
        told = {"moments": self.times.moments.astype("datetime64[ns]").astype(np.int64).tolist(), "levels": self.times.levels.tolist()}
        return {PRODUCTS: self.products.written(), TIMES: json.dumps(told).encode()}

    def expected(self, table: Table, rows: Rows, *, price: Floats) -> Floats:
        """Return the units that are expected to be sold on each row at these prices."""
        known = self.products
        codes = known.codes(table.words("product")[rows])
        elasticity = known.of(known.elasticity, codes, otherwise=self.mean)
        # Of a product that was not learned from, what it costs is taken to be what it usually costs.
        relative = np.where(codes == UNKNOWN, 1.0, np.maximum(price, known.of(known.lowest, codes)) / known.of(known.price, codes))
        log = known.of(known.level, codes) + self.times.of(table.times("time")[rows]) + elasticity * np.log(relative)
        return np.asarray(np.exp(log) * self.smearing, dtype=np.float64)

    def predict(self, table: Table, rows: Rows) -> Floats:
        """Return the units that are expected at the rows' own prices."""
        return self.expected(table, rows, price=table.numbers("price")[rows])


def fit(table: Table, rows: Rows, *, manifest: PricingManifest) -> LogLogModel:
    """Return the regression over these rows. Raise NotEnoughDataError where the price of no product has moved."""
    settings: Any = manifest.learner.hyperparameters
    assert isinstance(settings, LogLogHyperparameters)
    names, product = np.unique(table.words("product")[rows].astype(str), return_inverse=True)
    moments, time = np.unique(table.times("time")[rows], return_inverse=True)
    log_price, log_quantity = np.log(table.numbers("price")[rows]), np.log(table.numbers("quantity")[rows])
    across = time if settings.fixed_effects == "two_way" else None
    price, quantity = demean(log_price, product, across), demean(log_quantity, product, across)
    of_all = pooled(price, quantity, clusters=product if settings.clusters == "product" else time)
    if of_all is None:
        message = f"Within {len(names):,} products the price has not moved, or all rows are of one: no elasticity can be learned."
        raise NotEnoughDataError(message, details={"manifest.data": [message]})
    found = by_product(price, quantity, product, of_all=of_all, rows_least=settings.product_rows, shrink=settings.shrink)
    rest = log_quantity - found.value[product] * log_price
    of_product, of_time = levels(rest, product, across, products=len(names), times=len(moments))
    errors = rest - of_product[product] - of_time[time]
    usual_price = usual(table.numbers("price")[rows], product, products=len(names))
    cost = usual(costs(table, rows, price=usual_price[product], share=manifest.objective.unit_cost_share), product, products=len(names))
    half = float(norm.ppf(0.5 + manifest.evaluation.confidence / 2)) * found.error
    few = int((np.isnan(found.own)).sum())
    note = (
        f"{few:,} of {len(names):,} products have too few rows, or a price that has not moved: theirs is the mean over products, "
        f"{found.mean:.2f}; over all rows together, where those count whose prices have moved the most, it is {of_all.value:.2f}."
    )
    products = Products(
        names=tuple(names.tolist()),
        price=usual_price,
        cost=cost,
        lowest=least(table.numbers("price")[rows], product, products=len(names)),
        rows=np.bincount(product),
        level=of_product + found.value * np.log(usual_price),
        elasticity=found.value,
        low=found.value - half,
        high=found.value + half,
        own=found.own,
    )
    return LogLogModel(
        products=products,
        times=Times.learned(moments, of_time),
        of_all=of_all,
        mean=found.mean,
        spread=found.spread,
        smearing=float(np.exp(errors).mean()),
        notes=(note,) if few and settings.shrink else (),
    )


def restore(kept: RecipeModelManifest, *, files: Mapping[str, bytes]) -> LogLogModel:
    """Return the model that was kept so."""
    numbers, told = kept.numbers, json.loads(files[TIMES])
    return LogLogModel(
        products=Products.read(files[PRODUCTS]),
        times=Times(
            moments=np.array(told["moments"], dtype=np.int64).astype("datetime64[ns]"),
            levels=np.array(told["levels"], dtype=np.float64),
            recent=float(numbers["recent_level"]),
            weekdays=np.array(numbers["weekday_levels"], dtype=np.float64),
        ),
        of_all=Estimate(float(numbers["elasticity"]), float(numbers["elasticity_error"])),
        mean=float(numbers["elasticity_mean" if "elasticity_mean" in numbers else "elasticity"]),
        spread=float(numbers["elasticity_spread"]),
        smearing=float(numbers["smearing"]),
        how=str(numbers["how"]),
    )
