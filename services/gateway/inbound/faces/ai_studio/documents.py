"""What AI Studio's routes say of the parameters that they read themselves, and of ids in their paths."""

from typing import Annotated, Any, Final

from fastapi import Path

from services.gateway.domain.errors import NotFoundError
from services.gateway.inbound.faces.ai_studio.examples import JOB_ID, MODEL_ID
from services.gateway.inbound.faces.ai_studio.examples_listings import LISTING_ID
from services.gateway.inbound.faces.ai_studio.examples_webhooks import DELIVERY_ID, WEBHOOK_ID
from services.gateway.inbound.faces.ai_studio.queries import PAGE_SIZE, PAGE_SIZE_MOST

ModelId = Annotated[str, Path(description="The model's id.", examples=[MODEL_ID])]
JobId = Annotated[str, Path(description="The training job's id.", examples=[JOB_ID])]
ListingId = Annotated[str, Path(description="The listing's id.", examples=[LISTING_ID])]
WebhookId = Annotated[str, Path(description="The webhook's id.", examples=[WEBHOOK_ID])]
DeliveryId = Annotated[str, Path(description="The delivery's id.", examples=[DELIVERY_ID])]


def query(name: str, description: str, **schema: Any) -> dict[str, Any]:
    """Return the OpenAPI part that describes a query parameter which the route reads itself; a string, if `schema` has no type."""
    schema = {"type": "string"} | schema
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


NO_PAGE: Final = NotFoundError("Invalid page: there are 3.", details={"page": ["The last page is 3."]})
PAGES: Final = [
    query("page", "Page number, from 1.", type="integer", minimum=1, default=1),
    query("page_size", "Results a page.", type="integer", minimum=1, maximum=PAGE_SIZE_MOST, default=PAGE_SIZE),
]
