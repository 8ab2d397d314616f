"""The connection to a service's own MongoDB database, and decimals as MongoDB keeps them."""

from collections.abc import Mapping
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias

from bson.decimal128 import Decimal128
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import IndexModel
from pymongo.errors import OperationFailure

from libs.chassis.connection_settings import ConnectionSettings
from libs.chassis.liveness.outages import as_platform_error, is_passing
from libs.chassis.refusals import why_tls
from libs.chassis.settings import SharedSettings
from libs.chassis.store_addresses import mongo_address
from libs.chassis.stores.versioned import VersionedDatabase
from libs.chassis.telemetry import mongo_listeners

Database = AsyncIOMotorDatabase[dict[str, Any]]
Collection = AsyncIOMotorCollection[dict[str, Any]]
__all__ = [
    "Collection",
    "Database",
    "as_platform_error",
    "connect",
    "database_name",
    "expire",
    "from_decimal128",
    "is_passing",
    "mongo_security",
    "to_decimal128",
    "why_mongo_refuses",
]

INDEX_OPTIONS_CONFLICT: Final = 85
NOT_AUTHORIZED: Final = 13
NOT_AUTHENTICATED: Final = 18
SELECTION_MS: Final = 3_000
SOCKET_MS: Final = 10_000
# What a server raises that answers, and refuses.
MongoRefusal: TypeAlias = OperationFailure


def database_name(settings: SharedSettings, service: str) -> str:
    """Return the name of the one database that this service owns."""
    name = f"modelbourse_{service}"
    return f"{settings.namespace}_{name}" if settings.namespace else name


def connect(settings: SharedSettings, service: str, *, socket_ms: int = SOCKET_MS) -> Database:
    """Return the service's database; connects at first use, so a server that is away is no error here.

    What is acknowledged is on the disks of a majority. A server that does not answer is an error within seconds, after which
    the driver looks for it again by itself (`socket_ms` is how long an answer may take).
    """
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        settings.mongo_url,
        **mongo_security(settings),
        appname=f"modelbourse-{service}",
        w="majority",
        journal=True,
        retryWrites=True,
        retryReads=True,
        serverSelectionTimeoutMS=SELECTION_MS,
        connectTimeoutMS=SELECTION_MS,
        waitQueueTimeoutMS=SELECTION_MS,
        socketTimeoutMS=socket_ms,
        # One more read connection is cheap; a pool that grows without end while the server is frozen is not.
        maxPoolSize=50,
        tz_aware=True,
        tzinfo=UTC,
        uuidRepresentation="standard",
        event_listeners=mongo_listeners(),
    )
    return VersionedDatabase(client, database_name(settings, service))


def mongo_security(settings: ConnectionSettings) -> dict[str, Any]:
    """Return what a client of MongoDB is made with beside the address: login and certificates. What the address itself says comes first."""
    address = mongo_address(settings.mongo_url)
    given = {
        "username": None if address.user else settings.mongo_username,
        "password": settings.mongo_password if (address.user or settings.mongo_username) and not address.password else None,
        "tlsCAFile": settings.mongo_ca_file,
        "tlsCertificateKeyFile": settings.mongo_cert_file,
    }
    # What is handed over beside the address the driver would put before it.
    return {name: str(value) for name, value in given.items() if value and name not in address.options}


def why_mongo_refuses(error: BaseException) -> str | None:
    """Return in a sentence why MongoDB does not take us; None when it is away, or the error is about something else."""
    if why := why_tls(error, ca_file="MONGO_CA_FILE", cert_file="MONGO_CERT_FILE"):
        return f"MongoDB refuses us: {why}"
    if isinstance(error, OperationFailure) and error.code == NOT_AUTHENTICATED:
        return "MongoDB refuses us: it does not know this user with this password (MONGO_USERNAME, MONGO_PASSWORD, or MONGO_URL)"
    if isinstance(error, OperationFailure) and error.code == NOT_AUTHORIZED:
        return "MongoDB does not allow this user what it needs: docs/guides/security.md lists it"
    return None


async def expire(collection: Collection, field: str, *, after: timedelta, only: Mapping[str, Any] | None = None) -> None:
    """Have MongoDB delete documents this long after the moment in a field, of those that `only` names; also when the time has changed."""
    seconds = int(after.total_seconds())
    options: dict[str, Any] = {"partialFilterExpression": dict(only)} if only else {}
    try:
        # By a command of its own, so that its refusal is known to be about this index.
        await collection.create_indexes([IndexModel(field, expireAfterSeconds=seconds, **options)])
    except OperationFailure as error:
        if error.code != INDEX_OPTIONS_CONFLICT:
            raise
        # The setting was changed since the index was made.
        index = {"keyPattern": {field: 1}, "expireAfterSeconds": seconds}
        await collection.database.command("collMod", collection.name, index=index)


def to_decimal128(amount: Decimal) -> Decimal128:
    """Turn an amount into what MongoDB keeps, without loss."""
    return Decimal128(amount)


def from_decimal128(stored: Decimal128 | Decimal | int) -> Decimal:
    """Turn a stored amount (or the 0 that an `$inc` began with) into a decimal."""
    if isinstance(stored, Decimal128):
        return stored.to_decimal()
    return Decimal(stored)
