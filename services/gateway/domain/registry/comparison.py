"""Two registered versions side by side: what they measure, and in what their configurations differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.gateway.domain.registry.card import Facts
from services.gateway.domain.registry.metrics import better


@dataclass(frozen=True, slots=True)
class MetricPair:
    """A metric of both; `difference` is b - a, None where one of them is unknown."""

    metric: str
    a: float | None
    b: float | None
    difference: float | None
    better: Literal["a", "b"] | None


def metric_pairs(a: Mapping[str, float | None], b: Mapping[str, float | None]) -> list[MetricPair]:
    """Return every metric that either has, in the order of the first."""
    return [_pair(name, a.get(name), b.get(name)) for name in dict.fromkeys([*a, *b])]


def differences(a: Facts, b: Facts) -> dict[str, tuple[Any, Any]]:
    """Return where what they were trained with differs, by the path of the field; None on the side that has no such thing."""
    return changed(_spec(a), _spec(b))


def changed(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return where two objects differ, by the path of the field; None on the side that has no such thing."""
    left, right = _flat(a), _flat(b)
    paths = dict.fromkeys([*left, *right])
    return {path: (left.get(path), right.get(path)) for path in paths if left.get(path) != right.get(path)}


def _pair(name: str, a: float | None, b: float | None) -> MetricPair:
    return MetricPair(name, a, b, None if a is None or b is None else b - a, better(name, a, b))


def _spec(facts: Facts) -> Mapping[str, Any]:
    return {} if facts.spec is None else facts.spec.model_dump(mode="json", exclude={"incumbent"})


def _flat(value: Mapping[str, Any], *, within: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, each in value.items():
        path = f"{within}{name}"
        found |= _flat(each, within=f"{path}.") if isinstance(each, Mapping) and each else {path: each}
    return found
