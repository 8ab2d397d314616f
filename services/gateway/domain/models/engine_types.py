"""AI Engine's word for each learner: its `type` of model, both ways. A model of any face has one, so that all of them show it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.names import did_you_mean

AGENT: Final = "reinforcement_learning"
"""The type of a model that is made by training an agent, and by nothing else."""

# Learners whose name here is an abbreviation; all others have the same name in small letters.
_WRITTEN_OUT: Final = {"TFT": "temporal_fusion_transformer"}
TYPES: Final[Mapping[str, str]] = MappingProxyType({_WRITTEN_OUT.get(name, name.lower()): name for name in ALGORITHMS})
"""The algorithm of each type that is trained on rows."""
TYPE_WORDS: Final[Mapping[str, str]] = MappingProxyType({algorithm: word for word, algorithm in TYPES.items()})


def algorithm_of(type_name: str) -> str:
    """Return the learner of a type of model. Raise InvalidError (`type`), which names the nearest known one."""
    if type_name in TYPES:
        return TYPES[type_name]
    if type_name == AGENT:
        message = f"A {AGENT} model is made by training an agent: make an environment (POST /v1/ai/rl-environments), then train in it."
        raise InvalidError(message, details={"type": [message]})
    hint = did_you_mean(type_name, [*TYPES, AGENT]) or f" Known: {', '.join(TYPES)}."
    message = f"Unknown type '{type_name[:64]}'.{hint}"
    raise InvalidError(message, details={"type": [message]})


def type_of(algorithm: str) -> str:
    """Return the type of a model that this learner makes."""
    return TYPE_WORDS[algorithm]
