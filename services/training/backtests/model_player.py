"""A trained version as a strategy: its own signals, by the files that serve and the code that judged it in training."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactMissingError, Artifacts
from libs.contracts.strategies import ModelStrategy
from libs.quant.calibration_maps import calibration_in
from libs.quant.candles import Candles
from libs.quant.costs import Costs
from libs.quant.decisions import Decisions
from libs.quant.features import compute_features
from libs.quant.labels import CLASSES
from libs.quant.novelty import Novelty
from libs.quant.playing import Abstains, Part, Rules, positions_of
from libs.quant.targets import parse_target
from services.training.learners.learner import Inputs, SavedModel, probabilities
from services.training.learners.manifest import FORMATS
from services.training.learners.parity import serve

GONE: Final = "The files of version {version} are no longer there: play the version that serves now."
OTHER: Final = "Version {version} is of a format that this release does not read."


@dataclass(frozen=True, slots=True, eq=False)
class ModelPlayer:
    """Decides by a version: long on BUY, short on SELL, out where it says HOLD or abstains.

    `learned` are the closes of the first and the last bar that it was trained on, by symbol; None where nobody wrote them down.
    """

    saved: SavedModel
    features: tuple[str, ...]
    rules: Rules
    costs: Costs
    horizon: int
    learned: Mapping[str, tuple[int, int]] | None

    def decide(self, candles: Candles) -> Decisions:
        """Return what is decided at each bar. Raise UnknownFeatureError for candles that lack a column of the model's."""
        features = compute_features(candles, self.features)
        part = Part(candles, features, 0, len(candles), self.costs)
        wanted = positions_of(self._answers, part, rules=self.rules)
        return Decisions(wanted == 1, wanted != 1, wanted == -1, wanted != -1)

    def seen(self, candles: Candles, *, first: int) -> int | None:
        """Return how many of the bars from `first` on it was trained on; None where nobody knows."""
        if self.learned is None:
            return None
        begin, end = self.learned.get(candles.symbol, (1, 0))
        return int(((candles.time[first:] >= begin) & (candles.time[first:] <= end)).sum())

    def _answers(self, rows: Inputs) -> NDArray[Any]:
        scores = serve(self.saved, rows=rows)
        if self.rules.by_value:
            return scores[:, 0]
        chances = probabilities(scores, scale=self.saved.scale, calibration=self.saved.calibration)
        return np.asarray(chances.argmax(axis=1))


def load_player(strategy: ModelStrategy, *, artifacts: Artifacts | None, costs: Costs) -> ModelPlayer:
    """Read a version's files. Raise InvalidError where they are gone, UnavailableError while the store is away."""
    if artifacts is None or strategy.artifact is None:
        raise InvalidError(GONE.format(version=strategy.version))
    try:
        manifest = orjson.loads(artifacts.get(strategy.artifact))
        if manifest["format"] not in FORMATS:
            raise InvalidError(OTHER.format(version=strategy.version))
        files = {name: artifacts.get(file["sha256"]) for name, file in manifest["files"].items() if name != "explain.npz"}
    except ArtifactMissingError as error:
        raise InvalidError(GONE.format(version=strategy.version)) from error
    saved = SavedModel(
        onnx=files["model.onnx"],
        explanation=b"",
        explainer=manifest["explainer"],
        scale=manifest["scale"],
        calibration=calibration_in(manifest),
    )
    config = manifest.get("training_config") or {}
    spans = manifest.get("learned")
    return ModelPlayer(
        saved=saved,
        features=tuple(manifest["features"]),
        rules=Rules(
            by_value=saved.scale == "value",
            steps=manifest.get("sequence_length") or 0,
            abstains=_abstains(config, files.get("novelty.npz")),
            classes=tuple(manifest["classes"] or CLASSES),
            is_traded=parse_target(manifest["target_variable"]).is_traded,
        ),
        costs=costs,
        horizon=int(config.get("horizon", 1)),
        learned=None if spans is None else {symbol: (int(span["first"]), int(span["last"])) for symbol, span in spans.items()},
    )


def _abstains(config: Mapping[str, Any], novelty: bytes | None) -> Abstains | None:
    """Return at which bars the version abstains for their quality, as in training; no bar of a backtest is old."""
    below = (config.get("abstain_when") or {}).get("quality_below")
    return None if below is None or novelty is None else partial(Novelty.from_bytes(novelty).is_below, quality=below)
