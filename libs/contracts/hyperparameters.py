"""One hyperparameter of a learner: what it may be, in a machine's words and in a person's."""

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from libs.contracts.training import ModelType

HyperparameterValue: TypeAlias = bool | int | float | str | None

EVERY_TYPE: Final = (ModelType.CLASSIFICATION, ModelType.REGRESSION, ModelType.TIME_SERIES)
CLASSIFICATION_ONLY: Final = (ModelType.CLASSIFICATION,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameter:
    """A value is taken when it is one of `choices`, or of `type` within the range, or null where `nullable`.

    `type` is the JSON type; `open_minimum` excludes the minimum itself. Where `share_maximum` is given, a fraction above 0 and up to it
    is taken too and means a share (of the rows or of the features), as scikit-learn does. `model_types` are those it applies to.
    """

    name: str
    type: Literal["integer", "number", "string", "boolean"]
    default: HyperparameterValue
    description: str
    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False
    choices: tuple[HyperparameterValue, ...] = ()
    nullable: bool = False
    share_maximum: float | None = None
    model_types: tuple[ModelType, ...] = EVERY_TYPE

    def takes(self, value: object) -> bool:
        """Whether the value is allowed; a boolean is never a number, and neither NaN nor an infinity is."""
        if value is None:
            return self.nullable
        if isinstance(value, bool):
            return self.type == "boolean"
        if isinstance(value, str):
            return value in self.choices
        if isinstance(value, int | float):
            return value in self.choices or self._in_range(value) or self._is_share(value)
        return False

    def allowed(self) -> str:
        """Say what is allowed: "must be a positive integer between 1 and 2000"."""
        ways = [_quoted(choice) for choice in self.choices]
        if self.type == "boolean":
            ways.append("true or false")
        if self.minimum is not None or self.maximum is not None:
            ways.append(self._range_in_words())
        if self.share_maximum is not None:
            ways.append(f"a share above 0 and up to {self.share_maximum}")
        if self.nullable:
            ways.append("null")
        lead = "must be one of " if len(self.choices) > 1 and len(ways) == len(self.choices) + self.nullable else "must be "
        return lead + (", ".join(ways[:-1]) + " or " + ways[-1] if len(ways) > 1 else ways[0])

    def _in_range(self, value: float) -> bool:
        if self.type not in {"integer", "number"} or self.minimum is None or self.maximum is None or not math.isfinite(value):
            return False
        if self.type == "integer" and not isinstance(value, int):
            return False
        return self.minimum <= value <= self.maximum and not (self.open_minimum and value == self.minimum)

    def _is_share(self, value: float) -> bool:
        return self.share_maximum is not None and isinstance(value, float) and 0 < value <= self.share_maximum

    def _range_in_words(self) -> str:
        noun = "a number"
        if self.type == "integer":
            noun = "a positive integer" if self.minimum is not None and self.minimum > 0 else "an integer"
        if self.open_minimum:
            return f"{noun} above {_number(self.minimum)} and up to {_number(self.maximum)}"
        return f"{noun} between {_number(self.minimum)} and {_number(self.maximum)}"


def _quoted(value: HyperparameterValue) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def _number(value: float | None) -> str:
    if value is None:
        return "any"
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else str(value)  # noqa: PLR2004 - whole numbers read best without ".0"
