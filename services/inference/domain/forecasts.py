"""Answers in levels: a model says changes from the latest candle, whatever its level; who asks wants the price, or volume, to come."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from services.inference.domain.ports import Explained, Floats, Model, Served

NO_LEVEL: Final = "The latest {} is not above zero, or not known: nothing can be told of its change."
Said = TypeVar("Said", bound=Served)


def given_level(model: Model, values: Sequence[float]) -> float | None:
    """Return the level that a model's change is told from, where the features that somebody gives have it; else None."""
    if model.level is None:
        return None
    name = model.level if model.level == "volume" else f"price_{model.level}"
    return float(values[model.features.index(name)]) if name in model.features[: len(values)] else None


def in_prices(said: Said, close: Floats) -> Said:
    """Return what was said of changes from `close` (rows,), or from another column, in levels, to which base and contributions add up."""
    column = close[:, None]
    changes: dict[str, Any] = {"outputs": column * (1 + said.outputs)}
    if said.interval is not None:
        changes["interval"] = column * (1 + said.interval)
    if isinstance(said, Explained):
        changes |= {"contributions": column * said.contributions, "base": close * (1 + said.base)}
        if said.interactions is not None:
            changes["interactions"] = close[:, None, None] * said.interactions
    return replace(said, **changes)
