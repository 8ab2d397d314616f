"""Intervals of the level that is asked for: by what the model was off by out of sample, else the network's own quantiles."""

from typing import Any, Final

from libs.quant.conformal import Conformal
from services.inference.domain.ports import Model

CLASSES: Final = "It answers classes, between which there is no distance: see prediction_set."
VALUES: Final = "It answers a number, which is no class: see interval."
NOT_KEPT: Final = "The version was trained before errors out of sample were kept: train the model again."
WITHHELD: Final = "The answer is withheld."
# Levels are compared to within it.
SAME: Final = 1e-6


def add_interval(prediction: dict[str, Any], *, model: Model, level: float, wanted: float, unit: float) -> None:
    """Fill in the interval, or a classifier's set of classes, and why either is null.

    `level` is what outcomes have made of the one that is `wanted`: an interval is null only where its rows are too few for that one.
    `unit` is what one of the model's own units is worth in those of the answer: the price that a relative change is of, else 1.
    """
    reasons: dict[str, str] = prediction["reasons"]
    prediction |= {"interval_method": None, "prediction_set": None}
    own, known = prediction["interval"], model.conformal
    prediction["interval"] = None
    if prediction["abstained"] is not None:
        reasons["interval"] = reasons["prediction_set"] = WITHHELD
        return
    if model.classes is not None:
        reasons["interval"] = CLASSES
        _add_set(prediction, known=known, level=level, wanted=wanted)
        return
    reasons["prediction_set"] = VALUES
    told = known.reach_of(level, wanted=wanted) if known else None
    if told is None and own is not None and abs(own["level"] - level) < SAME:
        prediction |= {"interval": own, "interval_method": "quantiles"}
        return
    if told is None:
        reasons["interval"] = NOT_KEPT if known is None else _too_few(known, wanted)
        return
    reach, level = told
    value = prediction["value"]
    low, high = (own["low"], own["high"]) if own is not None else (value, value)
    # Quantiles that were too wide are drawn in, though never past what is answered.
    prediction["interval"] = {"low": min(low - reach * unit, value), "high": max(high + reach * unit, value), "level": level}
    prediction["interval_method"] = "split_conformal" if own is None else "conformalized_quantiles"


def _add_set(prediction: dict[str, Any], *, known: Conformal | None, level: float, wanted: float) -> None:
    told = known.reach_of(level, wanted=wanted) if known else None
    if told is None:
        prediction["reasons"]["prediction_set"] = NOT_KEPT if known is None else _too_few(known, wanted)
        return
    reach, _ = told
    odds: dict[str, float] = prediction["probabilities"]
    prediction["prediction_set"] = [name for name, chance in odds.items() if 1 - chance <= reach]


def _too_few(known: Conformal, level: float) -> str:
    return f"{known.rows} rows out of sample are too few to say what holds {level:.4g} of all."
