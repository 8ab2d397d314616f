"""Whose model may be used, remembered for a moment: no store is read while it is, and one that is away keeps no subscriber out."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest

from libs.chassis.errors import UnavailableError
from libs.contracts.envelope import now
from services.gateway.domain.marketplace.errors import SubscriptionRequiredError
from services.gateway.domain.marketplace.ports import Entitlement, Entitlements
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.predictions.servable import Servables
from services.gateway.domain.remembered import Remembered
from services.gateway.usecases.marketplace.check_entitlement import CheckEntitlement
from services.gateway.usecases.predictions.predict import Predict
from tests.gateway.studio.selling import a_reviewer, listed
from tests.gateway.studio.subscribers import subscribed
from tests.gateway.studio.test_recovering import Store
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class Kept:
    """The view of subscriptions, which can be away, and counts who asks it."""

    entitlements: Entitlements
    reads: int = 0
    away: bool = False

    async def entitlement(self, model_id: str, *, account_id: str) -> Entitlement | None:
        self.reads += 1
        if self.away:
            msg = "The store is not available right now; try again in a moment."
            raise UnavailableError(msg)
        return await self.entitlements.entitlement(model_id, account_id=account_id)


async def test_a_subscriber_is_served_without_a_look_into_a_store_and_while_it_is_away(studio: World, ada: User, eve: User) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    await subscribed(eve, listing_id)
    at = 0.0
    kept, store = Kept(studio.gateway.platform.subscribing.subscriptions), Store(studio.gateway.platform.models)
    check = CheckEntitlement(kept, now, Remembered(lambda: at))
    predict = Predict(store, studio.gateway.platform.services.inference, Servables(lambda: at), check, synthetic_allowed=False)

    async def asks(account_id: str = eve.account_id) -> bytes:
        return await predict(model_id, account_id=account_id, symbols=["AAPL"], features={})

    await asyncio.gather(*(asks() for _ in range(30)))
    read = (kept.reads, store.reads)
    await asyncio.gather(*(asks() for _ in range(30)))
    assert (kept.reads, store.reads) == read

    at, kept.away, store.away = 5.0, True, True
    assert b'"model_version":"1.0"' in await asks()
    with pytest.raises(UnavailableError):
        await asks("account_of_another")


async def test_a_grant_ends_at_its_moment_though_it_is_remembered(studio: World, ada: User, eve: User) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    made = await subscribed(eve, listing_id, auto_renew=False)
    shown = now()
    check = CheckEntitlement(studio.gateway.platform.subscribing.subscriptions, lambda: shown)

    entitlement = await check(model_id, account_id=eve.account_id)
    shown = entitlement.until - timedelta(milliseconds=1)
    assert await check(model_id, account_id=eve.account_id) == entitlement
    shown = entitlement.until

    with pytest.raises(SubscriptionRequiredError):
        await check(model_id, account_id=eve.account_id)
    with pytest.raises(ModelNotFoundError):
        await check(model_id, account_id=ada.account_id)
    assert entitlement.until.isoformat().startswith(made["end_date"])
