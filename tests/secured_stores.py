"""MongoDB and Valkey as a careful operator runs them: logins, rights for one service, TLS."""

import asyncio
import secrets
import ssl
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from redis.asyncio import Redis

from deploy.local.ports import free_ports
from deploy.local.program import running
from deploy.local.ready import mongo_ready, until
from deploy.local.servers import mongod, valkey
from tests.certificates import Authority


@dataclass(frozen=True)
class SecuredMongo:
    """A replica set of one that asks for a login and speaks TLS alone; `all_rights` is what its administrator connects with."""

    url: str
    authority: Authority
    all_rights: dict[str, Any]

    def allow(self, user: str, *, password: str, database: str) -> None:
        """Make a user that may read, write and shape one database, which is what a service needs."""
        roles = [{"role": role, "db": database} for role in ("readWrite", "dbAdmin")]
        with self.administering() as client:
            client.admin.command("createUser", user, pwd=password, roles=roles)

    @contextmanager
    def administering(self) -> Iterator[MongoClient[dict[str, Any]]]:
        """Connect as one who may do everything."""
        with MongoClient[dict[str, Any]](self.url, **self.all_rights) as client:
            yield client


@contextmanager
def secured_mongo_running(folder: Path) -> Iterator[SecuredMongo]:
    """Run one."""
    (port,) = free_ports(1)
    authority, key = Authority(folder / "certificates"), secrets.token_hex(32)
    file = folder / "key"
    file.write_text(key)
    file.chmod(0o600)
    tls = ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(authority.issue("mongodb").both), "--tlsCAFile", str(authority.file)]
    more = ["--auth", "--keyFile", str(file), *tls, "--tlsAllowConnectionsWithoutCertificates"]
    # Whoever has the key that the members of the set share is one of them.
    member = {"username": "__system", "password": key, "authSource": "local", "authMechanism": "SCRAM-SHA-256"}
    all_rights = {**member, "tlsCAFile": str(authority.file)}
    with running(mongod(port=port, data=folder / "data", log=folder / "log", mark=f"tests-{uuid.uuid4().hex}:mongodb", more=more)):
        asyncio.run(mongo_ready(port, tls=True, **all_rights))
        yield SecuredMongo(f"mongodb://127.0.0.1:{port}/?replicaSet=rs0&tls=true", authority, all_rights)


@dataclass(frozen=True)
class SecuredValkey:
    """One that knows no `default` user, only one that may use keys of one prefix. It speaks no TLS itself (`encrypted`)."""

    port: int
    user: str
    password: str


@contextmanager
def secured_valkey_running(folder: Path, *, user: str, prefix: str) -> Iterator[SecuredValkey]:
    """Run one with this user, for keys and channels that begin with `prefix`."""
    (port,) = free_ports(1)
    password = secrets.token_urlsafe(24)
    rights = [f"~{prefix}*", f"&{prefix}*", "+@all", "-@dangerous", "+info"]
    more = ["--user", "default", "off", "--user", user, "on", f">{password}", *rights]
    with running(valkey(port=port, data=folder / "data", log=folder / "log", mark=f"tests-{uuid.uuid4().hex}:redis", more=more)):

        async def answers() -> None:
            async with Redis(port=port, username=user, password=password) as client:
                await client.ping()

        asyncio.run(until(answers, what="Valkey"))
        yield SecuredValkey(port, user, password)


@asynccontextmanager
async def encrypted(port: int, *, authority: Authority) -> AsyncIterator[int]:
    """Speak TLS at a port of its own for a server that does not (the Valkey of the package is built without); yield the port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    files = authority.issue("redis")
    context.load_cert_chain(files.cert, files.key)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(65536):
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside, outside = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pass_on(reader, outside), pass_on(inside, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
