"""What of the gateway's wiring shows health and alerts."""

import asyncio
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry

from libs.chassis.bus.broker_probe import broker_answers
from libs.chassis.bus.connection import ssl_context_of
from libs.chassis.liveness.fleet import fleet_samples
from libs.chassis.liveness.host import HOST_NETWORK, HOST_USED
from libs.chassis.liveness.samples import Sample
from libs.chassis.process import Chassis
from libs.chassis.stores.artifact_store import is_folder
from libs.contracts.envelope import now
from services.gateway.accounts import Stores
from services.gateway.inbound.faces.model_builder.training_socket import TRAININGS
from services.gateway.inbound.faces.trading_ai.monitoring import AlertUseCases
from services.gateway.outbound.health_probes import MongoProbe, PastHourMongo, RedisProbe
from services.gateway.outbound.host_space import HostSpacePsutil
from services.gateway.outbound.services_bus import MonitoringBus
from services.gateway.settings import Settings
from services.gateway.usecases.show_health import Looks, ShowHealth
from services.gateway.usecases.show_text_service import ShowTextService, TextLooks

# The artifact that no store has: of whoever can say so, the store can be reached.
NOTHING: Final = "0" * 64


def make_monitoring(settings: Settings, chassis: Chassis, stores: Stores) -> tuple[Any, ...]:
    """Return the use cases; the view of alerts is among the stores."""
    past = PastHourMongo(chassis.database)
    looks = Looks(
        mongodb=MongoProbe(chassis.database),
        redis=RedisProbe(chassis.redis),
        kafka=partial(broker_answers, settings.kafka_bootstrap, security=ssl_context_of(settings)),
        instances=stores.fleet.all,
        young_letters=past.young_letters,
        alerts=stores.alerts.not_over,
        jobs=past.jobs,
        samples=partial(fleet_samples, chassis.redis, settings.namespace),
        own_samples=partial(_own_samples, chassis.registry),
    )
    texts = TextLooks(
        storage=partial(asyncio.to_thread, chassis.artifacts.has, NOTHING),
        samples=looks.samples,
        active=partial(past.running, TRAININGS),
        host=HostSpacePsutil(Path(urlsplit(settings.artifacts_url).path) if is_folder(settings.artifacts_url) else Path("/")),
        began=chassis.pulse.started_at,
    )
    return ShowTextService(texts, now), ShowHealth(looks, now), AlertUseCases(stores.alerts, MonitoringBus(chassis.bus), stores.accounts)


def _own_samples(registry: CollectorRegistry) -> Iterable[Sample]:
    """Return what this process has measured of its host, which is there without any store."""
    return [sample for family in registry.restricted_registry([HOST_USED, HOST_NETWORK]).collect() for sample in family.samples]
