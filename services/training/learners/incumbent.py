"""The version that serves, measured on what the new one is tested on: which of the two is better, on rows that neither has learned from."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import orjson

from libs.chassis.stores.artifacts import ArtifactMissingError, Artifacts
from libs.contracts.retraining import GateVerdict, Incumbent, judged
from libs.quant.calibration_maps import calibration_in
from libs.quant.candles import Integers
from services.training.learners.judging import judge
from services.training.learners.learner import Fitted, SavedModel
from services.training.learners.manifest import FORMATS
from services.training.learners.parity import serve
from services.training.learners.result import Evidence

UNREADABLE: Final = "Version {version} can no longer be read ({why}): it could not be compared."
OTHERWISE: Final = "Version {version} looks at other columns: it could not be compared."


def compare(fitted: Fitted, *, evidence: Evidence, artifacts: Artifacts) -> GateVerdict | None:
    """Return how the new version compares with the one that serves; None where it is not to be compared.

    Both are measured on those test rows that the incumbent has not learned from, nor from the bars that its labels looked at.
    Raise UnavailableError while the store is away.
    """
    if (incumbent := evidence.spec.incumbent) is None:
        return None
    try:
        manifest: Mapping[str, Any] = orjson.loads(artifacts.get(incumbent.artifact))
        saved = _saved(manifest, artifacts=artifacts)
    except (ArtifactMissingError, KeyError, TypeError, ValueError) as error:
        return judged(incumbent, rows=0, old=None, new=None, why_not=_why(UNREADABLE, incumbent, why=type(error).__name__))
    if tuple(manifest["features"]) != evidence.features or saved.scale != fitted.scale:
        return judged(incumbent, rows=0, old=None, new=None, why_not=_why(OTHERWISE, incumbent))
    rows = _unseen(evidence, learned=manifest.get("learned") or {})
    if not len(rows):
        return judged(incumbent, rows=0, old=None, new=None)
    unseen = evidence.table.sample(rows)
    try:
        served = serve(saved, rows=unseen.rows)
    except Exception as error:  # noqa: BLE001 - onnxruntime's errors have no class in common, and none of them is the new version's fault
        return judged(incumbent, rows=0, old=None, new=None, why_not=_why(UNREADABLE, incumbent, why=type(error).__name__))
    old = judge(served, unseen.targets, scale=saved.scale, calibration=saved.calibration)
    new = judge(fitted.scores(unseen.rows), unseen.targets, scale=fitted.scale, calibration=evidence.calibration)
    metric = incumbent.metric
    return judged(incumbent, rows=len(rows), old=old.values.get(metric), new=new.values.get(metric))


def _saved(manifest: Mapping[str, Any], *, artifacts: Artifacts) -> SavedModel:
    if manifest["format"] not in FORMATS:
        message = f"its format is {manifest['format']}"
        raise ValueError(message)
    onnx = artifacts.get(manifest["files"]["model.onnx"]["sha256"])
    calibration = calibration_in(manifest)
    return SavedModel(onnx=onnx, explanation=b"", explainer=manifest["explainer"], scale=manifest["scale"], calibration=calibration)


def _unseen(evidence: Evidence, *, learned: Mapping[str, Any]) -> Integers:
    """Return the test rows after what was learned and what its last labels looked at; none of a symbol of which nobody knows that."""
    table, test = evidence.table, evidence.parts.test
    after = np.full(len(evidence.series), np.iinfo(np.int64).max)
    for place, each in enumerate(evidence.series):
        if (span := learned.get(each.candles.symbol)) is None:
            continue
        time = each.candles.time
        known = int(np.searchsorted(time, int(span["last"]), side="right")) - 1 + evidence.config.horizon
        if 0 <= known < len(time):
            after[place] = time[known]
    return test[table.time[test] > after[table.symbol[test]]]


def _why(words: str, incumbent: Incumbent, **more: str) -> str:
    return words.format(version=incumbent.version, **more)
