"""The web UI, wired."""

from libs.chassis.process import Chassis
from libs.chassis.single_flight import SingleFlight
from services.gateway.inbound.http.app import Served
from services.gateway.inbound.pages.renewing import Renewing
from services.gateway.inbound.pages.served import serve_pages
from services.gateway.inbound.pages.session import Seals
from services.gateway.inbound.pages.showing import Pages
from services.gateway.outbound.accounts.once_redis import OnceRedis
from services.gateway.settings import Settings


def make_pages(settings: Settings, chassis: Chassis) -> Served:
    """Wire it."""
    seals = Seals([secret for _, secret in settings.jwt_keys])
    renewing = Renewing(OnceRedis(chassis.redis, namespace=settings.namespace), seals, SingleFlight())
    return serve_pages(Pages(seals, renewing, settings.refresh_token_life))
