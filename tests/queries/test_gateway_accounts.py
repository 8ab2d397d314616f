"""Accounts, keys, sessions, webhooks, dead letters and the fleet: each list, claim and count is an index look-up."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

from libs.chassis.bus.dead_letters import DeadLetter
from libs.chassis.stores.mongo import Database
from libs.chassis.stores.parts import Part
from libs.contracts.envelope import now
from services.gateway.app import make_stores
from services.gateway.domain.accounts.account import Account, Role, Tier
from services.gateway.domain.accounts.caller import Scope
from services.gateway.domain.accounts.credentials import ApiKey, Session
from services.gateway.domain.accounts.sources import Source
from services.gateway.domain.webhooks.webhook import Attempt, Delivery, DeliveryStatus, Webhook
from services.gateway.outbound.webhooks.deliveries_mongo import DeliveriesMongo
from services.gateway.outbound.webhooks.webhook_turns_mongo import WebhookTurnsMongo
from services.gateway.outbound.webhooks.webhooks_mongo import WebhooksMongo
from tests.queries.profiled import STEP, STEPS, N, earlier, multiply, numbered, profiled, walked

PAGE = Part(20)


async def test_accounts_and_what_they_log_in_with(database: Database, many: int) -> None:
    stores, at = make_stores(database), now()
    await stores.prepare()
    await stores.accounts.add(Account("account", "ada", "ada@example.com", "-", Role.USER, Tier.FREE, at))
    names = {"login": numbered("a"), "email_key": numbered("a")}
    await multiply(database["accounts"], "account", by=many, **names)
    await multiply(database["accounts"], "account_1", by=30, role=Role.ADMIN.value, **{name: numbered("b") for name in names})
    await multiply(database["accounts"], "account_2", by=30, tier=Tier.PRO.value, **{name: numbered("c") for name in names})
    await stores.api_keys.add(ApiKey("key", "account", "mine", "mb_", "hash", frozenset(Scope), at), most=1)
    await multiply(database["api_keys"], "key", by=many // 10, secret_hash=numbered("a"), place=N)
    await multiply(database["api_keys"], "key_1", by=many, secret_hash=numbered("b"), account_id=numbered("a"))
    await stores.sessions.add(Session("session", "account", "hash", at, at + timedelta(days=1)))
    await multiply(database["sessions"], "session", by=many, token_hash=numbered("a"), account_id=numbered("a"), used=[numbered("u")])

    await stores.known.remember("account", [Source("s")], at=at)
    await multiply(database["known_sources"], "account|s", by=many, account_id=numbered("a"))

    async with profiled(database) as took:
        await stores.accounts.find("ada")
        await stores.accounts.find("ada@example.com")
        assert len(await stores.accounts.admin_ids()) == 30
        for role in (None, *Role):
            for tier in (None, *Tier):
                page = await stores.accounts.page(PAGE, role=role, tier=tier)
                assert await walked(partial(stores.accounts.page, role=role, tier=tier)) == min(STEP * STEPS, page.count)
        assert len((await stores.accounts.named("ADA", PAGE)).items) == 1
        assert await stores.sessions.alive("a5", at=at) == 1
        await stores.accounts.suspended_ids()
        await stores.api_keys.find("hash")
        assert len(await stores.api_keys.of("account")) == many // 10 + 1
        await stores.sessions.rotate("hash", next_hash="next", at=at, expires_at=at + timedelta(days=1))
        await stores.sessions.rotate("u5", next_hash="other", at=at, expires_at=at + timedelta(days=1))
        await stores.sessions.revoke(token_hash="u7", at=at)
        await stores.sessions.revoke_all("a9", at=at)
        await stores.known.forget("a9")
        assert await stores.api_keys.remove_all("a7") == 1

    assert took.problems() == []


async def test_dead_letters_and_the_fleet(database: Database, many: int) -> None:
    stores, at = make_stores(database), now()
    await stores.prepare()
    letter = DeadLetter("letter", "training.completed", None, "{}", b"{}", {}, "ValueError", "", "", 1, "gateway", at.isoformat())
    await stores.letters.keep(letter)
    await stores.letters.keep(replace(letter, id="other", topic="model.created"))
    for name in ("letter", "other"):
        await multiply(database["dead_letters"], name, by=many // 10, kept_at=earlier("kept_at"))
        await multiply(database["dead_letters"], f"{name}_1", by=many, kept_at=earlier("kept_at"), dealt_with={"how": "dropped", "at": at})

    async with profiled(database) as took:
        for topic in (None, "training.completed"):
            assert await walked(partial(stores.letters.page, topic=topic)) == STEP * STEPS
            assert (await stores.letters.page(PAGE, topic=topic)).count == (many // 10 + 1) * (1 if topic else 2)
        await stores.letters.deal_with("letter", how="dropped")
        await stores.fleet.all()

    assert took.problems() == []


async def test_webhooks_and_their_deliveries(database: Database, many: int) -> None:
    webhooks, turns = WebhooksMongo(database["webhooks"], on_write=int), WebhookTurnsMongo(database["webhooks"])
    deliveries, at = DeliveriesMongo(database["deliveries"]), now()
    for store in (webhooks, turns, deliveries):
        await store.prepare()
    await webhooks.add(Webhook("webhook", "account", "https://a", ("training_job.completed",), "s", created_at=at, updated_at=at), most=9)
    due = {"due_at": earlier("created_at"), "account_id": numbered("a"), "place": 0}
    await multiply(database["webhooks"], "webhook", by=many, account_id=numbered("a"), place=9)
    await multiply(database["webhooks"], "webhook_1", by=20, place=numbered("p"), account_id="account")
    await multiply(database["webhooks"], "webhook_2", by=many, **due | {"enabled": False, "place": 1})
    # What other gateways deliver to just now stands before what is free.
    lease = {"holder": "o", "until": {"$literal": at + timedelta(hours=1)}}
    await multiply(database["webhooks"], "webhook_3", by=20, **due | {"lease": lease, "place": 3})
    await multiply(database["webhooks"], "webhook_4", by=many // 10, **due | {"place": 2})
    await deliveries.add(Delivery("delivery", "webhook", "training_job.completed", "event", "{}", at, at))
    done = {"status": DeliveryStatus.DELIVERED.value, "attempts": [{"at": at, "took_ms": 1, "status": 200, "error": None, "body": ""}]}
    assert Attempt(**done["attempts"][0]).succeeded  # type: ignore[index,arg-type]  # as documents are
    await multiply(database["deliveries"], "delivery", by=many // 10, **done)
    await multiply(database["deliveries"], "delivery_1", by=many, webhook_id=numbered("w"))
    await multiply(database["deliveries"], "delivery_2", by=3, status=DeliveryStatus.PENDING.value)

    async with profiled(database) as took:
        assert len((await webhooks.find("account", PAGE)).items) == 20
        await webhooks.listening("account", event="training_job.completed")
        assert await turns.take(holder="me", at=at, until=at + timedelta(minutes=1), but_of=["a1", "a2"]) is not None
        for status in (None, *DeliveryStatus):
            await walked(partial(deliveries.find, "webhook", status=status))
        assert await deliveries.heads("webhook") is not None
        await deliveries.hurry("webhook", at=at)
        await webhooks.switch_off("a5", reason="", at=at)
        await deliveries.remove("webhook")

    assert took.problems() == []
