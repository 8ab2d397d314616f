"""The only file that knows which adapter plays which port in the gateway; parts of it are platform.py, subscribing.py and webhooks.py."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI

from libs.chassis.bus.broker_probe import broker_answers
from libs.chassis.bus.connection import ssl_context_of
from libs.chassis.bus.dead_letters import DeadLetters
from libs.chassis.bus.handlers import Facts
from libs.chassis.bus.port import Bus
from libs.chassis.limits import RateLimits
from libs.chassis.process import Chassis
from libs.chassis.stores.indexes import asked_together
from libs.chassis.stores.migrations import migrate
from libs.chassis.stores.mongo import Database
from libs.chassis.stores.outbox import Relay
from libs.chassis.tasks import beside
from libs.contracts.envelope import now
from libs.contracts.monitoring import HealthChanged
from services.gateway.accounts import Stores, make_accounts, make_stores
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.repeats import Repeats
from services.gateway.engine import EngineParts, make_engine
from services.gateway.filing import FileParts, make_files
from services.gateway.inbound.faces.accounts import accounts, api_keys, log_ins
from services.gateway.inbound.faces.accounts.face import FACE as ACCOUNTS
from services.gateway.inbound.faces.accounts.face import TOKEN_FACE
from services.gateway.inbound.faces.admin.face import FACE as ADMIN
from services.gateway.inbound.faces.admin.served import ROUTES as ADMIN_ROUTES
from services.gateway.inbound.faces.ai_engine.served import SERVED as AI_ENGINE
from services.gateway.inbound.faces.ai_studio.notices import notices_of
from services.gateway.inbound.faces.ai_studio.served import SERVED as AI_STUDIO
from services.gateway.inbound.faces.ml_development.served import SERVED as ML_DEVELOPMENT
from services.gateway.inbound.faces.model_builder.served import SERVED as MODEL_BUILDER
from services.gateway.inbound.faces.platform import events, probes
from services.gateway.inbound.faces.platform.face import FACE as PLATFORM
from services.gateway.inbound.faces.trading_ai.served import SERVED as TRADING_AI
from services.gateway.inbound.housekeeping import Housework, keep_house
from services.gateway.inbound.http.app import Served, make_app
from services.gateway.inbound.http.cursors import Cursors
from services.gateway.inbound.http.documents import Readers
from services.gateway.inbound.http.face import Faces
from services.gateway.inbound.http.gate import GateParts
from services.gateway.inbound.http.limits import Rates
from services.gateway.inbound.http.meters import Meters
from services.gateway.inbound.http.uploads import Uploads
from services.gateway.inbound.refreshing import refresh_when_due
from services.gateway.inbound.retraining import retraining
from services.gateway.live import LiveParts, make_live
from services.gateway.monitoring import make_monitoring
from services.gateway.observing import measure, show_platform
from services.gateway.operating import Operating, make_operating
from services.gateway.outbound.models.files_artifacts import FilesArtifacts
from services.gateway.outbound.models.named_artifacts_mongo import NamedArtifactsMongo
from services.gateway.outbound.schema import SCHEMA
from services.gateway.pages_shown import make_pages
from services.gateway.platform import LimitParts, Platform, SharedParts, make_platform
from services.gateway.recipe_running import make_recipe_runs
from services.gateway.serving import serving
from services.gateway.settings import Settings
from services.gateway.texts import make_texts
from services.gateway.trading import TradingParts, make_trading
from services.gateway.usecases.accounts.check_credential import CheckCredential
from services.gateway.usecases.datasets.refresh_series import RefreshSeries
from services.gateway.usecases.jobs.forget_jobs import ForgetJobs
from services.gateway.usecases.jobs.settle_trials import SettleTrials
from services.gateway.usecases.models.forget_artifacts import ForgetArtifacts
from services.gateway.usecases.run_once import RunOnce
from services.gateway.webhooks import Admins, WebhookParts, make_webhooks, plan_of

# The collections whose documents have events to be published.
TELLING: Final = ("models", "jobs", "webhooks", "accounts", "deployments", "registry", "recipes", "watches")
ERASE_EVERY_S: Final = 30.0  # What an erasure waits for is over in days; what broke one off, in a moment.
JOINED, JOIN_EVERY_S = "outcomes of predictions are known", 60.0  # An outcome comes with a candle, of which the shortest are a minute long.


@dataclass(frozen=True, slots=True)
class Gateway:
    """The app and what has to run beside it."""

    app: FastAPI
    database: Database
    facts: Facts
    limits: RateLimits
    relay: Relay
    stores: Stores
    platform: Platform
    webhooks: WebhookParts
    dead: DeadLetters
    live: LiveParts
    housekeeping: Mapping[str, Housework]
    refresh: RefreshSeries
    operating: Operating
    trading: TradingParts
    engine: EngineParts
    files: FileParts

    async def prepare(self) -> None:
        """Bring the database to this release's schema, and make indexes."""
        await migrate(self.database, SCHEMA)
        async with asked_together():
            await self.stores.prepare()
            await self.platform.prepare()
            await self.webhooks.prepare()
            await self.operating.prepare()
            await self.trading.prepare()
            await self.engine.prepare()
            await self.files.files.prepare()


