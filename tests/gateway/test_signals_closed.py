"""Signals where strangers are not let in: a socket says first who it is, and what the document would leave to admins is theirs."""

import json

import pytest
from websockets.asyncio.client import connect

from services.gateway.serving import serving
from tests.gateway.conftest import OpenDesk, bearer
from tests.gateway.studio.sockets import closed, listening, message

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_without_strangers_a_socket_needs_a_credential_and_admins_alone_clear(open_desk: OpenDesk) -> None:
    desk = await open_desk(anonymous="never")
    user, admin = await desk.user(), await desk.admin()
    async with serving(desk.gateway.app, listening()) as address:
        socket = address.replace("http", "ws", 1) + "/ws"
        async with connect(socket) as silent:
            await silent.send(json.dumps({"type": "ping"}))
            refused = await closed(silent)
        async with connect(socket) as talker:
            await talker.send(json.dumps({"token": user["access_token"]}))
            hello = await message(talker)
    closing = [
        (await desk.client.request(method, path, headers=headers, json=body)).status_code
        for method, path, body in (
            ("POST", "/ai/storage/clear", None),
            ("POST", "/ai/config-analysis/trigger", {"days_historical": 0}),
            ("GET", "/ai/config-suggestions", None),
        )
        for headers in ({}, bearer(user))
    ]
    suggestions = await desk.client.get("/ai/config-suggestions", headers=admin)

    assert refused[0] == 4401
    assert hello["type"] == "connection"
    assert closing == [401, 403] * 3
    assert suggestions.status_code == 200
