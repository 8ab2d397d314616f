"""A version's answers to many rows as arrays, as inference gives them to one: in levels, with intervals, withheld where it abstains."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactMissingError, Artifacts
from libs.quant.calibration_maps import Calibration, calibration_in
from libs.quant.candles import Candles, Floats, Integers
from libs.quant.conformal import Conformal
from libs.quant.novelty import Novelty
from libs.quant.targets import Target, parse_target
from libs.quant.windows import Windows
from services.training.learners.learner import Inputs, probabilities
from services.training.learners.manifest import FORMATS
from services.training.learners.parity import open_session, scores_of

GONE: Final = "The files of version {version} are no longer there: ask for the version that serves now."
OTHER: Final = "Version {version} is of a format that this release does not read."
CLASSES: Final = "It answers classes, between which there is no distance: see prediction_set."
NOT_KEPT: Final = "The version was trained before errors out of sample were kept: train the model again."
TOO_FEW: Final = "{rows} rows out of sample are too few to say what holds {level:.4g} of all."
# Levels are compared to within it.
SAME: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What was said at some bars (rows,): NaN, and no class or set, where the version abstains.

    Of values `value`, `lower` and `upper`, in the unit of the answer; of classes `chances` (rows, classes) and `among` (rows, classes),
    which of them are in the set. What there is none of is None. `quality` is NaN where it is not known.
    """

    value: Floats | None
    lower: Floats | None
    upper: Floats | None
    chances: Floats | None
    among: NDArray[np.bool_] | None
    quality: Floats
    abstained: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A version's files, opened."""

    manifest: Mapping[str, Any]
    session: Any
    novelty: Novelty | None
    target: Target
    conformal: Conformal | None
    calibration: Calibration | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """What it looks at, in the order of its columns."""
        return tuple(self.manifest["features"])

    @property
    def steps(self) -> int:
        """How many bars in a row it looks at; 0 for one that looks at single bars."""
        return int(self.manifest.get("sequence_length") or 0)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that it tells apart; none of one that answers values."""
        return tuple(self.manifest["classes"] or ())

    @property
    def horizon(self) -> int:
        """How many candles it looks ahead."""
        return int((self.manifest.get("training_config") or {}).get("horizon", 1))

    @property
    def level(self) -> str | None:
        """The column of candles whose level is answered; None of one that answers changes, or classes."""
        if self.classes:
            return None
        return "close" if self.target.name == "close" else self.target.level

    @property
    def own_level(self) -> float | None:
        """How often a forecaster's own outermost quantiles are to hold the truth; None of others."""
        told = self.manifest.get("forecast")
        return round(told["levels"][-1] - told["levels"][0], 6) if told else None

    def method(self, level: float) -> tuple[str | None, str | None]:
        """Return how intervals, or sets, of a level are made, and why there are none."""
        if not self.classes and self.own_level is not None and abs(self.own_level - level) < SAME:
            return "quantiles", None
        if self.conformal is None:
            return None, NOT_KEPT
        if self.conformal.reach(level) is None:
            return None, TOO_FEW.format(rows=self.conformal.rows, level=level)
        if self.classes:
            return "conformal_set", None
        return "split_conformal" if self.own_level is None else "conformalized_quantiles", None

    def learned(self, candles: Candles) -> NDArray[np.bool_] | None:
        """Tell which bars it was trained on; None where nobody wrote that down."""
        if (spans := self.manifest.get("learned")) is None:
            return None
        if (span := spans.get(candles.symbol)) is None:
            return np.zeros(len(candles), dtype=np.bool_)
        return np.asarray((candles.time >= span["first"]) & (candles.time <= span["last"]))

    def answer(self, candles: Candles, features: Floats, bars: Integers, *, level: float) -> Answers:
        """Return what it says at these bars, each of which has all that it looks at."""
        rows: Inputs = Windows(features, bars, self.steps) if self.steps else features[bars]
        names = ("scores", "quantiles") if self.own_level is not None else ("scores",)
        scores, *quantiles = scores_of(self.session, rows, outputs=names)
        quality = self.novelty.quality(features[bars]) if self.novelty else np.full(len(bars), np.nan)
        withheld = self._withheld(quality)
        if self.classes:
            chances = probabilities(scores, scale=self.manifest["scale"], calibration=self.calibration)
            reach = self.conformal.reach(level) if self.conformal else None
            among = None if reach is None else (1 - chances <= reach) & ~withheld[:, None]
            chances[withheld] = np.nan
            return Answers(None, None, None, chances, among, quality, withheld)
        own = np.expm1(quantiles[0][:, -1, [0, -1]]) if quantiles else None
        value, low, high = self._values(scores[:, 0], own, level=level)
        if self.level is not None:
            newest = getattr(candles, self.level)[bars]
            value, low, high = (newest * (1 + each) for each in (value, low, high))
        for each in (value, low, high):
            each[withheld] = np.nan
        return Answers(value, low, high, None, None, quality, withheld)

    def _withheld(self, quality: Floats) -> NDArray[np.bool_]:
        config = self.manifest.get("training_config") or {}
        below = (config.get("abstain_when") or {}).get("quality_below")
        # What is not known never applies; no candle of the past is old.
        return np.zeros(len(quality), dtype=np.bool_) if below is None else np.asarray(quality < below)

    def _values(self, value: Floats, own: Floats | None, *, level: float) -> tuple[Floats, Floats, Floats]:
        """Return values and the ends of their intervals, NaN where there are none, in the version's own unit."""
        low, high = (value, value) if own is None else (own[:, 0], own[:, 1])
        if self.own_level is not None and abs(self.own_level - level) < SAME:
            return value.copy(), low.copy(), high.copy()
        reach = self.conformal.reach(level) if self.conformal else None
        if reach is None:
            nothing = np.full(len(value), np.nan)
            return value.copy(), nothing, nothing.copy()
        low, high = low - reach, high + reach
        middle = (low + high) / 2
        # Quantiles that were too wide are drawn in, though never past each other.
        return value.copy(), np.minimum(low, middle), np.maximum(high, middle)


def load_version(artifact: str, *, name: str, artifacts: Artifacts) -> Version:
    """Open a version's files. Raise InvalidError where they are gone or of another format, UnavailableError while the store is away."""
    try:
        manifest: Mapping[str, Any] = orjson.loads(artifacts.get(artifact))
        if manifest["format"] not in FORMATS:
            raise InvalidError(OTHER.format(version=name))
        files = manifest["files"]
        onnx = artifacts.get(files["model.onnx"]["sha256"])
        novelty = artifacts.get(files["novelty.npz"]["sha256"]) if "novelty.npz" in files else None
    except ArtifactMissingError as error:
        raise InvalidError(GONE.format(version=name)) from error
    return Version(
        manifest,
        open_session(onnx),
        Novelty.from_bytes(novelty) if novelty else None,
        parse_target(manifest["target_variable"]),
        Conformal.from_json(manifest["conformal"]) if manifest.get("conformal") else None,
        calibration_in(manifest),
    )
