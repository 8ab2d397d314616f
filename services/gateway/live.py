"""What sockets stand on, wired."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.routing import BaseRoute

from libs.chassis.process import Chassis
from services.gateway.domain.models.ports import Jobs
from services.gateway.domain.notices import Notices
from services.gateway.inbound.faces.model_builder.training_socket import training_socket
from services.gateway.inbound.live.door import Door
from services.gateway.inbound.live.hub import Hub
from services.gateway.outbound.notices_redis import NoticesRedis
from services.gateway.settings import Settings
from services.gateway.usecases.accounts.check_credential import CheckCredential


@dataclass(frozen=True, slots=True)
class LiveParts:
    """The routes of sockets, the hub that wakes them, and where a change is told for it."""

    routes: Sequence[BaseRoute]
    hub: Hub
    notices: Notices


def make_live(settings: Settings, chassis: Chassis, *, check: CheckCredential, jobs: Jobs) -> LiveParts:
    """Wire it."""
    notices = NoticesRedis(chassis.redis, namespace=settings.namespace)
    hub = Hub(notices, most_by_account=settings.sockets_per_account)
    return LiveParts([training_socket(jobs, hub, Door(check, settings.cors_origins))], hub, notices)
