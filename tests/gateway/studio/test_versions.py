"""A model keeps its newest versions, as many as its owner's tier has, and those that somebody relies on."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from libs.contracts.subscriptions import ChangeSubscription, Period
from libs.contracts.training import TrainingCompleted
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.marketplace.errors import VersionGoneError
from services.gateway.domain.models.errors import ModelChangedError
from services.gateway.domain.models.model import Model
from services.gateway.domain.work import Work
from services.gateway.usecases.marketplace.check_pin import CheckPin
from services.gateway.usecases.marketplace.subscribe import Wish
from tests.conftest import NewFolder
from tests.gateway.studio.meanwhile import Meanwhile
from tests.gateway.studio.selling import a_reviewer, listed
from tests.gateway.studio.subscribers import predict, subscribe, subscribed
from tests.gateway.studio.world import Places, User, World, world

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def small(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[World]:
    """A platform that keeps two versions of each model."""
    few = {"versions_per_model": dict.fromkeys(map(str, Tier), 2)}
    async with world(Places(mongo_url, redis_url, new_folder()), tier_limits=few, gateways=1) as made:
        yield made


async def versions(small: World, model_id: str) -> list[str]:
    return [version.name for version in (await small.gateway.platform.models.get(model_id, account_id=None)).versions]


async def train_again(small: World, owner: User, model_id: str) -> TrainingCompleted:
    job_id = await owner.train(model_id)
    done = await small.training.complete(job_id)
    await owner.job_is(job_id, "COMPLETED")
    return done


async def test_old_versions_leave_and_do_not_come_back_with_their_event(small: World) -> None:
    owner = await small.user()
    model_id = await owner.make_model()
    first = await train_again(small, owner, model_id)
    for _ in range(3):
        await train_again(small, owner, model_id)

    await small.training.again(first)
    await train_again(small, owner, model_id)

    assert await versions(small, model_id) == ["1.3", "1.4"]
    assert (await predict(owner, model_id)).json()["model_version"] == "1.4"


async def test_a_version_stays_beside_the_newest_while_it_is_on_sale_or_a_subscriber_stays_on_it(small: World) -> None:
    seller, buyer, other = await small.user(), await small.user(), await small.user()
    model_id, listing_id = await listed(small, seller, await a_reviewer(small))
    await train_again(small, seller, model_id)
    stays = await subscribed(buyer, listing_id, version="1.1")

    third = await train_again(small, seller, model_id)
    for _ in range(3):
        await train_again(small, seller, model_id)
    await small.training.again(third)
    await small.training.again(await train_again(small, seller, model_id))

    assert await versions(small, model_id) == ["1.0", "1.1", "1.5", "1.6"]
    assert (await predict(buyer, model_id)).json()["model_version"] == stays["version"] == "1.1"
    gone = await subscribe(other, listing_id, version="1.2")
    assert (gone.status_code, gone.json()["error"]["details"]) == (400, {"version": ["The model has no version '1.2'."]})
    changed = await buyer.call("PATCH", f"/subscriptions/{stays['subscription_id']}/", {"version": "1.3"})
    assert (changed.status_code, changed.json()["error"]["details"]) == (400, {"version": ["The model has no version '1.3'."]})
    follows = await buyer.call("PATCH", f"/subscriptions/{stays['subscription_id']}/", {"version": "1.6"})
    assert (follows.status_code, follows.json()["version"]) == (200, "1.6")


async def test_a_version_that_goes_while_somebody_subscribes_to_stay_on_it_is_no_version_to_stay_on(small: World) -> None:
    seller, buyer, other = await small.user(), await small.user(), await small.user()
    model_id, listing_id = await listed(small, seller, await a_reviewer(small))
    await train_again(small, seller, model_id)
    use, models = small.gateway.platform.subscribing.use, small.gateway.platform.models

    async def goes(found: Model) -> None:
        for _ in range(2):
            await train_again(small, seller, found.id)

    def meanwhile(check: CheckPin) -> CheckPin:
        port: Any = Meanwhile(models, goes)
        return replace(check, models=port)

    wish = Wish(period=Period.MONTHLY, auto_renew=False, payment_method="credit_card", version="1.1")
    subscribe = replace(use.subscribe, check_pin=meanwhile(use.subscribe.check_pin))
    follows = await subscribe(listing_id, account_id=buyer.account_id, wish=wish, work=Work())
    stays = await subscribed(other, listing_id, version="1.2")
    change = replace(use.change, check_pin=meanwhile(use.change.check_pin))
    with pytest.raises(VersionGoneError):
        await change(ChangeSubscription(subscription_id=stays["subscription_id"], account_id=other.account_id, version="1.3"))
    stale = await models.get(model_id, account_id=None)
    await use.change(ChangeSubscription(subscription_id=stays["subscription_id"], account_id=other.account_id, version="1.4"))

    assert (follows.version, (await predict(buyer, model_id)).status_code) == (None, 200)
    assert (await other.get(f"/subscriptions/{stays['subscription_id']}/"))["version"] == "1.4"
    assert await versions(small, model_id) == ["1.0", "1.2", "1.4", "1.5"]
    with pytest.raises(ModelChangedError):  # Who has looked before somebody stays on a version looks again.
        await models.save(stale)


async def test_versions_that_their_owner_relies_on_stay_beside_the_newest_and_are_not_more_than_the_tier_keeps(small: World) -> None:
    owner = await small.user()
    model_id = await owner.make_model()
    for _ in range(2):
        await train_again(small, owner, model_id)
    staged = [
        await owner.call("PATCH", f"/models/{model_id}/versions/{version}/", body)
        for version, body in (("1.0", {"stage": "production"}), ("1.1", {"aliases": ["challenger"]}))
    ]

    for _ in range(3):
        await train_again(small, owner, model_id)
    one_more = await owner.call("PATCH", f"/models/{model_id}/versions/1.4/", {"stage": "staging"})

    assert {each.status_code for each in staged} == {200}
    assert await versions(small, model_id) == ["1.0", "1.1", "1.3", "1.4"]
    assert (one_more.status_code, list(one_more.json()["error"]["details"])) == (400, ["versions_per_model"])
    kept = small.database["results"].find({"model_id": model_id}, {"number": 1})
    assert sorted([document["number"] async for document in kept]) == [0, 1, 3, 4]
