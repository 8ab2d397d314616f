"""The family `pricing` as the frame knows it."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from libs.contracts.manifests.pricing import LogLog, PricingManifest
from libs.contracts.recipe_runs import RecipeModelManifest
from services.training.learners.errors import NotEnoughDataError
from services.training.recipes.answers import Answers
from services.training.recipes.family import Keys, Measured
from services.training.recipes.pricing import boosted, log_log
from services.training.recipes.pricing.answering import ANSWERED, answer
from services.training.recipes.pricing.demand import Demand
from services.training.recipes.pricing.measuring import measure
from services.training.recipes.pricing.pictures import draw_elasticities
from services.training.recipes.splitting import Parts
from services.training.recipes.table import Rows, Table
from services.training.recipes.telling import Teller
from services.training.reports.sheet import Picture

PRODUCTS_LEAST: Final = 2
ROWS_LEAST: Final = 40
TREES: Final = "gradient_boosting"


class Pricing:
    """Elasticities of products, and the price of each that earns the most within bounds."""

    keys = Keys(time="time", group="product")
    answered = ANSWERED

    def prepare(self, table: Table, *, manifest: PricingManifest) -> Table:
        """Return the rows. Raise NotEnoughDataError for fewer than ROWS_LEAST rows, PRODUCTS_LEAST products or two moments."""
        del manifest
        products, moments = len(np.unique(table.words("product").astype(str))), len(np.unique(table.times("time")))
        if len(table) < ROWS_LEAST or products < PRODUCTS_LEAST or moments < 2:  # noqa: PLR2004 - one is not through time
            message = (
                f"{len(table):,} rows of {products:,} products at {moments:,} moments are too few: {ROWS_LEAST} rows, {PRODUCTS_LEAST} "
                "products and two moments are the least."
            )
            raise NotEnoughDataError(message, details={"manifest.data": [message]})
        return table

    def fit(self, table: Table, rows: Rows, *, manifest: PricingManifest, teller: Teller) -> Demand:
        """Return the manifest's learner, fitted to these rows."""
        learner: Any = manifest.learner
        if isinstance(learner, LogLog):
            return log_log.fit(table, rows, manifest=manifest)
        return boosted.fit(table, rows, manifest=manifest, teller=teller)

    def restore(self, kept: RecipeModelManifest, *, files: Mapping[str, bytes]) -> Demand:
        """Return the model that was kept so."""
        return boosted.restore(kept, files=files) if kept.learner == TREES else log_log.restore(kept, files=files)

    def answer(self, model: Demand, table: Table, *, manifest: PricingManifest) -> Answers:
        """Return demand at each row's price, and the best price there."""
        return answer(model, table, manifest=manifest)

    def measure(self, model: Demand, table: Table, parts: Parts, *, manifest: PricingManifest, teller: Teller) -> Measured:
        """Return elasticity, errors of demand, and what the recommended prices would have changed, beside the baselines."""
        del teller
        return measure(model, table, parts, manifest=manifest)

    def draw(self, measured: Measured, *, title: str) -> Mapping[str, Picture]:
        """Return the elasticities with their intervals as a band, in place of three lines."""
        return {"elasticities": draw_elasticities(measured.curves["elasticities"], title=title)}


PRICING: Final = Pricing()
