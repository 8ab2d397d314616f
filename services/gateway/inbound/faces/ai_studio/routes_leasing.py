"""What listed models earn."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter

from libs.contracts.subscriptions import Leasing, ReadLeasing
from services.gateway.domain.model_errors import ModelNotFoundError
from services.gateway.domain.services import Marketplace
from services.gateway.domain.studio_ports import Models
from services.gateway.inbound.faces.ai_studio.answers_subscriptions import LeasingOut
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Reader
from services.gateway.inbound.faces.ai_studio.translate_subscriptions import leasing_out
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_route import make_router


@dataclass(frozen=True, slots=True)
class LeasingUseCases:
    """What these routes call."""

    marketplace: Marketplace
    models: Models

    async def names(self, leasing: Leasing, *, account_id: str) -> dict[str, str]:
        """Return the names of the models that earn, by id."""
        names = {}
        for model_id in {each.model_id for each in leasing.models}:
            with suppress(ModelNotFoundError):  # One from before this gateway's time goes by its listing's title.
                names[model_id] = (await self.models.get(model_id, account_id=account_id)).name
        return names


def make_leasing_routes(use: LeasingUseCases) -> APIRouter:
    """Return `/analytics/leasing/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])

    @routes.get(
        "/analytics/leasing/",
        summary="Get what your models have earned",
        response_description="Revenue by model and month, and what the platform's fees leave of it.",
        responses=refused(FACE, 504),
    )
    async def get_leasing(caller: Reader) -> Annotated[dict[str, Any], ShownAs(LeasingOut)]:
        """Of all models that the caller has ever had on sale; docs/guides/subscriptions.md defines the figures."""
        leasing = await use.marketplace.leasing(ReadLeasing(account_id=caller.account_id))
        return leasing_out(leasing, names=await use.names(leasing, account_id=caller.account_id))

    return routes
