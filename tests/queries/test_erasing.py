"""What is looked for when an account is exported or erased is found by indexes, and taken away or told once, in each service."""

from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from libs.chassis.stores.exports import Exports
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.contracts.examples import EXAMPLES
from libs.contracts.training import JobError, JobState, LogLine, TrainingFailed, TrainingRequested
from services.gateway.domain.accounts.account import Account, Role, Tier
from services.gateway.outbound.accounts.accounts_mongo import AccountsMongo
from services.gateway.outbound.accounts.erasures_mongo import ErasuresMongo
from services.gateway.outbound.accounts.exports_gateway import MANY, gateway_exports
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo as GatewayJobs
from services.gateway.outbound.models.models_mongo import ModelsMongo
from services.gateway.outbound.webhooks.deliveries_mongo import DeliveriesMongo
from services.gateway.outbound.webhooks.webhooks_mongo import WebhooksMongo
from services.inference.app import KEPT
from services.inference.domain.ports import Logged
from services.inference.outbound.log_mongo import LogMongo
from services.marketplace.outbound.exports_marketplace import marketplace_exports
from services.marketplace.outbound.metering_mongo import MeteringMongo
from services.marketplace.outbound.personal_words_mongo import PersonalWordsMongo
from services.marketplace.outbound.purchases_mongo import PurchasesMongo
from services.marketplace.outbound.subscriptions_mongo import SubscriptionsMongo
from services.training.domain.job import job_from
from services.training.outbound.jobs_mongo import JobsMongo
from tests.queries.profiled import multiply, numbered, profiled

OWN = 30


async def filled(database: Database, name: str, document: dict[str, Any], *, many: int, whose: str = "account_id") -> None:
    """Put some documents of `account` into a collection, and many of others."""
    await database[name].insert_one({"_id": name, whose: "account"} | document)
    await multiply(database[name], name, by=OWN - 1)
    await multiply(database[name], f"{name}_1", by=many, **{whose: numbered("a")})


async def told(exports: Exports, *, most: int) -> list[str]:
    """Return the ids of all that is told of the account, part by part."""
    ids, after = list[str](), ""
    while True:
        part = await exports.part("account", after=after, most=most)
        ids += [f"{line.kind}/{line.data['id']}" for line in part.lines]
        assert len(part.lines) <= most
        if part.next_after is None:
            return ids
        after = part.next_after


async def test_the_gateway(database: Database, many: int) -> None:
    erasures, at = ErasuresMongo(database, on_write=int), now()
    exports, accounts = gateway_exports(database), AccountsMongo(database["accounts"])
    jobs, deliveries = GatewayJobs(database["jobs"], on_write=int), DeliveriesMongo(database["webhook_deliveries"])
    of_account = (ModelsMongo(database["models"], on_write=int), WebhooksMongo(database["webhooks"], on_write=int))
    for store in (accounts, erasures, jobs, *of_account, deliveries):
        await store.prepare()
    await exports.prepare(*MANY)
    await accounts.add(Account("account", "ada", "ada@example.com", "-", Role.USER, Tier.FREE, at, erasing_at=at))
    await accounts.add(Account("other", "eve", "eve@example.com", "-", Role.USER, Tier.FREE, at, erasing_at=at))
    await multiply(database["accounts"], "account", by=many, login=numbered("a"), erasing_at=None)
    job = {
        "kind": "train",
        "sequence": 0,
        "spec": {"name": "mine"},
        "name": "mine",
        "logs": [{}],
        "error": {"type": "E", "message": "mine"},
    }
    await filled(database, "jobs", job, many=many)
    await database["jobs"].update_one({"_id": "jobs"}, {"$set": {"kind": "validate"}})
    for things, kept, key in (("models", "results", "model_id"), ("webhooks", "webhook_deliveries", "webhook_id")):
        await database[things].insert_one({"_id": f"own-{things}", "account_id": "account"})
        await filled(database, kept, {key: "others"}, many=many, whose="n")
        await database[kept].update_one({"_id": kept}, {"$set": {key: f"own-{things}"}})

    async with profiled(database) as took:
        assert await erasures.due() == ["account", "other"]
        first = await told(exports, most=7)
        await erasures.forget_jobs("account")
        await erasures.tried("account", at=at)
        assert await erasures.due() == ["other", "account"]
        late = EXAMPLES[TrainingFailed]
        assert isinstance(late, TrainingFailed)
        words = {"logs": (LogLine(timestamp=at, level="INFO", message="mine"),), "error": JobError(type="E", message="mine")}
        assert await jobs.apply("jobs", late.model_copy(update={"sequence": 7, **words}))

    assert took.problems() == []
    assert (len(first), len(set(first))) == (OWN + 5, OWN + 5)
    assert await database["jobs"].count_documents({"account_id": "account", "name": "mine"}) == 0
    forgotten = await database["jobs"].find_one({"_id": "jobs"})
    assert forgotten is not None
    assert "mine" not in str(forgotten)


