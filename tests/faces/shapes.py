"""Comparing a real answer with a documented example: every documented key there, with the same JSON type."""

from collections.abc import Iterator
from typing import Any


def kind(value: Any) -> str:
    """Return a value's JSON type."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return {str: "string", list: "array", dict: "object", type(None): "null"}[type(value)]


def differences(example: Any, actual: Any, *, path: str = "$") -> Iterator[str]:
    """Yield where an answer is not as documented; `null` counts as a difference unless the example has it."""
    if example is None:
        return
    if kind(example) != kind(actual):
        yield f"{path} is {kind(actual)}, documented as {kind(example)}"
    elif isinstance(example, dict):
        yield from _of_objects(example, actual, path=path)
    elif isinstance(example, list):
        if not actual:
            yield f"{path} is empty"
        for number, inner in enumerate(actual):
            yield from differences(example[0], inner, path=f"{path}[{number}]")


def _of_objects(example: dict[str, Any], actual: dict[str, Any], *, path: str) -> Iterator[str]:
    for key, value in example.items():
        if key == "*":  # a map by feature, symbol and the like
            for name, inner in actual.items():
                yield from differences(value, inner, path=f"{path}.{name}")
        elif key not in actual:
            yield f"{path}.{key} is missing, documented as {kind(value)}"
        else:
            yield from differences(value, actual[key], path=f"{path}.{key}")
