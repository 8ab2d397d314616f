"""AI Studio's models are archived and restored."""

from typing import Annotated, Any, Final

from fastapi import APIRouter

from services.gateway.domain.account import Tier
from services.gateway.domain.model_errors import ModelBusyError, ModelNotFoundError
from services.gateway.domain.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.inbound.faces.ai_studio.answers import ModelDetails
from services.gateway.inbound.faces.ai_studio.documents import ModelId
from services.gateway.inbound.faces.ai_studio.examples import JOB_ID, MODEL_ID
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Writer, check_model_id
from services.gateway.inbound.faces.ai_studio.translate import model_details
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_route import make_router, starts_work
from services.gateway.usecases.archive_model import ArchiveModel

FULL: Final = TierLimits(DEFAULTS).refusal(Limit.MODELS, tier=Tier.FREE)


def make_archiving_routes(archive: ArchiveModel) -> APIRouter:
    """Return the routes `archive/` and `restore/` of a model."""
    routes = make_router(prefix=PREFIX, tags=[TAG])

    @routes.post(
        "/models/{model_id}/archive/",
        summary="Archive a model",
        response_description="The model, archived.",
        responses=refused(FACE, ModelNotFoundError(MODEL_ID), ModelBusyError(JOB_ID)),
    )
    @starts_work
    async def archive_model(model_id: ModelId, caller: Writer) -> Annotated[dict[str, Any], ShownAs(ModelDetails)]:
        """Put it away: it keeps all that it has, and makes room for another. Not while it trains, is in review or on sale."""
        return model_details(await archive(check_model_id(model_id), caller=caller))

    @routes.post(
        "/models/{model_id}/restore/",
        summary="Restore an archived model",
        response_description="The model, in use as it was.",
        responses=refused(FACE, ModelNotFoundError(MODEL_ID), FULL),
    )
    @starts_work
    async def restore_model(model_id: ModelId, caller: Writer) -> Annotated[dict[str, Any], ShownAs(ModelDetails)]:
        """Take it back into use, where the tier has room for it; a model that is in use stays as it is."""
        return model_details(await archive.restore(check_model_id(model_id), caller=caller))

    return routes
