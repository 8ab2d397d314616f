"""What the recipe's own learner makes of generated rows: a run on them, and how well what learned from them does on real ones."""

from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Final

import numpy as np
import pandas as pd

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.families import read_manifest
from libs.contracts.recipe_runs import RecipeData, RecipeMetrics, RecipeRunSpec, RunType
from libs.contracts.synthetic_rows import GenerateSpec
from services.training.recipes.data import table_of
from services.training.recipes.families import family_of
from services.training.recipes.run import run as run_recipe
from services.training.recipes.splitting import Parts
from services.training.recipes.telling import Teller
from services.training.synthetic.reading import Source

FILE: Final = "synthetic.parquet"
NETWORKS: Final = frozenset({"nhits"})
SLOW: Final = "Its learner is a network, which takes minutes: start a run of the recipe on the rows instead."
THROUGH_TIME: Final = "Its learner reads series through time, and rows are drawn one by one."
SERIES: Final = frozenset({"forecasting"})
IS_HELD: Final = "held_out"
"""What marks rows that are held out; it is no role of a family."""


@dataclass(frozen=True, slots=True)
class Learning:
    """A recipe and the rows that it is tried on."""

    spec: GenerateSpec
    source: Source
    made: pd.DataFrame
    artifacts: Artifacts
    job_id: str

    @property
    def manifest(self) -> JsonObject:
        """The recipe's manifest for rows in a file: columns by role, without the filters, which the fitted rows have passed."""
        return {**self.spec.manifest, "data": {"source": f"file:{FILE}", "columns": self.source.roles}}

    @property
    def learner(self) -> str:
        """What learns."""
        return read_manifest(self.manifest, family=self.spec.family).learner.name

    def example(self) -> tuple[JsonObject, str | None]:
        """Return the figures of a training on the generated rows, or why there are none."""
        if self.learner in NETWORKS:
            return {}, SLOW
        packed = BytesIO()
        self.made.to_parquet(packed, index=False)
        data = RecipeData(path=FILE, artifact=self.artifacts.put(packed.getvalue()), format="parquet", rows=len(self.made))
        told = self.spec.model_dump(include={"family", "recipe_id", "recipe_version_id", "recipe_version"})
        spec = RecipeRunSpec(**told, manifest=self.manifest, run_type=RunType.TRAIN, data=data)
        try:
            result = run_recipe(spec, job_id=self.job_id, artifacts=self.artifacts, report=_unheard, pictures=False)
        except InvalidError as error:
            return {}, f"A run on these rows was refused: {error.message}"
        shown = result.model_dump(mode="json", include={"metrics", "baseline", "intervals", "reasons", "rows", "notes"})
        return {"run_type": spec.run_type.value, "status": "succeeded", "learner": self.learner, "synthetic": True} | shown, None

    def compared(self) -> tuple[RecipeMetrics | None, RecipeMetrics | None, str | None]:
        """Return what is measured on held-out rows: of what learned from as many real rows, and from the generated ones; or why not."""
        manifest = read_manifest(self.manifest, family=self.spec.family)
        if self.learner in NETWORKS:
            return None, None, SLOW
        family = family_of(self.spec.family)
        if self.spec.family in SERIES:
            return None, None, THROUGH_TIME
        read = partial(table_of, columns=self.source.roles, manifest=manifest, family=self.spec.family)
        teller = Teller(_unheard, stages=1)
        try:
            learned = read(self.source.fit.head(len(self.made)))
            held = read(self.source.held_out)
            both = held.with_role(IS_HELD, np.ones(len(held))).behind(learned.with_role(IS_HELD, np.zeros(len(learned))))
            both = family.prepare(both, manifest=manifest)
            is_held = both.numbers(IS_HELD) > 0
            parts = Parts(train=np.flatnonzero(~is_held), test=np.flatnonzero(is_held))
            generated = family.prepare(read(self.made), manifest=manifest)
            fits = ((both, parts.train), (generated, np.arange(len(generated))))
            models = [family.fit(table, rows, manifest=manifest, teller=teller) for table, rows in fits]
            real, made = (family.measure(each, both, parts, manifest=manifest, teller=teller).metrics for each in models)
        except InvalidError as error:
            return None, None, f"The learner refused the rows: {error.message}"
        return _plain(real), _plain(made), None


def _plain(metrics: RecipeMetrics) -> RecipeMetrics:
    return {name: None if value is None else float(value) for name, value in metrics.items()}


def _unheard(_: object) -> None:
    """Pass over what a run within this job would tell."""
