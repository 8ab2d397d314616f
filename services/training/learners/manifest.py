"""A trained version as content-addressed files: the manifest names the model, its explanation and how to read them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import Artifact, TrainingSpec
from libs.quant.conformal import Conformal
from libs.quant.novelty import Novelty
from services.training.learners.learner import SavedModel
from services.training.learners.run_card import canonical_json

FORMAT: Final = "modelbourse-model/1"


def store(
    saved: SavedModel,
    *,
    novelty: Novelty,
    artifacts: Artifacts,
    spec: TrainingSpec,
    version: str,
    classes: Sequence[str] | None,
    training_config: Mapping[str, Any],
    synthetic: bool,
    plots: Mapping[str, Artifact],
    tables: Mapping[str, Artifact],
    features: Sequence[str],
    learned: Mapping[str, Mapping[str, int]],
    conformal: Conformal | None,
    barrier: float | None,
) -> Artifact:
    """Write the model's files, then the manifest that names them, the plots and the tables; return the manifest's artifact."""
    files = {"model.onnx": artifacts.put(saved.onnx), "explain.npz": artifacts.put(saved.explanation)}
    files["novelty.npz"] = artifacts.put(novelty.to_bytes())  # What its training rows are like.
    manifest = {
        "format": FORMAT,
        "algorithm": spec.algorithm,
        "model_type": spec.model_type.value,
        "target_variable": spec.target_variable,
        "features": list(features),
        # A forecaster sees more than was asked for; whoever gives features gives the first of them.
        "given_features": len(spec.features),
        "forecast": saved.forecast,
        "classes": None if classes is None else list(classes),
        "scale": saved.scale,
        "timeframe": training_config["timeframe"],
        "explainer": saved.explainer,
        # Bars in a row that it looks at, where it looks at windows; and what each input of the ONNX file is given.
        "sequence_length": saved.sequence_length,
        "inputs": saved.inputs,
        "synthetic": synthetic,
        "version": version,
        "training_config": dict(training_config),
        "live": sorted(each.symbol for each in spec.own if each.is_live),  # Those that go on by a live series.
        # By symbol, the closes of the first and the last candle that it was trained on (nanoseconds).
        "learned": {symbol: dict(span) for symbol, span in learned.items()},
        "barrier": barrier,  # Of a classifier: where the triple barrier lies, in volatilities.
        "conformal": conformal.to_json() if conformal else None,  # How far off it was on rows never seen: null for too few.
        # Apart from `files`, which is what a model needs to answer.
        "plots": {name if "." in name else f"{name}.png": plot.model_dump(mode="json") for name, plot in plots.items()},
        "tables": {f"{name}.json.gz": table.model_dump(mode="json") for name, table in tables.items()},
        "files": {name: file.model_dump(mode="json") for name, file in files.items()},
    }
    return artifacts.put(canonical_json(manifest))
