"""Recipes, as stories make, change and are refused them."""

from typing import Any

from tests.gateway.studio.recipe_runs import answered, call
from tests.gateway.studio.world import User

SHIPPED = "recipe_pricing_base"


async def made(user: User, **changes: Any) -> dict[str, Any]:
    """Return a recipe that was just made."""
    body = {"name": "Shelf prices", "model_family": "pricing", "level": "client", "parent_id": None, "tags": ["shelf"], "manifest": {}}
    recipe: dict[str, Any] = await answered(user, "POST", "/recipes", body | changes)
    return recipe


async def refused(user: User, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Return how a request is refused."""
    answer = await call(user, method, path, body)
    return answer.status_code, answer.json()["detail"]


async def version(user: User, recipe_id: str, manifest: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a version that was just added."""
    found: dict[str, Any] = await answered(user, "POST", f"/recipes/{recipe_id}/versions", {"manifest_json": manifest} | more)
    return found