def build(settings: Settings, chassis: Chassis, *, besides: Sequence[Served] = (), clock: Clock = now) -> Gateway:
    """Wire adapters to ports; `besides` are further faces, `clock` tells when models are retrained and expire."""
    stores = make_stores(chassis.database)
    relay = Relay(chassis.bus, collections=[chassis.database[name] for name in TELLING])
    measure(chassis, relay)
    limits = TierLimits(settings.tier_limits)
    platform = make_platform(
        settings,
        chassis,
        wake=relay.wake,
        limits=LimitParts(limits, rates=settings.rate_limits[AI_STUDIO.face.name]),
        shared=SharedParts(stores.accounts.suspended_ids, clock),
    )
    webhooks = _webhooks(settings, chassis, relay, limits, admins=stores.accounts.admin_ids)
    rates, dead = RateLimits(chassis.redis, settings.namespace), DeadLetters(settings)
    own, jobs = make_accounts(settings, chassis, stores, rates), platform.job_parts
    check = own.check_credential
    readers = Readers(settings.docs, own.log_in.check, metrics_token=settings.metrics_token, metrics_open=settings.metrics_open)
    live = make_live(settings, chassis, check=check, jobs=platform.jobs, own=platform.datasets.own)
    served = [*_served(settings, chassis, stores, readers, live), *besides]
    trading = make_trading(settings, chassis.database, platform=platform, stores=stores, wake=relay.wake)
    engine = make_engine(settings, chassis.database, chassis.artifacts, platform=platform)
    files = make_files(chassis.database, chassis.artifacts, limits=limits)
    operating = make_operating(
        settings,
        chassis.database,
        stores,
        own,
        platform=platform,
        webhooks=webhooks,
        dead=dead,
        wake=relay.wake,
        forgetting=[*trading.forgetting, *engine.forgetting, *platform.forgetting, files.files],
    )
    shared = [*platform.use_cases, *trading.use_cases, *engine.use_cases, *make_monitoring(settings, chassis, stores), *operating.use_cases]
    texts = make_texts(settings, platform, files, artifacts=chassis.artifacts, limits=limits)
    shared += make_recipe_runs(
        platform, files, limits=limits, pages=trading.pages, remove=engine.remove, wait_for_job=settings.wait_for_job
    )
    use_cases = [*shared, *texts, webhooks.use, own, files.use, Uploads(chassis.artifacts)]
    app = _app(settings, chassis, served, use_cases, check=check, rates=rates, repeats=stores.repeats, readers=readers)
    facts, works = _facts(platform, webhooks, stores, live), _housekeeping(settings, chassis, platform)
    trading.bind(facts)
    parts = (relay, stores, platform, webhooks, dead, live, works, platform.datasets.refreshing(jobs.start), operating)
    return Gateway(app, chassis.database, facts, rates, *parts, trading, engine, files)


def _served(settings: Settings, chassis: Chassis, stores: Stores, readers: Readers, live: LiveParts) -> list[Served]:
    """Return the platform's own faces."""
    return [
        Served(ACCOUNTS, [accounts.routes, log_ins.routes, api_keys.routes]),
        Served(TOKEN_FACE),
        *(AI_STUDIO, AI_ENGINE, TRADING_AI, MODEL_BUILDER, ML_DEVELOPMENT),
        Served(ADMIN, ADMIN_ROUTES, [show_platform(settings, chassis, stores)]),
        make_pages(settings, chassis),
        Served(PLATFORM, [probes.routes, events.routes], [_probes(settings, chassis, readers), readers], plain_routes=live.routes),
    ]


@asynccontextmanager
async def running(settings: Settings, chassis: Chassis) -> AsyncIterator[None]:
    """Serve HTTP and follow the other services' events until the context ends."""
    gateway = build(settings, chassis)
    async with AsyncExitStack() as stack:
        await started(gateway, chassis.bus, stack)
        await stack.enter_async_context(gateway.dead.hearing(gateway.stores.letters.keep, service="gateway"))
        await stack.enter_async_context(serving(gateway.app, settings))
        chassis.ready()
        yield


