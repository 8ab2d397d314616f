"""A model version as onnxruntime serves it, with what explains it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from libs.chassis.stores.artifacts import Artifacts
from libs.quant.calibration_maps import calibration_in
from libs.quant.conformal import Conformal
from libs.quant.linear import LinearModel
from libs.quant.novelty import Novelty
from libs.quant.onnx_runtime import onnxruntime as ort
from libs.quant.shapley import Explainer, prepare, tree_contributions, tree_interactions
from libs.quant.shapley_coalitions import Coalitions
from libs.quant.targets import Target, parse_target
from libs.quant.trees import BadTreesError, TreeEnsemble
from services.inference.domain.abstaining import AbstainRule
from services.inference.domain.errors import ModelUnreadableError
from services.inference.domain.ports import Explained, Floats, Forecast, Served

# The second is of targets that are answered as a level, the third of calibrated classifiers and of own columns: releases before do not
# know them, and refuse.
FORMATS: Final = ("modelbourse-model/1", "modelbourse-model/2", "modelbourse-model/3")
WARM_RUNS: Final = 3
TOGETHER: Final = 16
TOGETHER_S: Final = 0.05
Explain = Callable[[NDArray[Any], Served], tuple[Floats, Floats]]
# The same, and interaction values (rows, features, features).
Interact = Callable[[NDArray[Any], Served], tuple[Floats, Floats, Floats]]


class OnnxModel:
    """Implements the port Model."""

    def __init__(self, manifest: Mapping[str, Any], *, onnx: bytes, explanation: bytes, novelty: bytes | None = None) -> None:
        self.features: tuple[str, ...] = tuple(manifest["features"])
        self.classes: tuple[str, ...] | None = tuple(manifest["classes"]) if manifest["classes"] else None
        self.scale: str = manifest["scale"]
        self.explainer: str = manifest["explainer"]
        self.synthetic: bool = bool(manifest["synthetic"])
        # Those of before it was written down do not say.
        self.learned: Mapping[str, tuple[int, int]] | None = _learned(manifest.get("learned"))
        # Those of before quality was measured have no such file.
        self._novelty = Novelty.from_bytes(novelty) if novelty else None
        self.measures_quality = self._novelty is not None
        config = manifest.get("training_config") or {}
        self.horizon: int | None = config.get("horizon")
        self.abstain_when = AbstainRule.of(config)
        target = _target(manifest)
        self.is_traded: bool = target is None or target.is_traded
        # A forecaster of `close` answers it, too; what it says are returns.
        self.level: str | None = "close" if target is None or target.name == "close" else target.level
        # Those of before these were kept do not say.
        self.barrier: float | None = manifest.get("barrier")
        self.conformal = Conformal.from_json(manifest["conformal"]) if manifest.get("conformal") else None
        self.calibration = calibration_in(manifest)
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        self._type = np.float64 if self._session.get_inputs()[0].type == "tensor(double)" else np.float32
        self.steps: int = manifest.get("sequence_length") or 0  # Those of before there were windows do not say.
        # Those of before there were forecasters say neither.
        self.given: int = manifest.get("given_features", len(self.features))
        self.forecast = _forecast(manifest.get("forecast"))
        self.level = self.level if self.classes is None else None
        self._explain, self._interact, explainer_size = _explainer(self.explainer, explanation, evaluate=self._answer)
        # The session's own memory is about that of its file.
        self.size: int = len(onnx) * 2 + explainer_size + (self._novelty.size if self._novelty else 0)
        self.row_s: float = self._warm_up()

    def serve(self, rows: Floats) -> Served:
        """Run the model over rows (rows, features), or windows (rows, steps, features)."""
        # What float32 cannot hold becomes infinite: beyond every threshold, as it should be. A linear model's answer is then no number.
        with np.errstate(over="ignore", invalid="ignore"):
            served = self._serve(rows.astype(self._type))
        return replace(served, quality=self.quality(self._newest(rows)))

    def explain(self, rows: Floats, *, interactions: bool = False) -> Explained:
        """Run the model over rows, or windows, and explain each answer; with `interactions` by pairs of features too, if it has any."""
        together: Floats | None = None
        with np.errstate(over="ignore", invalid="ignore"):  # as above
            given = rows.astype(self._type)
            served = self._serve(given)
            if interactions and self._interact is not None:
                contributions, base, together = self._interact(given, served)
            else:
                contributions, base = self._explain(given, served)
        quality = self.quality(self._newest(rows))
        return Explained(
            served.outputs, served.answered, contributions, base, interval=served.interval, quality=quality, interactions=together
        )

    def quality(self, bars: Floats) -> Floats:
        """Return the share of training rows that are at least as unusual as each of these bars (rows, features); NaN where not known."""
        return self._novelty.quality(bars) if self._novelty else np.full(len(bars), np.nan)

    def _newest(self, rows: Floats) -> Floats:
        return rows[:, -1] if self.steps else rows

    def _serve(self, given: NDArray[Any]) -> Served:
        if self.forecast:
            return self._forecasts(given)
        outputs = self._answer(given)
        if not self.classes:
            return Served(outputs, np.zeros(len(given), dtype=np.int64))
        # What is answered is what is likeliest once calibrated; outputs, which contributions add up to, are from before.
        likely = outputs if self.calibration is None else self.calibration.of_scores(outputs, scale=self.scale)
        return Served(outputs, likely.argmax(axis=1))

    def _forecasts(self, given: NDArray[Any]) -> Served:
        scores, quantiles = self._session.run(["scores", "quantiles"], {"x": given})
        # The outermost quantiles of the log return over the whole horizon, as simple returns.
        ends = np.expm1(np.asarray(quantiles, dtype=np.float64)[:, -1, [0, -1]])
        return Served(np.asarray(scores, dtype=np.float64), np.zeros(len(given), dtype=np.int64), interval=ends)

    def _answer(self, given: NDArray[Any]) -> Floats:
        (scores,) = self._session.run(["scores"], {"x": given.astype(self._type, copy=False)})
        return np.asarray(scores, dtype=np.float64)

    def _warm_up(self) -> float:
        """Make what is made at first use (each output's tables), so that no request waits for it; return the seconds a row takes."""
        rows = np.zeros((1, self.steps, len(self.features)) if self.steps else (1, len(self.features)))
        outputs = self._answer(rows)
        for column in range(outputs.shape[1]):
            self._explain(rows.astype(self._type), Served(outputs, np.array([column])))
        alone = min(self._timed(rows) for _ in range(WARM_RUNS))
        # Beside others a row takes a third of that, as much of it is the calls; a model for which it is not is not kept from loading.
        together = np.repeat(rows, TOGETHER, axis=0)
        return alone if alone * TOGETHER > TOGETHER_S else min(alone, *(self._timed(together) for _ in range(WARM_RUNS)))

    def _timed(self, rows: Floats) -> float:
        """Return the seconds that one of these rows takes."""
        began = time.perf_counter()
        self.explain(rows)
        return (time.perf_counter() - began) / len(rows)


def load_model(artifacts: Artifacts, artifact: str) -> OnnxModel:
    """Read a manifest and its files. Raises ArtifactMissingError or ModelUnreadableError."""
    try:
        manifest = orjson.loads(artifacts.get(artifact))
        if manifest["format"] not in FORMATS:
            msg = f"the manifest's format is '{manifest['format']}', not one of {', '.join(FORMATS)}"
            raise ModelUnreadableError(msg)
        files = {name: artifacts.get(file["sha256"]) for name, file in manifest["files"].items()}
        return OnnxModel(manifest, onnx=files["model.onnx"], explanation=files["explain.npz"], novelty=files.get("novelty.npz"))
    except (KeyError, TypeError, BadTreesError, ValueError) as error:
        msg = f"the model {artifact} cannot be served: {type(error).__name__}"
        raise ModelUnreadableError(msg) from error


def _learned(told: Mapping[str, Mapping[str, int]] | None) -> dict[str, tuple[int, int]] | None:
    return None if told is None else {symbol: (int(span["first"]), int(span["last"])) for symbol, span in told.items()}


def _forecast(told: Mapping[str, Any] | None) -> Forecast | None:
    return Forecast(int(told["horizon"]), round(told["levels"][-1] - told["levels"][0], 6)) if told else None


def _target(manifest: Mapping[str, Any]) -> Target | None:
    """Return what a version predicts; None of one whose manifest does not say."""
    name = manifest.get("target_variable")
    return parse_target(name) if name else None


def _explainer(kind: str, explanation: bytes, *, evaluate: Callable[[Floats], Floats]) -> tuple[Explain, Interact | None, int]:
    """Return what explains a model, what tells its interactions (None where they would take too many runs of it), and its bytes."""
    if kind == "coalitions":
        coalitions = Coalitions.from_bytes(explanation, evaluate=evaluate)
        return (
            lambda windows, served: coalitions.contributions(windows, outputs=served.answered, served=served.output),
            None,
            coalitions.size,
        )
    if kind == "linear":
        linear = LinearModel.from_bytes(explanation)
        return lambda rows, served: linear.contributions(rows, served.answered), partial(_apart, linear), linear.coef.nbytes
    prepared: Explainer = prepare(TreeEnsemble.from_bytes(explanation))
    return (
        lambda rows, served: tree_contributions(prepared, rows.astype(np.float32, copy=False), served.answered),
        lambda rows, served: tree_interactions(prepared, rows.astype(np.float32, copy=False), served.answered),
        prepared.size,
    )


def _apart(linear: LinearModel, rows: NDArray[Any], served: Served) -> tuple[Floats, Floats, Floats]:
    """Explain a linear model, whose features do not act together: all that each contributes stands on the diagonal."""
    contributions, base = linear.contributions(rows, served.answered)
    return contributions, base, contributions[:, :, None] * np.eye(contributions.shape[1])
