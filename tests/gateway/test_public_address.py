"""What addresses that the gateway tells begin with."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.gateway.settings import Settings
from tests.gateway.conftest import OpenDesk

PLACES = {"kafka_bootstrap": "x:1", "mongo_url": "mongodb://x", "redis_url": "redis://x", "artifacts_url": "x"}
PLACES |= {"jwt_keys": "live-1:k7Qw-9Zt_Lx2Bv8Rm4Yp6Hd3Ns5Jf0Gc", "profile": "development"}


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"host": "::1", "port": 81}, "http://[::1]:81"),
        ({"host": "0.0.0.0"}, "http://127.0.0.1:8000"),
        ({"public_url": "https://api.example/markets/"}, "https://api.example/markets"),
        ({"host": "0.0.0.0", "profile": "production", "public_url": "https://api.example"}, "https://api.example"),
    ],
)
def test_it_is_the_setting_or_where_the_gateway_listens(given: dict[str, Any], address: str) -> None:
    assert Settings.model_validate(PLACES | given).public_address == address


def test_in_production_it_has_to_be_said_where_every_interface_is_listened_on() -> None:
    with pytest.raises(ValidationError, match="GATEWAY_PUBLIC_URL must say"):
        Settings.model_validate(PLACES | {"host": "0.0.0.0", "profile": "production"})


@pytest.mark.asyncio(loop_scope="module")
async def test_the_openapi_document_says_where_the_api_is_if_it_is_set_else_wherever_it_was_read(open_desk: OpenDesk) -> None:
    usual, elsewhere = await open_desk(), await open_desk(public_url="https://api.example/markets/")

    told = [(await desk.client.get("/openapi.json")).json()["servers"] for desk in (usual, elsewhere)]

    assert told == [[{"url": "/"}], [{"url": "https://api.example/markets"}]]