async def started(gateway: Gateway, bus: Bus, stack: AsyncExitStack, *, by_itself: bool = True) -> None:
    """Start what runs beside the app; `stack` ends it. Unless `by_itself`, nothing is done because its time has come."""
    await gateway.prepare()
    await stack.enter_async_context(gateway.limits.running())
    await stack.enter_async_context(bus.running(facts=gateway.facts, asks=True))
    await stack.enter_async_context(gateway.relay.running())
    await stack.enter_async_context(gateway.webhooks.postman.running())
    await stack.enter_async_context(beside(gateway.live.hub.run(), gateway.live.stage.run()))
    if not by_itself:
        return
    await stack.enter_async_context(retraining(gateway.platform.retrain))
    await stack.enter_async_context(
        beside(
            keep_house(gateway.housekeeping),
            refresh_when_due(gateway.refresh),
            keep_house({"accounts were erased": gateway.operating.erase.go_on}, every_s=ERASE_EVERY_S),
            keep_house({JOINED: gateway.engine.join_outcomes} | gateway.platform.watching.works, every_s=JOIN_EVERY_S),
        )
    )


def _app(
    settings: Settings,
    chassis: Chassis,
    served: Sequence[Served],
    shared: Sequence[Any],
    *,
    check: CheckCredential,
    rates: RateLimits,
    repeats: Repeats,
    readers: Readers,
) -> FastAPI:
    parts = GateParts(
        faces=Faces([each.face for each in served]),
        use_cases=_by_class([*shared, *(use for each in served for use in each.use_cases)]),
        check_credential=check,
        rates=Rates(rates, table=settings.rate_limits),
        run_once=RunOnce(repeats),
        meters=Meters(chassis.registry),
        max_body_bytes=settings.max_body_bytes,
        max_header_bytes=settings.max_header_bytes,
        public_url=settings.public_address,
        cursors=Cursors([secret for _, secret in settings.jwt_keys]),
        anonymous=settings.anonymous == "documented",
        log_every_request=settings.access_log == "all",
    )
    return make_app(
        parts=parts,
        served=served,
        cors_origins=settings.cors_origins,
        readers=readers,
        server=settings.public_address if settings.public_url else "/",
    )


def _by_class(use_cases: Sequence[Any]) -> dict[type[Any], Any]:
    """Return use cases by their class, by which handlers ask for them. Raise ValueError for two of one class."""
    found = {type(use): use for use in use_cases}
    if len(found) < len(use_cases):
        message = "two use cases are of one class: handlers could not tell them apart"
        raise ValueError(message)
    return found


def _webhooks(settings: Settings, chassis: Chassis, relay: Relay, limits: TierLimits, *, admins: Admins) -> WebhookParts:
    return make_webhooks(
        database=chassis.database,
        wake_relay=relay.wake,
        plan=plan_of(settings),
        development=settings.profile == "development",
        limits=limits,
        admins=admins,
        notices_of=notices_of,
    )


def _probes(settings: Settings, chassis: Chassis, readers: Readers) -> probes.Probes:
    security = ssl_context_of(settings)

    async def kafka() -> None:
        await broker_answers(settings.kafka_bootstrap, security=security)

    return probes.Probes(
        redis=chassis.redis,
        namespace=settings.namespace,
        checks={"mongodb": lambda: chassis.database.command("ping"), "kafka": kafka},
        readers=readers,
    )


def _housekeeping(settings: Settings, chassis: Chassis, platform: Platform) -> dict[str, Housework]:
    works: dict[str, Housework] = {
        "old jobs were forgotten": ForgetJobs(platform.old_jobs, now, settings.job_life),
        "trials of jobs that nobody heard of were settled": SettleTrials(platform.job_parts.trials, now),
        "trials made way for newer ones of their account": platform.job_parts.trials.make_way,
        "files that were sent and never checked were removed": platform.datasets.forget_uploads,
        "datasets whose deletion was broken off were deleted": platform.datasets.datasets.finish_deleting,
    }
    if settings.artifact_life:
        named, files = NamedArtifactsMongo(chassis.database), FilesArtifacts(chassis.artifacts)
        works["artifacts that no version names were removed"] = ForgetArtifacts(named, files, now, settings.artifact_life)
    return works


def _facts(platform: Platform, webhooks: WebhookParts, stores: Stores, live: LiveParts) -> Facts:
    facts, notify = Facts(), live.telling(webhooks.notify)
    platform.bind(facts, notify=notify, notices=live.notices)
    facts.on(HealthChanged)(stores.fleet.apply)
    live.bind(facts, notify=notify, keep_alert=stores.alerts.apply)
    return facts
