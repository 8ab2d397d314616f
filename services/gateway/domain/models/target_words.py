"""What a target means for a model that is to learn it: which type of model that is, and who says how far ahead it looks."""

from libs.chassis.errors import InvalidError
from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.training import ModelType
from libs.quant.targets import UnknownTargetError, parse_target
from services.gateway.domain.models.engine_types import type_of


def model_type_of(target: str, *, algorithm: str | None) -> ModelType:
    """Return the type of a model of this learner (of any, for None) that predicts a target. Raise InvalidError (`target` or `type`)."""
    try:
        types = parse_target(target).types
    except UnknownTargetError as error:
        raise InvalidError(error.message, details={"target": [error.message]}) from error
    if algorithm is None:
        return types[0]
    made = ALGORITHMS[algorithm].model_types
    if found := next((each for each in types if each in made), None):
        return found
    fitting = ", ".join(type_of(each.name) for each in ALGORITHMS.values() if set(types) & set(each.model_types))
    message = f"{type_of(algorithm)} does not predict {target[:64]}; types that do: {fitting}."
    raise InvalidError(message, details={"type": [message]})


def names_horizon(target: str) -> bool:
    """Tell whether a target says itself how far it looks ahead: `price_close_next_day` does, `signal_type` does not."""
    return parse_target(target).unit is not None
