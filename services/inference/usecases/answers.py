"""Saying what a model found: predictions as the contract has them, made ready as JSON once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import orjson

from libs.contracts.inference import SyntheticPart
from libs.market.age import Age
from libs.quant.additivity import ADDS_UP, additivity_tolerance
from services.inference.domain.ports import Explained, Floats, Meters, Model
from services.inference.usecases.trust import add_trust

# By whether the model's training was generated, and whether the candle was.
PARTS: Final[Mapping[tuple[bool, bool], tuple[SyntheticPart, ...]]] = {
    (False, False): (),
    (True, False): ("training",),
    (False, True): ("candle",),
    (True, True): ("training", "candle"),
}


@dataclass(slots=True, eq=False)  # not frozen: one is made for each prediction, and a frozen one takes three times as long
class Row:
    """What one prediction rests on: a row's values (features,), or a window's (steps, features); `synthetic`: candles are generated."""

    symbol: str
    values: tuple[float, ...] | Floats
    as_of: datetime | None
    synthetic: bool
    close: float | None = None  # of its latest candle, where a model looks at candles
    age: Age | None = None  # of its latest candle; None where features are given
    made_at: datetime | None = None  # when the version was made, as whoever asks says


@dataclass(frozen=True, slots=True)
class AnswerWriter:
    """Explanations that do not add up are counted; they are answered truthfully all the same."""

    meters: Meters

    def say(self, model: Model, rows: Sequence[Row], explained: Explained, *, moment: datetime) -> list[dict[str, Any]]:
        """Return each row's prediction, made at this moment, with the keys of the contract.

        Rows whose numbers are not finite are for the caller to refuse.
        """
        served = explained.output
        errors = self.errors(model, explained, served=served)
        probabilities = probabilities_of(model, explained.outputs)
        told = zip(
            rows, explained.answered.tolist(), explained.contributions.tolist(), explained.base.tolist(), errors.tolist(), served.tolist(),
            probabilities.tolist() if probabilities is not None else [None] * len(rows), strict=True,
        )  # fmt: skip
        predictions = [_prediction(model, each) for each in told]
        if (forecast := model.forecast) and explained.interval is not None:
            for prediction, (low, high) in zip(predictions, explained.interval.tolist(), strict=True):
                interval = {"low": low, "high": high, "level": forecast.level}
                prediction |= {"confidence": forecast.level, "interval": interval, "horizon": forecast.horizon}
        if model.calibration is not None:
            for prediction in predictions:
                prediction["calibration"] = model.calibration.method
        assert explained.quality is not None
        made_at = [row.made_at for row in rows]
        add_trust(predictions, quality=explained.quality.tolist(), made_at=made_at, rule=model.abstain_when, moment=moment)
        return predictions

    def errors(self, model: Model, explained: Explained, *, served: Floats) -> Floats:
        """Return by how much each row's base value and contributions miss the `served` output (rows,); too large a miss is counted."""
        with np.errstate(invalid="ignore"):
            errors: Floats = np.abs(explained.base + explained.contributions.sum(axis=1) - served)
            # The tightest of all tolerances, which the usual explanations are within; one that is not a number is not.
            if not (errors <= ADDS_UP).all():
                missed = errors > additivity_tolerance(model.explainer, scale=model.scale, served=served)
                if missed.any():
                    self.meters.missed(scale=model.scale, error=float(errors[missed].max()))
        return errors

    def write(self, version: str, predictions: Sequence[dict[str, Any]], *, static_data: bool, moment: str) -> bytes:
        """Return an ask's whole answer as JSON; `moment` is when it was made, as `iso` writes it."""
        return orjson.dumps(
            {"predictions": predictions, "model_version": version, "prediction_timestamp": moment, "static_data": static_data}
        )


def probabilities_of(model: Model, outputs: Floats) -> Floats | None:
    """Return each row's probabilities by class (rows, classes); None for regression."""
    if model.classes is None:
        return None
    if model.calibration is not None:
        return model.calibration.of_scores(outputs, scale=model.scale)
    if model.scale == "probability":
        return outputs
    with np.errstate(invalid="ignore"):
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def synthetic_parts(model: Model, *, candle: bool) -> tuple[SyntheticPart, ...]:
    """Return what of an answer was generated: the candles of the model's training, or those that it rests on."""
    return PARTS[model.synthetic, candle]


def _prediction(model: Model, told: tuple[Row, int, list[float], float, float, float, list[float] | None]) -> dict[str, Any]:
    row, answered, contributions, base, error, served, odds = told
    classes, parts = model.classes, synthetic_parts(model, candle=row.synthetic)
    return {
        "symbol": row.symbol,
        "prediction": classes[answered] if classes else served,
        "confidence": odds[answered] if odds else None,
        "feature_contributions": dict(zip(model.features, contributions, strict=True)),
        "probabilities": dict(zip(classes, odds, strict=True)) if classes and odds else None,
        "value": None if classes else served,
        "base_value": base,
        "scale": model.scale,
        "additivity_error": error,
        "as_of": iso(row.as_of) if row.as_of else None,
        "synthetic": bool(parts),
        "interval": None,
        "horizon": None,
        "age_bars": row.age.bars if row.age else None,
        "stale": row.age.stale if row.age else None,
        "synthetic_parts": parts,
        "quality": None,
        "model_age_days": None,
        "abstained": None,
        "reasons": {},
    }


def iso(moment: datetime) -> str:
    """Return a moment as answers have it: UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
