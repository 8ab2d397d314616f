"""AI Studio's dashboard."""

from typing import Annotated, Any

from fastapi import APIRouter

from services.gateway.inbound.faces.ai_studio.answers_dashboard import DashboardOut
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Reader
from services.gateway.inbound.faces.ai_studio.translate_dashboard import dashboard_out
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.show_dashboard import ShowDashboard


def make_dashboard_routes(show: ShowDashboard) -> APIRouter:
    """Return the route `/api/ai-studio/analytics/dashboard/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])

    @routes.get("/analytics/dashboard/", summary="Get your dashboard", response_description="Counts, recent activity and the portfolio.")
    async def get_dashboard(caller: Reader) -> Annotated[dict[str, Any], ShownAs(DashboardOut)]:
        """Say what the caller's models and trainings come to, from the caller's own data alone."""
        return dashboard_out(await show(caller))

    return routes
