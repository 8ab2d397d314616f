"""Model Builder's health: from facts alone."""

from dataclasses import dataclass
from typing import Annotated, Final

from libs.contracts.envelope import now
from modelbourse.answers.builder.health import VERSION, BuilderDependencies, BuilderHealth
from services.gateway.inbound.faces.model_builder.envelope import make_routes
from services.gateway.inbound.http.security import OPEN, used
from services.gateway.inbound.http.strict_route import open_as_documented

WELL: Final = "It was looked at."


@dataclass(frozen=True, slots=True)
class BuilderFacts:
    """What health is told from."""


Use = Annotated[BuilderFacts, used(BuilderFacts)]
routes = make_routes("health")


@routes.get("/health", summary="Does the service work?", response_description=WELL, openapi_extra=OPEN)
@open_as_documented()
async def get_builder_health(_: Use) -> BuilderHealth:
    """Look at what it stands on."""
    return BuilderHealth(status="healthy", timestamp=now(), version=VERSION, dependencies=BuilderDependencies(storage="accessible"))
