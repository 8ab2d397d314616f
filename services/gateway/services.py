"""The gateway's wiring of the services that it asks over the bus."""

from dataclasses import dataclass

from libs.chassis.bus.port import Bus
from services.gateway.outbound.services_bus import InferenceBus, MarketplaceBus, TrainingBus
from services.gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The other services."""

    marketplace: MarketplaceBus
    training: TrainingBus
    inference: InferenceBus


def make_services(bus: Bus, settings: Settings) -> Services:
    """Wire them."""
    return Services(MarketplaceBus(bus), TrainingBus(bus), InferenceBus(bus, settings.predict_deadline, settings.range_deadline))
