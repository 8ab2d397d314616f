"""ML Development's JSON Schemas: what a manifest of a family may say."""

from typing import Annotated, Any, Final

import orjson
from fastapi import Path
from starlette.responses import Response

from libs.contracts.manifests.families import manifest_schema
from services.gateway.inbound.faces.ml_development.face import FACE, Reader
from services.gateway.inbound.faces.ml_development.words import FamilyWord
from services.gateway.inbound.http.strict_route import make_router

MEDIA_TYPE: Final = "application/json"
# A JSON Schema is an object or a boolean (2020-12, core, section 4.3).
SCHEMA: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            MEDIA_TYPE: {
                "schema": {"anyOf": [{"type": "object", "additionalProperties": True}, {"type": "boolean"}]},
                "example": {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": False},
            }
        }
    }
}
routes = make_router(prefix=f"{FACE.prefix}/schemas", tags=[FACE.tag("recipes")])


@routes.get(
    "/{model_family}",
    response_class=Response,
    summary="Get the schema of a family's manifests",
    response_description="A JSON Schema (2020-12) with descriptions and defaults.",
    responses=SCHEMA,
)
async def get_manifest_schema(
    model_family: Annotated[FamilyWord, Path(description="The family.", examples=["pricing"])], _: Reader
) -> Response:
    """Tell what a manifest may say: every key with its meaning, what is allowed and its default."""
    return Response(orjson.dumps(manifest_schema(model_family)), media_type=MEDIA_TYPE)
