"""Accounts that operators export or erase: nobody can tell any more who it was, who has bought loses nothing, the books add up."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.process import open_chassis
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.contracts.gateway import AccountErased
from libs.contracts.ids import new_id
from services.gateway.app import build
from services.gateway.domain.accounts.account import Account, Role, Tier
from services.gateway.domain.accounts.credentials import API_KEY, ApiKey, hash_of
from services.gateway.domain.errors import AuthenticationError
from services.gateway.domain.webhooks.webhook import Webhook
from services.gateway.settings import Settings
from tests.gateway.studio.selling import listed
from tests.gateway.studio.subscribers import predict, subscribed
from tests.gateway.studio.test_operators import books_of, faults
from tests.gateway.studio.world import User, World
from tests.waiting import until

TOKEN: Final = f"{API_KEY}late"
# Of its first webhook the deliveries are gone, and the webhook itself is not yet.
KILLED_BETWEEN: Final = 6
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def name_of(studio: World, user: User) -> str:
    return (await studio.gateway.stores.accounts.get(user.account_id)).username


async def kept_words(studio: World, *words: str) -> list[str]:
    """Return the collections, of gateway and marketplace, of which a document has one of these words."""
    found = []
    for database in (studio.database, books_of(studio)):
        for name in await database.list_collection_names():
            documents = await database[name].find({}, {"pending_events": 0}).to_list(None)
            if any(word in text for document in documents if (text := json.dumps(document, default=str)) for word in words):
                found.append(f"{database.name}.{name}")
    return found


async def erase(admin: User, user: User, name: str, *, status: int = 200) -> Any:
    answer = await admin.http.post(f"/admin/accounts/{user.account_id}/erase", json={"username": name})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_what_says_who_it_was_goes_and_what_was_paid_stays(studio: World, ada: User, eve: User) -> None:
    admin, name = await studio.user(role=Role.ADMIN), await name_of(studio, ada)
    sold, listing_id = await listed(studio, ada, admin, description=f"{name} knows.")
    await subscribed(eve, listing_id, auto_renew=False)
    unsold = await ada.make_model(name=f"{name}'s own", description=name)
    running = await ada.train(unsold, job_name=f"{name} trains")
    await ada.http.post("/auth/api-keys", json={"name": name})
    of_unsold = f"/api/ml-development/models/{unsold}"
    await ada.http.post(f"{of_unsold}/monitoring", json={"performance_metrics_json": {name: 1.0}})
    await ada.http.post(f"{of_unsold}/labels", json={"rows": [{"prediction_id": name, "value": 1}]})
    await ada.http.put(f"{of_unsold}/monitoring/rules", json={"schedule": "7d"})
    await ada.call("POST", "/webhooks/", {"url": f"http://127.0.0.1:9/{name}", "events": ["training_job.completed"]})
    await ada.call("POST", "/compute/purchase-credits/", {"hours": 2, "payment_method": "credit_card"})

    other = await erase(admin, ada, "somebody-else", status=400)
    first = await erase(admin, ada, name.upper())

    assert other["error"]["details"] == {"username": [f"{ada.account_id} has another name than 'somebody-else'."]}
    assert (first["done"], first["waits_for"][0]) == (False, "1 model, until the time is over that subscribers have paid for")
    assert first["account"]["erasing_at"] is not None
    assert (first["account"]["username"], first["account"]["email"]) == (f"erased-{ada.account_id.rpartition('_')[2]}", "")
    assert (await ada.call("GET", "/models/")).status_code in {401, 403}
    for word in ("resume", "suspend"):
        refused = await admin.http.post(f"/admin/accounts/{ada.account_id}/{word}")
        assert (refused.status_code, "does not come back" in refused.text) == (409, True)
    assert (await admin.http.patch(f"/admin/accounts/{ada.account_id}", json={"role": "admin"})).status_code == 409
    assert (await studio.gateway.platform.jobs.get(running, account_id=None)).state.value == "cancelled"

    async def forgotten() -> bool:
        return await kept_words(studio, name, f"{name}@example.com") == []

    await until(forgotten, what="nobody to know the name")
    assert (await predict(eve, sold)).status_code == 200
    assert (await eve.call("GET", f"/marketplace/{listing_id}/")).json()["seller"]["username"] == "erased"
    assert await faults(admin, ada, eve) == set()

    await studio.database["subscriptions"].update_many({"model_id": sold}, {"$set": {"usable_until": now() - timedelta(days=1)}})
    await long_ago(studio.database, ada.account_id)
    last = await erase(admin, ada, name)

    assert (last["done"], last["waits_for"], last["account"]["erasing_at"]) == (True, [], None)
    assert (await ada.call("GET", "/models/")).status_code == 401
    # One gateway may remember her subscription for a moment, the other asks for it: the model is gone for both.
    assert [(await predict(each, sold)).status_code for each in (eve, studio.at_the_other(eve))] == [404, 404]
    assert (await erase(admin, ada, name))["done"]

    async def told_again() -> bool:
        return len(studio.events(AccountErased.topic, key=ada.account_id)) == 3

    await until(told_again, what="it to be told at once, when all was done, and when it was asked for again")


async def long_ago(database: Database, account_id: str) -> None:
    """Let an erasure have been asked for so long ago that no gateway lets its account in any more."""
    await database["accounts"].update_one({"_id": account_id}, {"$set": {"erasing_at": now() - timedelta(hours=1)}})


async def test_a_person_is_given_all_that_is_kept_of_them_and_nothing_of_others(
    studio: World, ada: User, eve: User, capsys: pytest.CaptureFixture[str]
) -> None:
    admin, name = await studio.user(role=Role.ADMIN), await name_of(studio, eve)
    _, listing_id = await listed(studio, ada, admin)
    await subscribed(eve, listing_id)
    await eve.call("POST", "/compute/purchase-credits/", {"hours": 2, "payment_method": "credit_card"})
    await eve.http.post("/auth/api-keys", json={"name": "nightly"})
    hook = (await eve.call("POST", "/webhooks/", {"url": "http://127.0.0.1:9/hook", "events": ["training_job.completed"]})).json()
    for number in range(2):
        await studio.training.heard(await eve.train(await eve.make_model(name=f"Model {number}")))

    capsys.readouterr()
    lines, pages = await exported(admin, eve)
    places = ("elsewhere:", "gateway:abc", "marketplace:-1/x")
    refused = [(await admin.http.get(f"/admin/accounts/{eve.account_id}/export?after={place}")).status_code for place in places]
    logged = [line for line in capsys.readouterr().out.splitlines() if "admin action" in line and eve.account_id in line]

    kinds = [line["kind"] for line in lines]
    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {
        "gateway.accounts": 1,
        "gateway.api_keys": 1,
        "gateway.jobs": 2,
        "gateway.models": 2,
        "gateway.sessions": 1,
        "gateway.webhooks": 1,
        "inference.predictions": 1,
        "marketplace.bills": 1,
        "marketplace.jobs": 2,
        "marketplace.money_movements": 5,
        "marketplace.movements": kinds.count("marketplace.movements"),
        "marketplace.purchases": 1,
        "marketplace.reservations": 2,
        "marketplace.subscriptions": 1,
        "marketplace.wallets": 1,
        "training.jobs": 2,
    }
    assert pages >= 5
    sales, _ = await exported(admin, ada, after="marketplace:")
    assert {"marketplace.sales", "marketplace.earnings", "marketplace.listings", "marketplace.model_versions"} <= {
        line["kind"] for line in sales
    }
    assert eve.account_id not in json.dumps(sales)
    text = json.dumps(lines)
    assert name in text
    secrets = {hook["secret"], *(await hashes(studio, eve))}
    assert [word for word in (*secrets, ada.account_id, admin.account_id) if word in text] == []
    assert refused == [400] * len(places)
    # Whoever begins in the middle has read as much of somebody: each page is logged.
    assert len(logged) == pages + len(places)


async def exported(admin: User, user: User, *, after: str | None = "") -> tuple[list[Any], int]:
    """Return all that is told of somebody, and in how many pages."""
    lines, pages = list[Any](), 0
    while after is not None:
        page = (await admin.http.get(f"/admin/accounts/{user.account_id}/export", params={"after": after})).json()
        lines, after, pages = lines + page["lines"], page["next_after"], pages + 1
    return lines, pages


async def hashes(studio: World, user: User) -> list[str]:
    key = await studio.database["api_keys"].find_one({"account_id": user.account_id})
    session = await studio.database["sessions"].find_one({"account_id": user.account_id})
    assert key is not None
    assert session is not None
    return [key["secret_hash"], session["token_hash"]]


async def test_an_erasure_that_is_killed_in_between_is_ended_by_whoever_comes_next(studio: World) -> None:
    settings = studio.settings.model_copy(update={"namespace": f"{studio.settings.namespace}k"})
    bus, at = MemoryBus(MemoryBroker(), service="gateway", instance="gateway"), now()
    async with open_chassis("gateway", settings=settings, bus=bus) as chassis:
        gateway = build(settings, chassis)  # Nothing of it goes on by itself.
        await gateway.prepare()
        ada = Account(new_id("account"), "ada-lovelace", "ada@example.com", "-", Role.USER, Tier.FREE, at)
        await gateway.stores.accounts.add(ada)
        key = ApiKey(new_id("key"), ada.id, ada.username, "mbk_", hash_of(TOKEN), frozenset(), at)
        await gateway.stores.api_keys.add(key, most=9)
        for number in range(4):
            url = f"https://{ada.username}.example.com/{number}"
            hook = Webhook(new_id("webhook"), ada.id, url, (), "secret", at, at)
            await gateway.webhooks.webhooks.add(hook, most=9)
            await chassis.database["webhook_deliveries"].insert_one({"webhook_id": hook.id, "body": ada.username})
        # Nobody can read this one: those behind it are erased all the same.
        await chassis.database["accounts"].insert_one({"_id": "account_odd", "login": "odd", "erasing_at": at})

        await killed(settings, ada, writes=KILLED_BETWEEN)
        left = [await chassis.database[name].count_documents({}) for name in ("webhooks", "webhook_deliveries")]
        wished = await gateway.stores.accounts.get(ada.id)
        erase = gateway.operating.erase
        erased = [await erase.go_on()]
        # By a gateway that had let its owner in before.
        await gateway.stores.api_keys.add(replace(key, id=new_id("key"), name=ada.username), most=9)
        await long_ago(chassis.database, ada.id)
        erased += [await erase.go_on() for _ in range(2)]

        assert (wished.erasing_at is not None, wished.suspended_at is not None, wished.username) == (True, True, ada.username)
        assert left == [4, 3]
        assert erased == [0, 1, 0]
        account = await chassis.database["accounts"].find_one({"_id": ada.id})
        assert account is not None
        assert [event["topic"] for event in account["pending_events"]] == [AccountErased.topic] * 2
        for name in await chassis.database.list_collection_names():
            assert ada.username not in str(await chassis.database[name].find({}).to_list(None)), name
        await gateway.stores.api_keys.add(key, most=9)
        with pytest.raises(AuthenticationError):
            await erase.check_credential(TOKEN)
        await chassis.database.client.drop_database(chassis.database.name)


async def killed(settings: Settings, account: Account, *, writes: int) -> None:
    """Let a process erase an account until it is killed after so many writes."""
    program, environment = str(Path(__file__).with_name("dying_eraser.py")), {**os.environ, "WRITES": str(writes)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, program, settings.model_dump_json(), account.id, account.username, env=environment
    )
    assert await process.wait() == -signal.SIGKILL
