"""A trained version as content-addressed files: the manifest names the model, its explanation and how to read them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import Artifact, TrainingSpec
from libs.quant.calibration_maps import Calibration
from libs.quant.conformal import Conformal
from libs.quant.novelty import Novelty
from libs.quant.targets import Target, parse_target
from services.training.learners.learner import SavedModel
from services.training.learners.run_card import canonical_json

FORMAT: Final = "modelbourse-model/1"
# Of targets that are answered as a level: a release that does not know them would answer the change as if it were the level.
LEVEL_FORMAT: Final = "modelbourse-model/2"
# Of calibrated classifiers, and of targets that are own columns: a release that does not know them would answer what they do not say.
LATER_FORMAT: Final = "modelbourse-model/3"
FORMATS: Final = frozenset({FORMAT, LEVEL_FORMAT, LATER_FORMAT})


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
    calibration: Calibration | None = None,
) -> Artifact:
    """Write the model's files, then the manifest that names them, the plots and the tables; return the manifest's artifact."""
    contents = {"model.onnx": saved.onnx, "explain.npz": saved.explanation, "novelty.npz": novelty.to_bytes()}
    manifest = {
        "format": _format_of(parse_target(spec.target_variable), is_calibrated=calibration is not None),
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
        "sequence_length": saved.sequence_length,  # Bars in a row that it looks at, where it looks at windows.
        "inputs": saved.inputs,  # What each input of the ONNX file is given.
        "synthetic": synthetic,
        "version": version,
        "training_config": dict(training_config),
        "live": sorted(each.symbol for each in spec.own if each.is_live),  # Those of its symbols that go on by a live series.
        # By symbol, the closes of the first and the last candle that it was trained on (nanoseconds).
        "learned": {symbol: dict(span) for symbol, span in learned.items()},
        "barrier": barrier,  # Of a classifier: where the triple barrier lies, in volatilities.
        **_how_sure(conformal, calibration),
        # Apart from `files`, which is what a model needs to answer.
        "plots": _named({name if "." in name else f"{name}.png": plot for name, plot in plots.items()}),
        "tables": _named({f"{name}.json.gz": table for name, table in tables.items()}),
        "files": _named({name: artifacts.put(content) for name, content in contents.items()}),
    }
    return artifacts.put(canonical_json(manifest))


def _format_of(target: Target, *, is_calibrated: bool) -> str:
    """Return the first format whose readers answer such a version as it is meant."""
    if is_calibrated or target.own_column:
        return LATER_FORMAT
    return LEVEL_FORMAT if target.level else FORMAT


def _how_sure(conformal: Conformal | None, calibration: Calibration | None) -> dict[str, Any]:
    return {
        # How far it was off on rows that it had never seen: what intervals are made of; null where the rows were too few.
        "conformal": conformal.to_json() if conformal else None,
        # From what it says to how often that is so, learned from held-out rows; null where probabilities are the model's own.
        "calibration": calibration.to_json() if calibration else None,
    }


def _named(files: Mapping[str, Artifact]) -> dict[str, Any]:
    return {name: file.model_dump(mode="json") for name, file in files.items()}