async def test_training_and_inference(database: Database, many: int) -> None:
    jobs = JobsMongo(database, lease=timedelta(seconds=10), life=timedelta(days=365), on_write=lambda _: None)
    await jobs.prepare()
    error = {"type": "E", "message": "mine"}
    job = {"name": "mine", "model_name": "mine", "logs": [{"message": "mine"}], "error": error, "state": JobState.FAILED.value}
    await filled(database, "jobs", job | {"kind": "validate", "spec": '{"name": "mine"}'}, many=many)
    late = EXAMPLES[TrainingRequested]
    assert isinstance(late, TrainingRequested)
    requested = late.model_copy(update={"job_id": "late", "account_id": "account", "job_name": "mine"})
    log, other = (LogMongo(database, life=timedelta(days=1), most=10, registry=CollectorRegistry()) for _ in range(2))
    async with log.running(), other.running():
        await filled(database, "predictions", {"at": now(), "version": "1.0"}, many=many)
        async with profiled(database) as took:
            part = await Exports(database, "inference", KEPT).part("account", after="", most=1)
            await jobs.forget_account("account")
            await log.forget("account")
            for each in (log, other):  # One process of two has heard of it.
                each.write([Logged("model", "account", "1.0", "AAPL", "BUY", None, None, synthetic=False, at=now())])
            await jobs.add(job_from(requested, traceparent=None, correlation_id=None))

    assert took.problems() == []
    assert (await jobs.get("late")).name == "erased"
    assert part.lines[0].data["version"] == "1.0"
    assert await database["predictions"].count_documents({"account_id": "account"}) == 0
    forgotten = await database["jobs"].find_one({"_id": "jobs_3"})
    assert forgotten is not None
    assert "mine" not in str(forgotten)


async def test_the_marketplace(database: Database, many: int) -> None:
    words, exports, metering = PersonalWordsMongo(database), marketplace_exports(database), MeteringMongo(database)
    for store in (PurchasesMongo(database, on_write=int), SubscriptionsMongo(database, on_write=int), words):
        await store.prepare()
    await filled(database, "ratings", {"comment": "mine", "rating": 4}, many=many)
    await filled(database, "jobs", {"name": "mine"}, many=many)
    await filled(database, "purchases", {"method": "mine", "state": "credited"}, many=many)
    await filled(database, "bills", {"method": "mine", "state": "paid", "seller_id": "other"}, many=many, whose="subscriber_id")
    subscription = {"method": "mine", "open": False, "auto_renew": False, "bill_id": None}
    await filled(database, "subscriptions", subscription, many=many, whose="subscriber_id")
    await filled(database, "stripe_charges", {"method": "mine", "card": "mine"}, many=many)
    await database["purchases"].update_one({"_id": "purchases"}, {"$set": {"state": "begun"}})
    await database["bills"].update_one({"_id": "bills_1_1"}, {"$set": {"seller_id": "account", "method": "theirs"}})
    for name in ("movements", "reservations", "money_movements"):
        await filled(database, name, {}, many=many)
    await database["stripe_customers"].insert_one({"_id": "account", "customer_id": "cus_1"})

    async with profiled(database) as took:
        first = await told(exports, most=50)
        assert [await words.forget("account") for _ in range(2)] == [False, False]
        # Asked for again, a payment under way is known by its way to pay.
        kept = [await database[name].find_one({"_id": name}) or {} for name in ("purchases", "stripe_charges")]
        assert [each["method"] for each in kept] == ["mine", "mine"]
        await database["purchases"].update_one({"_id": "purchases"}, {"$set": {"state": "credited"}})
        assert await words.unfinished() == ["account"]
        assert [await words.forget("account") for _ in range(2)] == [False, True]
        await metering.note_job("late", account_id="account", name="mine")

    assert took.problems() == []
    assert (len(first), len(set(first))) == (9 * OWN + 2, 9 * OWN + 2)
    for name in ("ratings", "jobs", "purchases", "bills", "subscriptions", "stripe_charges"):
        whose = "subscriber_id" if name in {"bills", "subscriptions"} else "account_id"
        assert "mine" not in str(await database[name].find({whose: "account"}).to_list(None)), name
    assert await database["stripe_customers"].count_documents({}) == 0
    assert await words.unfinished() == []
