"""The family `next_best_action` as the frame knows it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from libs.contracts.manifests.next_best_action import NextBestActionManifest
from libs.contracts.recipe_runs import RecipeModelManifest
from services.training.learners.errors import UnusableFeatureError
from services.training.recipes.answers import Answers
from services.training.recipes.family import Keys, Measured
from services.training.recipes.next_best_action import learners
from services.training.recipes.next_best_action.answering import ANSWERED, answer
from services.training.recipes.next_best_action.learners import UpliftModel
from services.training.recipes.next_best_action.measuring import measure
from services.training.recipes.next_best_action.pictures import draw_deciles
from services.training.recipes.splitting import Parts
from services.training.recipes.table import Rows, Table
from services.training.recipes.telling import Teller
from services.training.reports.sheet import Picture


class NextBestAction:
    """What each action changes for whom, and the policy that follows."""

    keys = Keys(time="time", group="customer")
    answered = ANSWERED

    def prepare(self, table: Table, *, manifest: NextBestActionManifest) -> Table:
        """Return the rows, which may be of one action alone. Raise TrainingRefusedError where nothing is known of customers."""
        del manifest
        if not table.features.shape[1]:
            message = "No column is left to learn from: name some in features, or send data that know something of the customers."
            raise UnusableFeatureError(message, details={"manifest.features": [message]})
        # Without a column of customers each row is one of its own.
        return table if table.has("customer") else replace(table, roles=table.roles.assign(customer=np.arange(len(table)).astype(str)))

    def fit(self, table: Table, rows: Rows, *, manifest: NextBestActionManifest, teller: Teller) -> UpliftModel:
        """Return the manifest's learner, fitted to these rows."""
        return learners.fit(table, rows, manifest=manifest, teller=teller)

    def restore(self, kept: RecipeModelManifest, *, files: Mapping[str, bytes]) -> UpliftModel:
        """Return the model that was kept so."""
        return learners.restore(kept, files=files)

    def answer(self, model: UpliftModel, table: Table, *, manifest: NextBestActionManifest) -> Answers:
        """Return the action of each row that gains the most."""
        return answer(model, table, manifest=manifest)

    def measure(self, model: UpliftModel, table: Table, parts: Parts, *, manifest: NextBestActionManifest, teller: Teller) -> Measured:
        """Return the policy's worth, Qini and AUUC, beside the baselines."""
        del teller
        return measure(model, table, parts, manifest=manifest)

    def draw(self, measured: Measured, *, title: str) -> Mapping[str, Picture]:
        """Return uplift by decile, as predicted and as seen."""
        rows = measured.tables["uplift_by_decile"]
        return {"uplift_by_decile": draw_deciles(rows, title=title)} if rows else {}


NEXT_BEST_ACTION: Final = NextBestAction()
