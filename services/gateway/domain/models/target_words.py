"""What a target means for a model that is to learn it: which type of model that is, and how many bars ahead it looks."""

from typing import Any

from libs.chassis.errors import InvalidError
from libs.contracts.algorithms import ALGORITHMS, TARGETS
from libs.contracts.names import did_you_mean
from libs.contracts.training import ModelType
from services.gateway.domain.models.engine_types import type_of


def model_type_of(target: str, *, algorithm: str | None) -> ModelType:
    """Return the type of a model of this learner (of any, for None) that predicts a target. Raise InvalidError (`target` or `type`)."""
    if target not in TARGETS:
        message = f"Unknown target '{target[:64]}'.{did_you_mean(target, TARGETS)}"
        raise InvalidError(message, details={"target": [message]})
    wanted = TARGETS[target]
    if algorithm is not None and wanted not in ALGORITHMS[algorithm].model_types:
        fitting = ", ".join(type_of(each.name) for each in ALGORITHMS.values() if wanted in each.model_types)
        message = f"{type_of(algorithm)} does not predict {target[:64]}; types that do: {fitting}."
        raise InvalidError(message, details={"type": [message]})
    return wanted


def horizon_of(target: str, *, timeframe: str) -> dict[str, Any]:
    """Return the key of training_config that a target decides, on candles of this length; none where the target leaves it open."""
    del target, timeframe
    return {}
