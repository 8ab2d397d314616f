"""What a trained model rests on: its features by importance; and the plots of a version."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from libs.contracts.training import Plot
from services.gateway.domain.model_errors import ModelNotFoundError, PlotMissingError
from services.gateway.domain.studio_ports import Models
from services.gateway.inbound.faces.ai_studio.answers import FeatureImportance
from services.gateway.inbound.faces.ai_studio.documents import ModelId
from services.gateway.inbound.faces.ai_studio.examples import MODEL_ID
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.importance import feature_importance
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Owner, check_model_id
from services.gateway.inbound.http.conditional import HEADERS, PARAMETER, SAME, has, kept_answer
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.show_plot import ShowPlot

PNG: Final = "image/png"
PICTURE: Final[dict[str, Any]] = {
    "description": "The picture.",
    "headers": HEADERS,
    "content": {PNG: {"schema": {"type": "string", "format": "binary"}, "example": "the bytes of a PNG file"}},
}
NO_PLOT: Final = refused(FACE, PlotMissingError("Version 1.0 has no such plot: it was trained before plots were drawn."))
ABOUT: Final = {
    Plot.FEATURE_IMPORTANCE: ("Plot a model's feature importance", "Bars: each feature's share of the mean |SHAP value|, out of sample."),
    Plot.SHAP_SUMMARY: (
        "Plot a model's SHAP values",
        "A beeswarm for each class, or for the predicted value: a dot is a row out of sample, its colour the feature's value.",
    ),
    Plot.EQUITY: (
        "Plot a model's equity and drawdown",
        "Equity after costs and how far it fell from its peak, on the test part, bar by bar, beside buy and hold of the same symbols.",
    ),
}


@dataclass(frozen=True, slots=True)
class ImportanceUseCases:
    """What these routes call."""

    models: Models
    show: ShowPlot


def make_importance_routes(use: ImportanceUseCases) -> APIRouter:
    """Return `/models/{model_id}/feature-importance/` and `/models/{model_id}/plots/….png`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])

    @routes.get(
        "/models/{model_id}/feature-importance/",
        summary="Get a model's feature importance",
        response_description="Features of the version that serves, the most important first, and where their plots are.",
        responses=refused(FACE, ModelNotFoundError(MODEL_ID)),
    )
    async def get_feature_importance(model_id: ModelId, caller: Owner) -> Annotated[dict[str, Any], ShownAs(FeatureImportance)]:
        """Shares of the mean |SHAP value| over rows that the model was not trained on; what is null has its reason under `reasons`."""
        return feature_importance(await use.models.get(check_model_id(model_id), account_id=caller.account_id))

    for plot in Plot:
        _add_plot(routes, use, plot)
    return routes


def _add_plot(routes: APIRouter, use: ImportanceUseCases, plot: Plot) -> None:
    summary, description = ABOUT[plot]

    @routes.get(
        f"/models/{{model_id}}/plots/{plot}.png",
        summary=summary,
        description=f"{description} Of the version that serves; keep it, and ask again with `If-None-Match`.",
        name=f"get_{plot.name.lower()}_plot",
        response_class=Response,
        responses={200: PICTURE, 304: SAME, **NO_PLOT},
        openapi_extra={"parameters": [PARAMETER]},
    )
    async def get_plot(request: Request, model_id: ModelId, caller: Owner) -> Response:
        shown = await use.show(check_model_id(model_id), account_id=caller.account_id, plot=plot, has=partial(has, request))
        return kept_answer(shown.png, sha256=shown.sha256, media_type=PNG)
