"""AI Engine's word for each learner: its `type` of model, both ways. A model of any face has one, so that all of them show it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

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


# What this face calls a hyperparameter, and what learners call it: the first of these that a learner has.
_OTHER_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "epochs": ("max_epochs", "n_estimators", "max_iter"),
        "num_heads": ("nhead", "attention_head_size"),
        "dropout_rate": ("dropout",),
        "num_trees": ("n_estimators",),
        "window": ("sequence_length", "encoder_length"),
    }
)
# How parameters are shown that have another name here.
_SHOWN: Final = {"max_epochs": "epochs", "nhead": "num_heads", "attention_head_size": "num_heads", "dropout": "dropout_rate"}


def own_name(algorithm: str, name: str) -> str:
    """Return what a learner calls a hyperparameter of this name: `num_heads` of a TFT is its `attention_head_size`."""
    known = ALGORITHMS[algorithm].hyperparameters
    return name if name in known else next((each for each in _OTHER_NAMES.get(name, ()) if each in known), name)


def parameters_in(algorithm: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return parameters by the learner's own names, in their order, and which are there by two names."""
    found: dict[str, Any] = {}
    named: dict[str, str] = {}
    problems: list[str] = []
    for name, value in given.items():
        own = own_name(algorithm, name)
        if own in found:
            problems.append(f"'{name}' and '{named[own]}' are the same parameter: give one of them.")
            continue
        found[own], named[own] = value, name
    return found, problems


def in_given_names(texts: Sequence[str], *, given: Mapping[str, str]) -> list[str]:
    """Return problems with parameters that call them as the request does; `given` has its names by the learner's own."""

    def told(text: str) -> str:
        for own, name in given.items():
            text = text.replace(f"'{own}'", f"'{name}'")
        return text

    return [told(text) for text in texts]


def parameters_of(hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return a learner's hyperparameters as this face calls them."""
    return {_SHOWN.get(name, name): value for name, value in hyperparameters.items()}
