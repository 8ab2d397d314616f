"""What of the gateway's wiring lets operators see: metrics of what waits, and the page of the whole platform."""

from functools import partial

from libs.chassis.liveness.fleet import fleet_samples
from libs.chassis.process import Chassis
from libs.chassis.stores.outbox import Relay
from libs.chassis.stores.outbox_measure import outbox_measure
from services.gateway.accounts import Stores
from services.gateway.inbound.postman import ATTEMPTS
from services.gateway.outbound.measures import letters_measure, webhooks_measure
from services.gateway.settings import Settings
from services.gateway.usecases.show_platform import ShowPlatform


def measure(chassis: Chassis, relay: Relay) -> None:
    """Show what waits among the metrics."""
    registry, database = chassis.registry, chassis.database
    registry.register(ATTEMPTS)
    chassis.measures.extend(
        [
            outbox_measure(relay.collections, registry=registry),
            webhooks_measure(database, registry=registry),
            letters_measure(database, registry=registry),
        ]
    )


def show_platform(settings: Settings, chassis: Chassis, stores: Stores) -> ShowPlatform:
    """Return the use case of `/admin/platform`."""
    read = partial(fleet_samples, chassis.redis, settings.namespace)
    return ShowPlatform(stores.fleet, stores.letters, read, settings.profile)
