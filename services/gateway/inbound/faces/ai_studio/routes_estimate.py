"""AI Studio's estimate of a training, before it is started."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter

from services.gateway.domain.model_errors import ModelNotFoundError
from services.gateway.domain.studio_ports import Clock, Models
from services.gateway.inbound.faces.ai_studio.answers_estimate import TrainingEstimated
from services.gateway.inbound.faces.ai_studio.documents import ModelId
from services.gateway.inbound.faces.ai_studio.examples import MODEL_ID
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Owner, check_model_id
from services.gateway.inbound.faces.ai_studio.translate_estimate import training_estimated
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.estimate_training import EstimateTraining


@dataclass(frozen=True, slots=True)
class EstimateUseCases:
    """What the route of estimates calls."""

    models: Models
    estimate: EstimateTraining
    clock: Clock


def make_estimate_routes(use: EstimateUseCases) -> APIRouter:
    """Return the route `/api/ai-studio/models/{model_id}/estimate/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])

    @routes.get(
        "/models/{model_id}/estimate/",
        summary="Estimate a training",
        response_description="Time and cost of the model's next training, and how sure they are.",
        responses=refused(FACE, ModelNotFoundError(MODEL_ID)),
    )
    async def estimate_training(model_id: ModelId, caller: Owner) -> Annotated[dict[str, Any], ShownAs(TrainingEstimated)]:
        """From past jobs with this algorithm, scaled by size: nothing is started or set aside."""
        model = await use.models.get(check_model_id(model_id), account_id=caller.account_id)
        return training_estimated(model.id, await use.estimate(model), at=use.clock())

    return routes
