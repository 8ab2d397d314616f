"""Recipes: how a model of a family is made, in levels that inherit; told whenever one of them changes."""

from typing import ClassVar, Final, Literal, get_args

from pydantic import Field

from libs.contracts.envelope import Event

Family = Literal["pricing", "next_best_action", "location_scoring", "forecasting"]
Level = Literal["baseline", "industry", "client"]
RecipeStatus = Literal["draft", "approved", "archived"]
FAMILIES: Final[tuple[Family, ...]] = get_args(Family)
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
"""From the foundation to what one client has of its own: a recipe's parent stands before it."""
RECIPE_STATUSES: Final[tuple[RecipeStatus, ...]] = get_args(RecipeStatus)
FAMILY_MEANINGS: Final[dict[Family, str]] = {
    "pricing": "Price elasticities of products, and the price that earns the most within bounds.",
    "next_best_action": "Which action, if any, changes what a customer does: uplift of each, and a policy.",
    "location_scoring": "What a site is worth by what is around it, validated by blocks of space.",
    "forecasting": "Demand of many series in levels that add up, with intervals.",
}


class RecipeChanged(Event):
    """A recipe of an account is not as it was: carries it as it is now, and its newest version."""

    topic: ClassVar[str] = "recipe.changed"
    key_field: ClassVar[str] = "recipe_id"

    recipe_id: str
    account_id: str
    # No enumerations: a reader of an older release must be able to read a word that it does not know.
    change: str = Field(description="created, updated, version_added, approved, archived or deleted.")
    name: str
    model_family: str = Field(description="pricing, next_best_action, location_scoring or forecasting.")
    level: str = Field(description="baseline, industry or client.")
    status: str = Field(description="draft, approved or archived.")
    parent_id: str | None = Field(description="The recipe that it inherits from; null where it stands by itself.")
    tags: tuple[str, ...] = ()
    version_id: str = Field(description="Its newest version.")
    version_number: str = Field(description="The newest version's semantic number.", examples=["1.1.0"])
