"""What was forgotten while it was being read is not remembered again, and nobody who comes after the change joins that reading."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from libs.contracts.envelope import now
from services.gateway.domain.accounts.credentials import ApiKey
from services.gateway.domain.accounts.ports import ApiKeys
from services.gateway.domain.errors import AuthenticationError
from services.gateway.domain.marketplace.errors import SubscriptionRequiredError
from services.gateway.domain.marketplace.ports import Entitlement
from services.gateway.outbound.accounts.tokens_jwt import TokensJwt
from services.gateway.usecases.accounts import check_credential
from services.gateway.usecases.accounts.check_credential import CheckCredential
from services.gateway.usecases.marketplace.check_entitlement import CheckEntitlement
from tests.gateway.conftest import Desk, bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Gate:
    """Keeps who has read something from going on until it is open."""

    read: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self) -> None:
        self.read.set()
        await self.open.wait()


@dataclass
class SlowKeys:
    """The API keys, of a store that answers slowly."""

    keys: ApiKeys
    gate: Gate

    async def find(self, key_hash: str) -> ApiKey | None:
        found = await self.keys.find(key_hash)
        await self.gate()
        return found

    async def used(self, key_id: str, *, at: datetime) -> None:
        await self.keys.used(key_id, at=at)


@dataclass
class SlowRights:
    """A view of subscriptions that answers slowly."""

    right: Entitlement
    gate: Gate

    async def entitlement(self, model_id: str, *, account_id: str) -> Entitlement | None:  # noqa: ARG002 - there is one
        found = self.right
        await self.gate()
        return found


async def test_a_key_that_is_revoked_while_it_is_looked_up_is_good_for_nobody_who_comes_after(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_credential, "LOOK_WITHIN_S", 60.0)  # However busy the machine is.
    headers, gate, stores = bearer(await desk.user()), Gate(), desk.gateway.stores
    made = (await desk.client.post("/auth/api-keys", headers=headers, json={"name": "nightly"})).json()
    slow: Any = SlowKeys(stores.api_keys, gate)
    check = CheckCredential(accounts=stores.accounts, sessions=stores.sessions, api_keys=slow, tokens=TokensJwt(desk.settings.jwt_keys))

    before = asyncio.create_task(check(made["key"]))
    await gate.read.wait()
    await desk.client.delete(f"/auth/api-keys/{made['id']}", headers=headers)
    check.forget(credential=made["id"])
    after = asyncio.create_task(check(made["key"]))
    gate.open.set()

    assert (await before).credential == made["id"]
    with pytest.raises(AuthenticationError):
        await after
    assert check.remembered(made["key"]) is None


async def test_a_right_that_ends_while_it_is_looked_up_ends_for_who_comes_after() -> None:
    given = Entitlement("model_1", "account_1", None, now() + timedelta(days=1))
    ended, gate = Entitlement("model_1", "account_1", None, now()), Gate()
    rights: Any = SlowRights(given, gate)
    check = CheckEntitlement(rights, now)

    before = asyncio.create_task(check("model_1", account_id="account_1"))
    await gate.read.wait()
    rights.right = ended
    check.forget("model_1", account_id="account_1")
    after = asyncio.create_task(check("model_1", account_id="account_1"))
    gate.open.set()

    assert await before == given
    with pytest.raises(SubscriptionRequiredError):
        await after
