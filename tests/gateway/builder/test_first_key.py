"""The story of a platform's first key, which needs no account; in a module of its own, as nobody else has been there."""

from typing import Any

import pytest

from tests.gateway.builder.test_keys import AUTH, generate
from tests.gateway.conftest import bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_first_key_of_a_platform_is_made_without_a_credential_and_only_that(open_desk: Any) -> None:
    desk = await open_desk(credential_memory_s=0.0)

    wrong = await generate(desk, {}, permissions=["trian"])
    first, second = await generate(desk, {}), await generate(desk, {})
    admin_key = bearer(first.json()["data"]["api_key"])
    further = await generate(desk, admin_key, name="export-service", permissions=["export"])
    listed = (await desk.client.get(f"{AUTH}/keys", headers=admin_key)).json()

    assert (wrong.status_code, wrong.json()["error"]["details"]["field"]) == (422, "permissions")
    assert "Did you mean 'train'?" in wrong.json()["error"]["details"]["issue"]
    assert (first.status_code, second.status_code, further.status_code) == (201, 401, 201)
    assert second.json()["error"]["code"] == "AUTHENTICATION_ERROR"
    assert first.json()["data"]["permissions"] == ["train", "export", "register", "account"]
    assert further.json()["data"]["permissions"] == ["export"]
    assert listed["message"] == "API keys retrieved successfully"
    assert [key["name"] for key in listed["data"]["items"]] == ["training-service", "export-service"]
    assert not any("api_key" in key for key in listed["data"]["items"])
