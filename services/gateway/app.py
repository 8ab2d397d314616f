"""The only file that knows which adapter plays which port in the gateway (AI Studio's part: studio.py; webhooks': webhooks.py)."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import uvicorn
from fastapi import FastAPI

from libs.chassis.bus import Bus
from libs.chassis.dead_letters import DeadLetters
from libs.chassis.handlers import Facts
from libs.chassis.limits import RateLimits
from libs.chassis.logs import log
from libs.chassis.mongo import Database
from libs.chassis.outbox import Relay
from libs.chassis.process import Chassis
from libs.chassis.tasks import beside
from libs.contracts.asyncapi import asyncapi_document
from libs.contracts.envelope import now
from libs.contracts.monitoring import AlertRaised, HealthChanged
from services.gateway.domain.tier_limits import TierLimits
from services.gateway.domain.webhook import DeliveryPlan
from services.gateway.inbound.connections import Connections, protocol
from services.gateway.inbound.faces.ai_studio.errors import FACE as AI_STUDIO
from services.gateway.inbound.gate import GateParts
from services.gateway.inbound.housekeeping import Housework, keep_house
from services.gateway.inbound.http import make_app
from services.gateway.inbound.meters import Meters
from services.gateway.inbound.rates import Rates
from services.gateway.inbound.routes_admin import ADMIN_FACE, AdminUseCases, make_admin_routes
from services.gateway.inbound.routes_auth import AUTH_FACE, TOKEN_FACE, AccountUseCases, make_auth_routes
from services.gateway.inbound.routes_platform import ROOT_FACE, PlatformParts, make_platform_routes
from services.gateway.outbound.accounts_mongo import AccountsMongo
from services.gateway.outbound.api_keys_mongo import ApiKeysMongo
from services.gateway.outbound.artifact_files import ArtifactFilesStore, NamedArtifactsMongo
from services.gateway.outbound.broker_probe import broker_answers
from services.gateway.outbound.dead_letters_mongo import DeadLettersMongo
from services.gateway.outbound.fleet_mongo import FleetMongo
from services.gateway.outbound.guesses_redis import GuessesRedis
from services.gateway.outbound.passwords_argon2 import PasswordsArgon2
from services.gateway.outbound.repeats_mongo import RepeatsMongo
from services.gateway.outbound.sessions_mongo import SessionsMongo
from services.gateway.outbound.tokens_jwt import TokensJwt
from services.gateway.settings import Settings
from services.gateway.studio import LimitParts, Studio, make_studio
from services.gateway.usecases.change_account import ChangeAccount, ChangePassword
from services.gateway.usecases.check_credential import CheckCredential
from services.gateway.usecases.forget_artifacts import ForgetArtifacts
from services.gateway.usecases.forget_jobs import ForgetJobs
from services.gateway.usecases.log_in import LogIn, LogOut
from services.gateway.usecases.make_api_key import MakeApiKey
from services.gateway.usecases.register import Register
from services.gateway.usecases.run_once import RunOnce
from services.gateway.webhooks import Admins, WebhookParts, make_webhooks


@dataclass(frozen=True, slots=True)
class Stores:
    """The gateway's collections."""

    accounts: AccountsMongo
    sessions: SessionsMongo
    api_keys: ApiKeysMongo
    repeats: RepeatsMongo
    letters: DeadLettersMongo
    fleet: FleetMongo

    async def prepare(self) -> None:
        """Make indexes."""
        for store in (self.accounts, self.sessions, self.api_keys, self.repeats, self.letters, self.fleet):
            await store.prepare()


@dataclass(frozen=True, slots=True)
class Gateway:
    """The app and what has to run beside it."""

    app: FastAPI
    facts: Facts
    limits: RateLimits
    relay: Relay
    stores: Stores
    studio: Studio
    webhooks: WebhookParts
    dead: DeadLetters
    housekeeping: Mapping[str, Housework]

    async def prepare(self) -> None:
        """Make indexes."""
        await self.stores.prepare()
        await self.studio.prepare()
        await self.webhooks.prepare()


def make_stores(database: Database) -> Stores:
    """Return the gateway's collections."""
    return Stores(
        accounts=AccountsMongo(database["accounts"]),
        sessions=SessionsMongo(database["sessions"]),
        api_keys=ApiKeysMongo(database["api_keys"]),
        repeats=RepeatsMongo(database["repeats"]),
        letters=DeadLettersMongo(database["dead_letters"]),
        fleet=FleetMongo(database["fleet"]),
    )


