"""What a measurement gives: values, and for each that cannot be computed the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Measured:
    """Values by name; a value is None where it cannot be computed, and `reasons` says why under the same name."""

    values: Mapping[str, float | None]
    reasons: Mapping[str, str] = field(default_factory=dict)

    def __or__(self, other: "Measured") -> "Measured":
        return Measured({**self.values, **other.values}, {**self.reasons, **other.reasons})


def nothing(names: tuple[str, ...], *, reason: str) -> Measured:
    """Return all the names as not computable, for one reason."""
    return Measured(dict.fromkeys(names), dict.fromkeys(names, reason))


class Measuring:
    """Collects values one by one."""

    def __init__(self) -> None:
        self._values: dict[str, float | None] = {}
        self._reasons: dict[str, str] = {}

    def set(self, name: str, value: float) -> None:
        """Note a value."""
        self._values[name] = value

    def lacking(self, name: str, *, reason: str) -> None:
        """Note why there is no value."""
        self._values[name] = None
        self._reasons[name] = reason

    def divide(self, name: str, numerator: float, denominator: float, *, reason: str) -> None:
        """Note a ratio, or the reason when the denominator is zero."""
        if denominator == 0:
            self.lacking(name, reason=reason)
        else:
            self.set(name, numerator / denominator)

    def done(self) -> Measured:
        """Return what was collected."""
        return Measured(self._values, self._reasons)
