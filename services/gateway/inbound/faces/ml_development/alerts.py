"""ML Development's alerts of all models of an account."""

from typing import Annotated

from starlette.requests import Request

from modelbourse.answers.ml_development import monitoring as answers
from services.gateway.inbound.faces.ml_development.face import FACE, PAGES, Reader
from services.gateway.inbound.faces.ml_development.monitoring_answers import open_alert_of
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.monitoring.use_cases import MonitoringUseCases

Use = Annotated[MonitoringUseCases, used(MonitoringUseCases)]
routes = make_router(prefix=f"{FACE.prefix}/alerts", tags=[FACE.tag("monitoring")])


@routes.get(
    "",
    summary="List the open alerts of all models",
    response_description="A part of the list, those that do most harm first.",
    openapi_extra={"parameters": PAGES.parameters},
)
async def list_open_ml_alerts(request: Request, caller: Reader, use: Use) -> answers.MlOpenAlerts:
    """Show what is open of all your models, of every kind, each with its model: what was lost first, then by its harm."""
    page = await use.open_alerts(caller.account_id, PAGES.read(request))
    return answers.MlOpenAlerts(alerts=[open_alert_of(model, each) for model, each in page.items], total=page.count)
