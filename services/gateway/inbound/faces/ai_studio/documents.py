"""What AI Studio's routes say of the parameters that they read themselves, and of ids in their paths."""

from typing import Annotated, Final

from fastapi import Path

from libs.chassis.errors import InvalidError
from libs.contracts.ids import is_id
from modelbourse.answers.answer import JOB_ID, MODEL_ID
from modelbourse.answers.market import LISTING_ID
from modelbourse.answers.webhooks import DELIVERY_ID, WEBHOOK_ID
from services.gateway.domain.errors import NotFoundError
from services.gateway.domain.marketplace.listing_errors import ListingNotFoundError
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.http.refusals import refused

ModelId = Annotated[str, Path(description="The model's id.", examples=[MODEL_ID])]
JobId = Annotated[str, Path(description="The training job's id.", examples=[JOB_ID])]
ListingId = Annotated[str, Path(description="The listing's id.", examples=[LISTING_ID])]
WebhookId = Annotated[str, Path(description="The webhook's id.", examples=[WEBHOOK_ID])]
DeliveryId = Annotated[str, Path(description="The delivery's id.", examples=[DELIVERY_ID])]

NO_LISTING: Final = ListingNotFoundError(LISTING_ID)
NO_PAGE: Final = NotFoundError("Invalid page: there are 3.", details={"page": ["The last page is 3."]})
NO_SUCH_PAGE: Final = refused(
    FACE,
    InvalidError("The list cannot be paged like this.", details={"page_size": ["Must be a whole number from 1 to 100."]}),
    NO_PAGE,
)


def check_model_id(model_id: str) -> str:
    """Return the id. Raise ModelNotFoundError for what cannot be one."""
    if not is_id(model_id, prefix="model"):
        raise ModelNotFoundError(model_id)
    return model_id


def check_listing_id(listing_id: str) -> str:
    """Return the id. Raise ListingNotFoundError for what cannot be one."""
    if not is_id(listing_id, prefix="listing"):
        raise ListingNotFoundError(listing_id)
    return listing_id
