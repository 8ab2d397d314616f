"""What a learner is to whoever asks for one, and the short ways to write its hyperparameters down."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from libs.contracts.hyperparameters import CLASSIFICATION_ONLY, EVERY_TYPE, Hyperparameter
from libs.contracts.training import ModelType

DEFAULT_SEED: Final = 42
"""`random_state` where none is given: the same request always means the same model."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A learner: what it is called, which types of model it makes and what can be set."""

    name: str
    model_types: tuple[ModelType, ...]
    description: str
    hyperparameters: Mapping[str, Hyperparameter]

    def meaning(self, parameter: Hyperparameter) -> str:
        """Say what one of its hyperparameters means, and which of its types of model has it where not all do."""
        narrower = parameter.model_types != EVERY_TYPE and len(self.model_types) > 1
        note = f" For {' and '.join(kind.value for kind in parameter.model_types)} only." if narrower else ""
        return f"{parameter.description}{note}"


def make_algorithm(name: str, types: tuple[ModelType, ...], description: str, parameters: tuple[Hyperparameter, ...]) -> Algorithm:
    """Make a learner of its hyperparameters, in their order."""
    return Algorithm(name, types, description, MappingProxyType({parameter.name: parameter for parameter in parameters}))


def number(name: str, default: float, span: tuple[float, float], description: str, *, above: bool = False) -> Hyperparameter:
    """Make a real number's hyperparameter; `above` leaves out the range's lower end."""
    low, high = span
    return Hyperparameter(name=name, type="number", default=default, minimum=low, maximum=high, open_minimum=above, description=description)


def integer(name: str, default: int | None, span: tuple[int, int], description: str, *, nullable: bool = False) -> Hyperparameter:
    """Make a whole number's hyperparameter."""
    low, high = span
    return Hyperparameter(name=name, type="integer", default=default, minimum=low, maximum=high, nullable=nullable, description=description)


def flag(name: str, *, default: bool, description: str) -> Hyperparameter:
    """Make a hyperparameter that is true or false."""
    return Hyperparameter(name=name, type="boolean", default=default, description=description)


SEED: Final = integer("random_state", DEFAULT_SEED, (0, 2**31 - 1), "Seed of everything random; the same seed gives the same model.")
CLASS_WEIGHT: Final = Hyperparameter(
    name="class_weight", type="string", default=None, choices=("balanced",), nullable=True, model_types=CLASSIFICATION_ONLY,
    description="`balanced` weighs classes inversely to their frequency.",
)  # fmt: skip
