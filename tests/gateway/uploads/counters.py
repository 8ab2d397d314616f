"""Whoever sends files to a gateway on a socket, and looks into its store."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from services.gateway.serving import serving
from tests.gateway.conftest import Desk, bearer, fresh
from tests.gateway.uploads.parcels import files

CSV = b"time,open,high,low,close,volume\n" + b"2024-01-02T00:00:00Z,1,2,1,2,10\n" * 40_000
CSV_TYPE = {"content-type": "text/csv"}
BOUNDARY = {"content-type": "multipart/form-data; boundary=b"}


@dataclass(repr=False)
class Counter:
    """A gateway on a socket, somebody who may send, and who comes with a key for reading alone."""

    desk: Desk
    http: httpx.AsyncClient
    place: tuple[str, int]
    ada: dict[str, str]
    reader: dict[str, str]

    async def send(self, body: Any = None, *, key: str | None = None, **given: Any) -> httpx.Response:
        headers = self.ada | given.pop("headers", {}) | ({"idempotency-key": key} if key else {})
        return await self.http.post("/parcels", content=body, headers=headers, **given)

    def kept(self) -> list[str]:
        return files(self.desk.settings.artifacts_url)

    async def connect(self, *lines: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Begin a request by hand."""
        reader, writer = await asyncio.open_connection(*self.place)
        signed = f"Authorization: {self.ada['authorization']}"
        writer.write("\r\n".join(["POST /parcels HTTP/1.1", "Host: a", signed, "Content-Type: text/csv", *lines, "", ""]).encode())
        await writer.drain()
        return reader, writer


async def counter_of(desk: Desk) -> AsyncIterator[Counter]:
    async with serving(desk.gateway.app, desk.settings) as address, httpx.AsyncClient(base_url=address, timeout=60) as http:
        ada = bearer(await desk.user())
        key = (await desk.client.post("/auth/api-keys", headers=ada, json={"name": fresh("key"), "scopes": ["read"]})).json()
        url = urlsplit(address)
        assert url.hostname is not None
        assert url.port is not None
        yield Counter(desk, http, (url.hostname, url.port), ada, bearer(key["key"]))


async def answered(reader: asyncio.StreamReader) -> tuple[int, Any]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.partition(b":")[2]) for line in head.lower().splitlines() if line.startswith(b"content-length"))
    return int(head[9:12]), orjson.loads(await reader.readexactly(length))
