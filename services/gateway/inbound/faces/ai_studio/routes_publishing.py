"""AI Studio's models go to the marketplace and leave it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, status

from libs.chassis.bus import AskRefusedError
from libs.chassis.errors import ErrorKind, InvalidError
from services.gateway.domain.listing_errors import NoListingError
from services.gateway.domain.model_errors import ModelNotFoundError
from services.gateway.inbound.faces.ai_studio.answers_listings import Published, PublishIn, Unpublished
from services.gateway.inbound.faces.ai_studio.documents import ModelId
from services.gateway.inbound.faces.ai_studio.examples import MODEL_ID
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.reading_listings import PRICE_RULE, read_offer
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Writer, check_model_id
from services.gateway.inbound.faces.ai_studio.translate_listings import published, unpublished
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.publish_model import Publish, Unpublish

NOT_LIKE_THIS: Final = InvalidError("The model cannot be published like this: see monthly_price.", details={"monthly_price": [PRICE_RULE]})
LISTED_ALREADY: Final = AskRefusedError(
    "The model has a listing that is in review or on sale already: withdraw it before you publish the model anew.",
    kind=ErrorKind.CONFLICT,
    code="already_listed",
)


@dataclass(frozen=True, slots=True)
class PublishingUseCases:
    """What the routes of publishing call."""

    publish: Publish
    unpublish: Unpublish
    clock: Callable[[], datetime]
    synthetic_allowed: bool


def make_publishing_routes(use: PublishingUseCases) -> APIRouter:
    """Return the routes `publish/` and `unpublish/` of a model."""
    routes = make_router(prefix=PREFIX, tags=[TAG])

    @routes.post(
        "/models/{model_id}/publish/",
        status_code=status.HTTP_201_CREATED,
        summary="Publish a model",
        response_description="The listing was submitted.",
        responses=refused(FACE, NOT_LIKE_THIS, ModelNotFoundError(MODEL_ID), LISTED_ALREADY, 504),
    )
    @starts_work
    async def publish_model(
        model_id: ModelId, body: Annotated[Any, Body(), ShownAs(PublishIn)], caller: Writer, work: CurrentWork
    ) -> Annotated[dict[str, Any], ShownAs(Published)]:
        """Submit the version that serves to the marketplace's reviewers; the platform measures its record anew."""
        check_model_id(model_id)
        offer = read_offer(body, today=use.clock().date(), synthetic_allowed=use.synthetic_allowed)
        return published(await use.publish(model_id, caller=caller, offer=offer, work=work))

    @routes.post(
        "/models/{model_id}/unpublish/",
        summary="Withdraw a model from the marketplace",
        response_description="The listing is withdrawn.",
        responses=refused(FACE, NoListingError(), ModelNotFoundError(MODEL_ID), 504),
    )
    async def unpublish_model(model_id: ModelId, caller: Writer) -> Annotated[dict[str, Any], ShownAs(Unpublished)]:
        """Nobody can subscribe any more; who has subscribed keeps the time that is paid. Withdrawing twice changes nothing."""
        return unpublished(await use.unpublish(check_model_id(model_id), account_id=caller.account_id))

    return routes
