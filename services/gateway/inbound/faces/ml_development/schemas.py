"""ML Development's JSON Schemas: what a manifest of a family may say."""

from typing import Annotated, Any, Final

from fastapi import Path

from libs.contracts.manifests.families import manifest_schema
from services.gateway.inbound.faces.ml_development.face import FACE, Reader
from services.gateway.inbound.faces.ml_development.words import FamilyWord
from services.gateway.inbound.http.strict_route import make_router

EXAMPLE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/json": {"example": {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}}}}
}
routes = make_router(prefix=f"{FACE.prefix}/schemas", tags=[FACE.tag("recipes")])


@routes.get(
    "/{model_family}",
    summary="Get the schema of a family's manifests",
    response_description="A JSON Schema (2020-12) with descriptions and defaults.",
    responses=EXAMPLE,
)
async def get_manifest_schema(
    model_family: Annotated[FamilyWord, Path(description="The family.", examples=["pricing"])], _: Reader
) -> dict[str, Any]:
    """Tell what a manifest may say once it is resolved: every key with its meaning, what is allowed and its default."""
    return manifest_schema(model_family)
