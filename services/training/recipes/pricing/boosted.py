"""The learner `gradient_boosting`: trees of demand that never rise with the price."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.pricing import BoostedHyperparameters, PricingManifest
from libs.contracts.recipe_runs import RecipeModelManifest
from services.training.recipes.boosting import answers, boost, opened, shares, written
from services.training.recipes.encoding import Encoding
from services.training.recipes.pricing.demand import UNKNOWN, Products, costs, least, some_rows, usual, weekday
from services.training.recipes.pricing.elasticity import Estimate
from services.training.recipes.resampling import resampled
from services.training.recipes.table import Floats, Levels, Rows, Table
from services.training.recipes.telling import Teller

PRODUCTS: Final = "products.json"
TREES: Final = "trees.txt"
OWN: Final = ("log price", "price by the usual one", "usual log price", "usual log demand", "weekday")
"""Columns before those of the data; the first two are monotone."""
STEPS: Final = np.linspace(-float(np.log(1.2)), float(np.log(1.2)), 9)
"""An elasticity is the slope over these steps of ln(price): trees are flat between splits, so two would not do."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BoostedModel:
    """A fit: trees with a Poisson likelihood, whose answer is expected demand."""

    products: Products
    encoding: Encoding
    booster: Any
    of_all: Estimate
    notes: tuple[str, ...] = ()
    how: str = "bootstrap by product, of one fit"

    @property
    def features(self) -> tuple[str, ...]:
        """Its own columns, and the data's."""
        return (*OWN, *self.encoding.names)

    @property
    def reads(self) -> Levels:
        """The data's columns."""
        return self.encoding.levels

    @property
    def importance(self) -> Mapping[str, float]:
        """Gain of the splits."""
        return shares(self.booster, self.features)

    @property
    def numbers(self) -> JsonObject:
        """How columns are encoded, and the elasticity of all products together."""
        return {
            "encoding": self.encoding.written(), "elasticity": self.of_all.value, "elasticity_error": self.of_all.error, "how": self.how
        }  # fmt: skip

    @property
    def files(self) -> Mapping[str, bytes]:
        """The trees, and what is known of each product."""
        return {PRODUCTS: self.products.written(), TREES: written(self.booster)}

    def expected(self, table: Table, rows: Rows, *, price: Floats) -> Floats:
        """Return the units that are expected to be sold on each row at these prices."""
        return answers(self.booster, _matrix(table, rows, price=price, products=self.products, encoding=self.encoding))

    def predict(self, table: Table, rows: Rows) -> Floats:
        """Return the units that are expected at the rows' own prices."""
        return self.expected(table, rows, price=table.numbers("price")[rows])


def fit(table: Table, rows: Rows, *, manifest: PricingManifest, teller: Teller) -> BoostedModel:
    """Return trees over these rows."""
    settings: Any = manifest.learner.hyperparameters
    assert isinstance(settings, BoostedHyperparameters)
    names, product = np.unique(table.words("product")[rows].astype(str), return_inverse=True)
    price, quantity = table.numbers("price")[rows], table.numbers("quantity")[rows]
    count = len(names)
    usual_price = usual(price, product, products=count)
    none = np.full(count, np.nan)
    products = Products(
        names=tuple(names.tolist()),
        price=usual_price,
        cost=usual(costs(table, rows, price=usual_price[product], share=manifest.objective.unit_cost_share), product, products=count),
        lowest=least(price, product, products=count),
        rows=np.bincount(product),
        level=np.bincount(product, np.log(quantity)) / np.bincount(product),
        elasticity=none,
        low=none,
        high=none,
        own=none,
    )
    encoding = Encoding.of(table.features, rows)
    matrix = _matrix(table, rows, price=price, products=products, encoding=encoding)
    booster = boost(
        matrix,
        quantity,
        settings=settings,
        objective="poisson",
        seed=manifest.seed,
        categorical=[len(OWN) + place for place in encoding.categorical],
        monotone=[-1, -1] + [0] * (matrix.shape[1] - 2),
        on_round=lambda done, of: teller.reach(done, of=of),
    )
    plain = BoostedModel(products=products, encoding=encoding, booster=booster, of_all=Estimate(0.0, 0.0))
    return _with_elasticities(plain, table, rows, product=product, manifest=manifest)


def restore(kept: RecipeModelManifest, *, files: Mapping[str, bytes]) -> BoostedModel:
    """Return the model that was kept so."""
    numbers = kept.numbers
    return BoostedModel(
        products=Products.read(files[PRODUCTS]),
        encoding=Encoding.read(numbers["encoding"]),
        booster=opened(files[TREES]),
        of_all=Estimate(float(numbers["elasticity"]), float(numbers["elasticity_error"])),
        how=str(numbers["how"]),
    )


def _matrix(table: Table, rows: Rows, *, price: Floats, products: Products, encoding: Encoding) -> Floats:
    """Return (rows, OWN and the data's columns)."""
    codes = products.codes(table.words("product")[rows])
    usual_price = np.where(codes == UNKNOWN, price, products.of(products.price, codes))
    own = (
        np.log(price),
        np.log(price / usual_price),
        np.log(usual_price),
        products.of(products.level, codes),
        weekday(table.times("time")[rows]).astype(np.float64),
    )
    return np.column_stack([*own, encoding.matrix(table.features, rows)])


def _with_elasticities(model: BoostedModel, table: Table, rows: Rows, *, product: Any, manifest: PricingManifest) -> BoostedModel:
    """Return the model with each product's elasticity at its usual price, over its last rows, and that of all over products.

    A product's has no interval: how the answers of one fit differ between its rows says nothing of how another fit would have answered.
    """
    count = len(model.products.names)
    last = some_rows(product, products=count)
    price = model.products.price[product[last]]
    of_row = np.zeros(len(last))
    for step in STEPS:
        of_row += step * np.log(model.expected(table, rows[last], price=price * np.exp(step))) / float(STEPS @ STEPS)
    rows_of = np.bincount(product[last], minlength=count)
    value = np.bincount(product[last], of_row, minlength=count) / rows_of
    weights = np.bincount(product, minlength=count).astype(np.float64)
    drawn = resampled(np.stack([weights * value, weights]), resamples=manifest.evaluation.resamples, seed=manifest.seed)
    of_all = Estimate(float(weights @ value / weights.sum()), float((drawn[:, 0] / drawn[:, 1]).std(ddof=1)))
    return replace(model, products=replace(model.products, elasticity=value, own=value), of_all=of_all)
