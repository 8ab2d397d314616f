"""The events, for their readers: the AsyncAPI document and its page."""

from functools import cache
from typing import Annotated, Any

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, JSONResponse

from libs.contracts.envelope import JsonObject
from services.gateway.inbound.faces.platform.asyncapi_page import asyncapi_page
from services.gateway.inbound.faces.platform.face import FACE
from services.gateway.inbound.http.documents import Readers
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import make_router

Use = Annotated[Readers, used(Readers)]
routes = make_router(tags=[FACE.tag("events")])


@cache
def document() -> dict[str, Any]:
    """Return the document, made once: anybody may ask for it, as often as they like."""
    # Imported here: it has an example of every message, a fifth of a second for each start.
    from libs.contracts.asyncapi import asyncapi_document  # noqa: PLC0415 - see above

    return asyncapi_document()


page = cache(lambda: asyncapi_page(document()))


class EventsDocument(BaseModel):
    """An AsyncAPI document."""

    model_config = ConfigDict(extra="allow")

    asyncapi: str = Field(description="The version of AsyncAPI.", examples=["3.0.0"])
    info: JsonObject = Field(description="What it is about.", examples=[{"title": "Modelbourse events", "version": "0.1.0"}])
    channels: JsonObject = Field(description="The topics, by name.", examples=[{"training.completed": {"address": "training.completed"}}])
    operations: JsonObject = Field(description="Who sends what, and who hears it.", examples=[{}])
    components: JsonObject = Field(description="Messages and their schemas.", examples=[{}])


@routes.get("/asyncapi.json", summary="The events, as an AsyncAPI 3 document", responses={200: {"model": EventsDocument}})
async def get_asyncapi(request: Request, readers: Use) -> Response:
    """Generate it from the contracts."""
    await readers.check_docs(request)
    return JSONResponse(document())


@routes.get(
    "/asyncapi",
    summary="The events, to read",
    response_class=HTMLResponse,
    responses={200: {"content": {"text/html": {"example": "<!doctype html><title>Modelbourse events</title>…"}}}},
)
async def get_asyncapi_page(request: Request, readers: Use) -> Response:
    """One page, without anything from elsewhere."""
    await readers.check_docs(request)
    return HTMLResponse(page())
