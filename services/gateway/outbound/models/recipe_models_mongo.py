"""Lists of models of recipes, in the collection that models_mongo.py writes."""

from collections.abc import Sequence
from typing import Any, Final

from pymongo import ASCENDING

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.parts import Page, Part
from libs.contracts.recipes import FAMILIES
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.recipe_models import Standing
from services.gateway.domain.models.recipe_ports import RecipeModelFilter
from services.gateway.outbound.models.models_mongo import NEWEST_FIRST, model_of

OF_RECIPES: Final[dict[str, Any]] = {"spec.recipe_id": {"$type": "string"}}


class RecipeModelsMongo:
    """Implements the port RecipeModels."""

    def __init__(self, collection: Collection) -> None:
        self._models = collection

    async def prepare(self) -> None:
        """Make indexes: by family and standing, each by all the words that it may be, and by recipe."""
        for chosen in (("spec.family", "standing"), ("spec.recipe_id",)):
            fields = [(field, ASCENDING) for field in ("account_id", "deleted_at", *chosen)]
            await self._models.create_index([*fields, *NEWEST_FIRST], partialFilterExpression=OF_RECIPES)

    async def find(self, wanted: RecipeModelFilter, part: Part) -> Page[Model]:
        """Return a part of them, the newest first."""
        query: dict[str, Any] = {"account_id": wanted.account_id, "deleted_at": None}
        query |= {"spec.recipe_id": {"$eq": wanted.recipe_id, **OF_RECIPES["spec.recipe_id"]}} if wanted.recipe_id else OF_RECIPES
        query |= {"spec.family": _any_of([wanted.family] if wanted.family else FAMILIES)}
        query |= {"standing": _any_of([wanted.standing.value] if wanted.standing else [each.value for each in Standing])}
        return await read_part(self._models, query, part, order=NEWEST_FIRST, read=model_of, shown={"pending_events": 0})


def _any_of(words: Sequence[str]) -> str | dict[str, list[str]]:
    return words[0] if len(words) == 1 else {"$in": list(words)}
