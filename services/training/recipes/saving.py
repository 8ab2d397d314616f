"""A model of a recipe as files: its own, and a manifest that names them with their hashes; nothing is pickled."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Final

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.recipe_runs import MODEL_MANIFEST, RecipeMetrics, RecipeModelManifest, RecipeRunSpec
from libs.contracts.texts import MODEL, TextFile
from libs.contracts.training import Artifact
from services.training.learners.errors import TrainingRefusedError
from services.training.recipes.family import Model
from services.training.recipes.table import Table

LIBRARIES: Final = ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy")


def manifest_of(model: Model, *, spec: RecipeRunSpec, job_id: str, table: Table, metrics: RecipeMetrics, seed: int) -> RecipeModelManifest:
    """Return what a model's `manifest.json` says, but for its files."""
    return RecipeModelManifest(
        family=spec.family,
        recipe_id=spec.recipe_id,
        recipe_version_id=spec.recipe_version_id,
        learner=str(spec.manifest.get("learner", {}).get("name", "")),
        manifest=spec.manifest,
        features=model.features,
        columns=table.columns,
        numbers=model.numbers,
        metrics=metrics,
        data={"source": table.source, "sha256": table.sha256, "rows": len(table)},
        seed=seed,
        synthetic=table.synthetic,
        job_id=job_id,
        libraries=libraries(),
    )


def keep_model(model: Model, *, manifest: RecipeModelManifest, artifacts: Artifacts) -> tuple[dict[str, Artifact], Artifact]:
    """Put a model into the store; return all its files by path below the run's, and its manifest, which names them."""
    kept = {name: artifacts.put(data) for name, data in sorted(model.files.items())}
    named = {name: TextFile(sha256=each.sha256, size=each.size) for name, each in kept.items()}
    whole = manifest.model_copy(update={"files": named})
    about = artifacts.put(json.dumps(whole.model_dump(mode="json"), ensure_ascii=False, indent=2).encode())
    return {**{f"{MODEL}/{name}": each for name, each in kept.items()}, MODEL_MANIFEST: about}, about


def open_model(artifact: Artifact, *, family: str, artifacts: Artifacts) -> tuple[RecipeModelManifest, Mapping[str, bytes]]:
    """Return a kept model's manifest and its files by name. Raise TrainingRefusedError for what is no model of this family."""
    try:
        manifest = RecipeModelManifest.model_validate_json(artifacts.get(artifact.sha256))
    except ValueError as error:
        message = "The version's manifest cannot be read: it is no model of a recipe."
        raise TrainingRefusedError(message, details={"artifact": [message]}) from error
    if manifest.family != family:
        message = f"The version is of the family {manifest.family}, and the recipe of {family}: they must be the same."
        raise TrainingRefusedError(message, details={"artifact": [message]})
    return manifest, {name: artifacts.get(each.sha256) for name, each in manifest.files.items()}


def libraries() -> dict[str, str]:
    """Return the versions of what a model is made with."""
    return {name: version(name) for name in LIBRARIES}
