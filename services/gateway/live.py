"""What sockets stand on, wired."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from prometheus_client import Gauge
from starlette.routing import BaseRoute

from libs.chassis.bus.handlers import Facts
from libs.chassis.process import Chassis
from libs.chassis.single_flight import SingleFlight
from libs.contracts.alerts import AlertAcknowledged
from libs.contracts.analyses import SignalGenerated
from libs.contracts.deployments import ModelDeployed
from libs.contracts.envelope import Event, now
from libs.contracts.monitoring import AlertRaised, AlertResolved
from services.gateway.domain.broadcasts import Broadcasts
from services.gateway.domain.jobs.watch import WatchedJobs
from services.gateway.domain.notices import Notices
from services.gateway.domain.webhooks.webhook import DELIVERED_WITHIN
from services.gateway.inbound.events.notify import Notify, then
from services.gateway.inbound.faces.ai_studio.notices import ADMIN_EVENT_NAMES, EVENT_NAMES, live_events_of
from services.gateway.inbound.faces.model_builder.export_socket import export_socket
from services.gateway.inbound.faces.model_builder.face import LOOKERS
from services.gateway.inbound.faces.model_builder.training_socket import training_socket
from services.gateway.inbound.faces.platform.face import FACE
from services.gateway.inbound.faces.platform.jobs_socket import jobs_socket
from services.gateway.inbound.faces.trading_ai.live import SignalsSocket, broadcast_of
from services.gateway.inbound.live.door import Door
from services.gateway.inbound.live.hub import Hub
from services.gateway.inbound.live.stage import Stage
from services.gateway.inbound.live.watching import Watching
from services.gateway.outbound.broadcasts_redis import BroadcastsRedis
from services.gateway.outbound.notices_redis import NoticesRedis
from services.gateway.settings import Settings
from services.gateway.usecases.accounts.check_credential import CheckCredential
from services.gateway.usecases.datasets.find_own import FindOwn

AlertEvent: TypeAlias = AlertRaised | AlertAcknowledged | AlertResolved


@dataclass(frozen=True, slots=True)
class LiveParts:
    """The routes of sockets, the hub that wakes them, and where a change is told for it."""

    routes: Sequence[BaseRoute]
    hub: Hub
    notices: Notices
    stage: Stage
    broadcasts: Broadcasts

    async def tell(self, event: Event) -> None:
        """Have every gateway tell its sockets of an event."""
        if broadcast := broadcast_of(event):
            await self.broadcasts.publish(broadcast)

    def telling(self, notify: Notify) -> Notify:
        """Return what tells of an account's event: webhooks by `notify`, then whoever listens live."""

        async def tell(event: Event) -> None:
            if now() - event.occurred_at > DELIVERED_WITHIN:
                return  # Old news, which a replay of events brings: webhooks are not told of it either.
            for broadcast in live_events_of(event):
                await self.broadcasts.publish(broadcast)

        return then(tell, notify)

    def bind(self, facts: Facts, *, notify: Notify, keep_alert: Callable[[AlertEvent], Awaitable[object]]) -> None:
        """Listen to what is broadcast: an alert is kept first, then webhooks are told by `notify`, then whoever listens live."""
        facts.on(SignalGenerated)(self.tell)
        facts.on(ModelDeployed)(then(self.tell, notify))

        async def on_alert(event: AlertEvent) -> None:
            await keep_alert(event)
            await notify(event)
            await self.tell(event)

        facts.on(AlertRaised)(on_alert)
        facts.on(AlertAcknowledged)(on_alert)
        facts.on(AlertResolved)(on_alert)


def make_live(settings: Settings, chassis: Chassis, *, check: CheckCredential, jobs: WatchedJobs, own: FindOwn) -> LiveParts:
    """Wire it."""

    async def symbols_of(account_id: str) -> Collection[str]:
        return (await own(account_id)).candles

    notices = NoticesRedis(chassis.redis, namespace=settings.namespace)
    hub = Hub(notices, most_by_account=settings.sockets_per_account)
    broadcasts = BroadcastsRedis(chassis.redis, namespace=settings.namespace)
    stage = Stage(broadcasts)
    sockets = Gauge("modelbourse_live_sockets", "Sockets that follow jobs, signals or alerts on this gateway.", registry=chassis.registry)
    sockets.set_function(lambda: hub.sockets + stage.strangers)
    watching = Watching(hub, Door(check, settings.cors_origins), FACE, jobs, SingleFlight())
    signals = SignalsSocket(stage, watching, symbols_of, settings.anonymous == "documented", EVENT_NAMES, ADMIN_EVENT_NAMES)
    return LiveParts([*_builder_sockets(watching), jobs_socket(watching), signals.route], hub, notices, stage, broadcasts)


def _builder_sockets(watching: Watching) -> list[BaseRoute]:
    """Return Model Builder's: whoever may train or export may watch it."""
    looks = replace(watching, door=replace(watching.door, needs=LOOKERS))
    return [training_socket(looks), export_socket(looks)]
