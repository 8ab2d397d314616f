"""What runs of recipes are tried with: a store of their own, and rows that are sent as a file."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.recipe_runs import RecipeData, RecipeRunResult, RecipeRunSpec
from services.training.recipes.run import run

Runs = Callable[..., RecipeRunResult]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    return Artifacts(str(tmp_path_factory.mktemp("recipes")))


@pytest.fixture(scope="session")
def runs(store: Artifacts) -> Runs:
    """Do a run of a recipe; `rows` are sent as a CSV file, or as the bytes of `file` under that name."""

    def done(
        family: str, run_type: str = "train", *, rows: pd.DataFrame | None = None, file: tuple[str, bytes] | None = None, pictures: bool = False,
        checkpoints: Any = None, artifact: Any = None, report: Any = None, **manifest: Any,
    ) -> RecipeRunResult:  # fmt: skip
        sent = file or (("rows.csv", rows.to_csv(index=False).encode()) if rows is not None else None)
        data = RecipeData(path=sent[0], artifact=store.put(sent[1])) if sent else None
        if sent:
            manifest = {**manifest, "data": {"source": f"file:{sent[0]}", **manifest.get("data", {})}}
        spec = RecipeRunSpec(
            family=family,
            recipe_id="recipe_1",
            recipe_version_id="ver_1",
            manifest=manifest,
            run_type=run_type,
            data=data,
            artifact=artifact,
        )
        return run(spec, job_id="job_1", artifacts=store, report=report or (lambda _: None), checkpoints=checkpoints, pictures=pictures)

    return done
