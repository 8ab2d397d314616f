"""What the gateway does from the command line, without serving."""

import asyncio
import os
import sys
from pathlib import Path

import orjson
from prometheus_client import CollectorRegistry

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.errors import PlatformError
from libs.chassis.liveness.pulse import Pulse
from libs.chassis.process import Chassis
from libs.chassis.settings import read_settings
from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.cache import connect_redis
from libs.chassis.stores.migrations import migrate
from libs.chassis.stores.mongo import as_platform_error, connect, why_mongo_refuses
from libs.contracts.envelope import now
from services.gateway.accounts import make_stores
from services.gateway.outbound.accounts.passwords_argon2 import PasswordsArgon2
from services.gateway.outbound.schema import SCHEMA
from services.gateway.settings import Settings
from services.gateway.usecases.accounts.make_admin import MakeAdmin
from services.gateway.usecases.accounts.register import Register

NOWHERE = {
    "profile": "development",
    "kafka_bootstrap": "nowhere",
    "mongo_url": "mongodb://127.0.0.1:1",
    "redis_url": "redis://127.0.0.1:1",
    "artifacts_url": "/nowhere",
    "jwt_keys": f"none:{'0' * 32}",
}


def write_openapi(path: str) -> None:
    """Write the OpenAPI document; needs no server."""
    from services.gateway.app import build  # noqa: PLC0415 - all faces, which nothing else here needs

    settings = Settings.model_validate(NOWHERE)
    bus = MemoryBus(MemoryBroker(), service="gateway", instance="gateway")

    async def document() -> bytes:
        chassis = Chassis(
            service="gateway",
            instance="gateway",
            settings=settings,
            bus=bus,
            database=connect(settings, "gateway"),
            redis=connect_redis(settings, "gateway"),
            artifacts=Artifacts("memory://"),
            registry=CollectorRegistry(),
            pulse=Pulse(),
        )
        return orjson.dumps(build(settings, chassis).app.openapi(), option=orjson.OPT_INDENT_2)

    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(asyncio.run(document()))


def make_first_admin(username: str, *, email: str) -> None:
    """Make an admin; the password comes in ADMIN_PASSWORD, as arguments are seen by everyone on the machine."""
    settings = read_settings(Settings)

    async def make() -> None:
        database = connect(settings, "gateway")
        await migrate(database, SCHEMA)
        stores = make_stores(database)
        await stores.accounts.prepare()
        register = Register(stores.accounts, PasswordsArgon2(at_once=1), now, settings.new_account_tier)
        admin = await MakeAdmin(stores.accounts, register)(username=username, email=email, password=os.environ.get("ADMIN_PASSWORD", ""))
        sys.stdout.write(f"{admin.username} is an admin\n")

    try:
        asyncio.run(make())
    except PlatformError as error:
        details = "".join(f"\n  {field}: {' '.join(texts)}" for field, texts in error.details.items())
        sys.stderr.write(f"{error.message}{details}\n")
        sys.exit(1)
    except Exception as error:
        if as_platform_error(error) is None:
            raise
        sys.stderr.write(f"{why_mongo_refuses(error) or 'MongoDB does not answer at MONGO_URL.'}\n")
        sys.exit(1)
