"""Forecasts in prices: a forecaster says returns from the latest close, whatever its level; who asks wants the close to come."""

from dataclasses import replace
from typing import Any, TypeVar

from services.inference.domain.ports import Explained, Floats, Served

Said = TypeVar("Said", bound=Served)


def in_prices(said: Said, close: Floats) -> Said:
    """Return what was said of simple returns from `close` (rows,) in prices; base value plus contributions is then the forecast close."""
    column = close[:, None]
    changes: dict[str, Any] = {"outputs": column * (1 + said.outputs)}
    if said.interval is not None:
        changes["interval"] = column * (1 + said.interval)
    if isinstance(said, Explained):
        changes |= {"contributions": column * said.contributions, "base": close * (1 + said.base)}
        if said.interactions is not None:
            changes["interactions"] = close[:, None, None] * said.interactions
    return replace(said, **changes)
