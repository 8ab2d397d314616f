"""Model Builder's health and status: from facts alone."""

from collections.abc import Mapping
from typing import Annotated, Final

from modelbourse.answers.builder.health import VERSION, BuilderDependencies, BuilderHealth, BuilderStatus
from services.gateway.domain.text_service import Space, TextServiceFacts
from services.gateway.inbound.faces.model_builder.envelope import make_routes, says
from services.gateway.inbound.faces.model_builder.words import bytes_in_words, duration_in_words
from services.gateway.inbound.http.security import OPEN, used
from services.gateway.inbound.http.strict_route import open_as_documented
from services.gateway.usecases.show_text_service import ShowTextService

# What this face calls what is not known.
FIELDS: Final[Mapping[str, str]] = {
    "mlflow": "dependencies.mlflow",
    "gpus": "dependencies.gpu",
    "trains": "dependencies.training",
    "storage": "dependencies.storage",
}
Use = Annotated[ShowTextService, used(ShowTextService)]
routes = make_routes("health")


@routes.get("/health", summary="Does the service work?", response_description="The service is healthy", openapi_extra=OPEN)
@open_as_documented()
@says(lambda health: f"The service is {health.status}")
async def get_builder_health(show: Use) -> BuilderHealth:
    """Look at what it stands on."""
    return health_of(await show())


@routes.get("/status", summary="What does the service do?", response_description="Status retrieved successfully", openapi_extra=OPEN)
@open_as_documented()
async def get_builder_status(show: Use) -> BuilderStatus:
    """Tell what runs, and what its host has."""
    return status_of(await show())


def health_of(facts: TextServiceFacts) -> BuilderHealth:
    """Return facts as the document's health."""
    return BuilderHealth(
        status=facts.health,
        timestamp=facts.at,
        version=VERSION,
        dependencies=BuilderDependencies(
            mlflow=facts.mlflow,
            gpu=None if facts.gpus is None else ("available" if facts.gpus else "not available"),
            storage="accessible" if facts.storage else "unreachable",
            training=None if facts.trains is None else ("connected" if facts.trains else "unreachable"),
        ),
        reasons={FIELDS[name]: why for name, why in facts.reasons.items() if name in FIELDS},
    )


def status_of(facts: TextServiceFacts) -> BuilderStatus:
    """Return facts as the document's status."""
    known = {"gpu_utilization": "gpu_used", "active_training_jobs": "active"}
    return BuilderStatus(
        service="sentiment-model-builder",
        version=VERSION,
        uptime=duration_in_words(facts.uptime_s),
        active_training_jobs=facts.active,
        gpu_utilization=None if facts.gpu_used is None else round(facts.gpu_used, 1),
        memory_usage=_share(facts.memory),
        disk_usage=_share(facts.disk),
        reasons={name: facts.reasons[fact] for name, fact in known.items() if fact in facts.reasons},
    )


def _share(space: Space) -> str:
    return f"{bytes_in_words(space.used)} / {bytes_in_words(space.total)}"
