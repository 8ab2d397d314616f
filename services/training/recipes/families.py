"""Which package makes the models of a family; it is loaded when a run asks for it."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from libs.contracts.recipes import Family as FamilyName
from services.training.recipes.family import Family

FAMILIES: Final[Mapping[FamilyName, str]] = {
    "pricing": "services.training.recipes.pricing.pricing:PRICING",
    "next_best_action": "services.training.recipes.next_best_action.next_best_action:NEXT_BEST_ACTION",
    "forecasting": "services.training.recipes.forecasting.forecasting:FORECASTING",
    "location_scoring": "services.training.recipes.location_scoring.location_scoring:LOCATION_SCORING",
}


def family_of(name: FamilyName) -> Family:
    """Return what makes the models of a family."""
    module, _, attribute = FAMILIES[name].partition(":")
    found: Family = getattr(import_module(module), attribute)
    return found
