"""What makes a model's `retrain` valid: all that is wrong at once, by field, for a new model as for one that is trained."""

from collections.abc import Mapping
from typing import Any, Final

from libs.contracts.names import did_you_mean
from libs.contracts.retraining import GATE_METRICS, Gate, Retrain
from libs.contracts.training import ModelType
from services.gateway.domain.problems import Problems, type_problems

CLOSED: Final = "Leave end_date out with retrain: a model whose candles end on {day} has no newer ones to learn from."


def check_retrain(given: Any, *, model_type: ModelType | None, end_date: Any) -> tuple[dict[str, Any] | None, Problems]:
    """Return `retrain` with its gate's metric said, or None and what is wrong with it; without a known type its metric is not judged.

    `end_date` is that of the same training_config.
    """
    if not isinstance(given, Mapping):
        return None, {"retrain": ["Must be an object."]}
    gate = given.get("gate", {})
    problems = _within("retrain", type_problems(Retrain, {name: value for name, value in given.items() if name != "gate"}))
    if not isinstance(gate, Mapping):
        problems["retrain.gate"] = ["Must be an object."]
    else:
        problems |= _within("retrain.gate", _gate_problems(gate, model_type=model_type))
    if end_date is not None:
        problems["end_date"] = [CLOSED.format(day=str(end_date)[:10])]
    if problems or model_type is None:
        return None, problems
    read = Retrain.model_validate(dict(given)).model_dump(mode="json", exclude_none=True)
    read["gate"] = {"metric": GATE_METRICS[model_type][0], **read["gate"]}
    return read, problems


def _gate_problems(gate: Mapping[str, Any], *, model_type: ModelType | None) -> Problems:
    metric, known = gate.get("metric"), GATE_METRICS.get(model_type or "")
    if known is None or not isinstance(metric, str) or metric in known:
        return type_problems(Gate, gate)
    # Of another type of model, or of none.
    allowed = f"Must be {', '.join(known[:-1])} or {known[-1]}."
    return {**type_problems(Gate, gate), "metric": [f"{allowed}{did_you_mean(metric, known)}"]}


def _within(path: str, problems: Problems) -> Problems:
    """Return problems by their paths. That it does not belong together is no problem of its own where a part of it is wrong."""
    parts = {f"{path}.{field}": texts for field, texts in problems.items() if field != "body"}
    return parts or ({path: problems["body"]} if "body" in problems else {})