def build(settings: Settings, chassis: Chassis) -> Gateway:
    """Wire adapters to ports."""
    stores, bus = make_stores(chassis.database), chassis.bus
    relay = Relay(bus, collections=[chassis.database[name] for name in ("models", "jobs", "webhooks")])
    limits = TierLimits(settings.tier_limits)
    studio = make_studio(
        database=chassis.database,
        bus=bus,
        artifacts=chassis.artifacts,
        wake=relay.wake,
        limits=LimitParts(limits, rates=settings.rate_limits[AI_STUDIO.name]),
        synthetic_allowed=settings.synthetic_allowed,
        predict_within_s=settings.predict_deadline,
        range_within_s=settings.range_deadline,
    )
    webhooks = _webhooks(settings, chassis, relay, limits, admins=stores.accounts.admin_ids)
    rates = RateLimits(chassis.redis, settings.namespace)
    accounts = _accounts(settings, chassis, stores)
    dead = DeadLetters(settings)
    change = ChangeAccount(stores.accounts, accounts.check_credential)
    platform = PlatformParts(
        redis=chassis.redis,
        namespace=settings.namespace,
        checks={"mongodb": lambda: chassis.database.command("ping"), "kafka": lambda: broker_answers(settings.kafka_bootstrap)},
        asyncapi=asyncapi_document,
    )
    parts = GateParts(
        faces=[AI_STUDIO, ADMIN_FACE, TOKEN_FACE, AUTH_FACE, ROOT_FACE],
        check_credential=accounts.check_credential,
        rates=Rates(rates, table=settings.rate_limits),
        run_once=RunOnce(stores.repeats),
        meters=Meters(chassis.registry),
        max_body_bytes=settings.max_body_bytes,
        max_header_bytes=settings.max_header_bytes,
        public_url=settings.public_address,
        log_every_request=settings.access_log == "all",
    )
    admin = AdminUseCases(stores.accounts, change, stores.fleet, stores.letters, dead)
    app = make_app(
        parts=parts,
        routers=[make_auth_routes(accounts), *studio.routers, webhooks.router, make_admin_routes(admin), make_platform_routes(platform)],
        plain_routes=studio.plain_routes,
        cors_origins=settings.cors_origins,
        describe_more=[studio.describe],
    )
    housekeeping = _housekeeping(settings, chassis, studio)
    return Gateway(app, _facts(studio, webhooks, stores.fleet), rates, relay, stores, studio, webhooks, dead, housekeeping)


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


async def started(gateway: Gateway, bus: Bus, stack: AsyncExitStack) -> None:
    """Start what runs beside the app; `stack` ends it."""
    await gateway.prepare()
    await stack.enter_async_context(gateway.limits.running())
    await stack.enter_async_context(bus.running(facts=gateway.facts, asks=True))
    await stack.enter_async_context(gateway.relay.running())
    await stack.enter_async_context(gateway.webhooks.postman.running())
    await stack.enter_async_context(beside(keep_house(gateway.housekeeping)))


def _accounts(settings: Settings, chassis: Chassis, stores: Stores) -> AccountUseCases:
    passwords, tokens = PasswordsArgon2(at_once=settings.password_threads), TokensJwt(settings.jwt_keys)
    guesses = GuessesRedis(chassis.redis, key=settings.key, free=settings.free_guesses)
    check = CheckCredential(
        accounts=stores.accounts,
        sessions=stores.sessions,
        api_keys=stores.api_keys,
        tokens=tokens,
        remember_s=settings.credential_memory_s,
    )
    lives = {"access_life": settings.access_token_life, "refresh_life": settings.refresh_token_life}
    return AccountUseCases(
        accounts=stores.accounts,
        api_keys=stores.api_keys,
        register=Register(stores.accounts, passwords, now, settings.new_account_tier),
        log_in=LogIn(stores.accounts, stores.sessions, passwords, tokens, guesses, now, **lives),
        log_out=LogOut(stores.sessions, check, now),
        change_password=ChangePassword(stores.accounts, stores.sessions, passwords, guesses, check, now),
        make_key=MakeApiKey(stores.api_keys, now),
        check_credential=check,
    )


def _webhooks(settings: Settings, chassis: Chassis, relay: Relay, limits: TierLimits, *, admins: Admins) -> WebhookParts:
    return make_webhooks(
        database=chassis.database,
        wake_relay=relay.wake,
        plan=_plan(settings),
        development=settings.profile == "development",
        limits=limits,
        admins=admins,
    )


def _plan(settings: Settings) -> DeliveryPlan:
    retries = tuple(timedelta(seconds=pause) for pause in settings.webhook_retries)
    return DeliveryPlan(retries=retries, timeout=settings.webhook_timeout, give_up_after=settings.webhook_give_up_after)


def _housekeeping(settings: Settings, chassis: Chassis, studio: Studio) -> dict[str, Housework]:
    works: dict[str, Housework] = {"old jobs were forgotten": ForgetJobs(studio.old_jobs, now, settings.job_life)}
    if settings.artifact_life:
        named, files = NamedArtifactsMongo(chassis.database["models"]), ArtifactFilesStore(chassis.artifacts)
        works["artifacts that no version names were removed"] = ForgetArtifacts(named, files, now, settings.artifact_life)
    return works


def _facts(studio: Studio, webhooks: WebhookParts, fleet: FleetMongo) -> Facts:
    facts = Facts()
    studio.bind(facts, tell=webhooks.tell)
    facts.on(HealthChanged)(fleet.apply)
    facts.on(AlertRaised)(webhooks.tell)
    return facts


@asynccontextmanager
async def serving(app: FastAPI, settings: Settings) -> AsyncIterator[str]:
    """Run the HTTP server on a port that other gateways of this machine share; return its address."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((settings.host, settings.port))
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="off",
        ws="none",
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=int(settings.stop_within_s),
        server_header=False,
        timeout_keep_alive=int(settings.idle_timeout),
        http=protocol(
            Connections(
                most_by_address=settings.connections_per_address,
                most_head_bytes=settings.max_header_bytes,
                headers_within_s=settings.header_timeout,
                body_stands_still_s=settings.body_timeout,
                idle_s=settings.idle_timeout,
                trusted=settings.trusted_proxies,
            )
        ),
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not (server.started or task.done()):  # noqa: ASYNC110  # uvicorn tells it by a flag alone
        await asyncio.sleep(0.01)
    address = f"http://{settings.host}:{listener.getsockname()[1]}"
    log().info("listening", address=address)
    try:
        yield address
    finally:
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the chassis has them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield
