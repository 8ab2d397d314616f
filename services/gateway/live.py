"""What sockets stand on, wired."""

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import Gauge
from starlette.routing import BaseRoute

from libs.chassis.process import Chassis
from libs.chassis.single_flight import SingleFlight
from services.gateway.domain.jobs.watch import WatchedJobs
from services.gateway.domain.notices import Notices
from services.gateway.inbound.faces.model_builder.training_socket import training_socket
from services.gateway.inbound.faces.platform.face import FACE
from services.gateway.inbound.faces.platform.jobs_socket import jobs_socket
from services.gateway.inbound.live.door import Door
from services.gateway.inbound.live.hub import Hub
from services.gateway.inbound.live.watching import Watching
from services.gateway.outbound.notices_redis import NoticesRedis
from services.gateway.settings import Settings
from services.gateway.usecases.accounts.check_credential import CheckCredential


@dataclass(frozen=True, slots=True)
class LiveParts:
    """The routes of sockets, the hub that wakes them, and where a change is told for it."""

    routes: Sequence[BaseRoute]
    hub: Hub
    notices: Notices


def make_live(settings: Settings, chassis: Chassis, *, check: CheckCredential, jobs: WatchedJobs) -> LiveParts:
    """Wire it."""
    notices = NoticesRedis(chassis.redis, namespace=settings.namespace)
    hub = Hub(notices, most_by_account=settings.sockets_per_account)
    sockets = Gauge("modelbourse_live_sockets", "Sockets by which accounts follow jobs on this gateway.", registry=chassis.registry)
    sockets.set_function(lambda: hub.sockets)
    watching = Watching(hub, Door(check, settings.cors_origins), FACE, jobs, SingleFlight())
    return LiveParts([training_socket(watching), jobs_socket(watching)], hub, notices)
