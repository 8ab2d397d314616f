"""Sockets as those who watch have them: what is said, how they are closed, and how they are refused."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from services.gateway.settings import Settings
from tests.gateway.studio.world import KEYS, Places, User

SOCKETS = 20


def listening(**changes: Any) -> Settings:
    """How a gateway is served here: on any free port."""
    return Settings(**Places("mongodb://unused", "redis://unused", Path("/")).settings(jwt_keys=KEYS), **{"port": 0} | changes)


def authorization(user: User) -> dict[str, str]:
    return {"Authorization": user.http.headers["Authorization"]}


def token(user: User) -> str:
    return str(user.http.headers["Authorization"].removeprefix("Bearer "))


async def message(socket: ClientConnection) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(await socket.recv())
    return said


async def closed(socket: ClientConnection) -> tuple[int, str]:
    """Read to the end; return the close code and reason."""
    with suppress(ConnectionClosed):
        async for _ in socket:
            pass
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""


async def refused(address: str, **options: Any) -> tuple[int, dict[str, Any]]:
    """Return the status that a handshake is answered with, and the error."""
    with pytest.raises(InvalidStatus) as caught:
        await connect(address, **options)
    answer = caught.value.response
    return answer.status_code, json.loads(answer.body)["error"]
