"""What operators do to jobs of any account, and how they see that the books add up."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.chassis.stores.mongo import Database, to_decimal128
from libs.contracts.envelope import now
from services.gateway.domain.accounts.account import Role
from tests.gateway.studio.selling import listed
from tests.gateway.studio.subscribers import subscribed
from tests.gateway.studio.test_other_jobs import complete, heard, job_of, start
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def done(admin: User, path: str, body: Any = None, *, status: int = 200) -> Any:
    """Return what an operator's request is answered with."""
    answer = await admin.http.request("GET" if path.count("/") < 4 and body is None else "POST", path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_job_that_an_operator_ends_is_given_back_and_its_owner_reads_why(studio: World, ada: User) -> None:
    admin, why = await studio.user(role=Role.ADMIN), {"reason": "The cluster is taken down for repairs."}
    training, backtest = await ada.train(await ada.make_model()), (await start(studio, ada, slug=f"rsi_{ada.account_id}")).id
    await heard(studio, backtest)

    stopped = [await done(admin, f"/admin/jobs/{job_id}/stop", why) for job_id in (training, backtest)]
    again = await admin.http.post(f"/admin/jobs/{training}/stop", json=why)
    own = await ada.train(await ada.make_model())
    await studio.database["jobs"].update_one({"_id": own}, {"$set": {"cancel_requested_at": now()}})
    late = await done(admin, f"/admin/jobs/{own}/stop", why)

    assert [(job["status"], job["refund"] is not None, job["cancel_reason"]) for job in stopped] == [("CANCELLED", True, why["reason"])] * 2
    shown = await ada.job_is(training, "CANCELLED")
    assert (shown["cancel_reason"], shown["refund_amount"]) == (why["reason"], stopped[0]["refund"])
    # Its owner had asked before: no operator's reason is kept, and none is answered.
    assert (late["cancel_reason"], (await ada.job_is(own, "CANCELLED"))["cancel_reason"]) == (None, None)
    assert why["reason"] in (await ada.http.get(f"/api/backtests/{backtest}")).json()["error"]
    assert (again.status_code, again.json()["error"]["details"]) == (400, {"status": ["The job is CANCELLED."]})


async def test_a_failed_training_runs_again_once_with_its_own_spec_and_is_charged_once(studio: World, ada: User) -> None:
    admin, model_id = await studio.user(role=Role.ADMIN), await ada.make_model()
    failed = await ada.train(model_id)
    asked = await studio.training.heard(failed)
    await studio.training.fail(failed)
    await ada.job_is(failed, "FAILED")

    first, second = [await done(admin, f"/admin/jobs/{failed}/requeue", {}, status=202) for _ in range(2)]
    again = await studio.training.heard(first["job"]["id"])
    await studio.training.complete(again.job_id)
    job = await ada.job_is(again.job_id, "COMPLETED")

    assert first["requeued"] == failed
    assert first["job"]["id"] == second["job"]["id"] != failed
    assert (again.spec, again.model_id, again.account_id) == (asked.spec, model_id, ada.account_id)
    assert (await ada.get(f"/models/{model_id}/"))["version"] == job["model_version"]
    assert (await ada.job_is(failed, "FAILED"))["cost"] == "0.00"
    listed = (await done(admin, f"/admin/jobs?account={ada.account_id}"))["results"]
    assert [(each["id"], each["status"]) for each in listed] == [(again.job_id, "COMPLETED"), (failed, "FAILED")]
    assert (await done(admin, f"/admin/jobs?account={ada.account_id}&status=FAILED&kind=train"))["count"] == 1


async def test_a_job_that_has_not_failed_does_not_run_again(studio: World, ada: User) -> None:
    admin, job = await studio.user(role=Role.ADMIN), await start(studio, ada)
    await complete(studio, job.id)
    await job_of(studio, job.id, ada, slot=None, progress=100)

    refused = await admin.http.post(f"/admin/jobs/{job.id}/requeue")
    missing = await admin.http.post("/admin/jobs/job_x/requeue")

    assert refused.status_code == 400
    assert "only a failed job runs again" in refused.json()["error"]["message"]
    assert missing.status_code == 404


def books_of(studio: World) -> Database:
    """Return the marketplace's database."""
    database: Database = studio.database.client[studio.database.name.replace("gateway", "marketplace")]
    return database


async def faults(admin: User, *users: User) -> set[tuple[str, str]]:
    """Return what is wrong in the books of these accounts: code and subject."""
    found, after = [], min(user.account_id for user in users)[:-1]
    for _ in users:
        page = await done(admin, f"/admin/ledger/check?after={after}", {})
        found += [each for each in page["faults"] if each["account_id"] in {user.account_id for user in users}]
        after = page["next_after"] or after
    return {(each["code"], each["subject"]) for each in found}


async def test_the_books_add_up_until_somebody_changes_them(studio: World, ada: User, eve: User) -> None:
    admin = await studio.user(role=Role.ADMIN)
    _, listing_id = await listed(studio, ada, admin)
    subscription = (await subscribed(eve, listing_id))["subscription_id"]
    await eve.call("POST", "/compute/purchase-credits/", {"hours": 2, "payment_method": "credit_card"})
    ended, running = [await eve.train(await eve.make_model()) for _ in range(2)]
    untold = await studio.database["jobs"].find_one({"_id": ended}) or {}
    await studio.training.fail(ended)
    await eve.job_is(ended, "FAILED")
    await job_of(studio, ended, eve, charged_hours=0)
    assert await faults(admin, ada, eve) == set()

    # A gateway that has not heard of its end, which the marketplace has, finds nothing wrong with it either.
    known = await studio.database["jobs"].find_one({"_id": ended}) or {}
    await studio.database["jobs"].replace_one({"_id": ended}, untold | {"created_at": now() - timedelta(hours=1)})
    assert await faults(admin, ada, eve) == set()
    await studio.database["jobs"].replace_one({"_id": ended}, known)

    books, long_ago = books_of(studio), {"created_at": now() - timedelta(hours=1), "ended_at": now() - timedelta(hours=1)}
    await books["wallets"].update_one({"_id": eve.account_id}, {"$inc": {"available": to_decimal128(Decimal(1))}})
    await books["money_movements"].delete_one({"subscription_id": subscription, "cause": "fee"})
    await books["reservations"].update_one({"_id": ended}, {"$set": {"state": "confirmed"}})
    await books["reservations"].update_one({"_id": running}, {"$set": {"state": "closed"}})
    await studio.database["jobs"].update_one({"_id": ended}, {"$set": long_ago})
    await studio.database["jobs"].update_one({"_id": running}, {"$set": {"created_at": long_ago["created_at"]}})

    bill = await books["bills"].find_one({"subscription_id": subscription})
    assert bill is not None
    assert await faults(admin, ada, eve) >= {
        ("BALANCE", "available"),
        ("PAYMENT", bill["_id"]),
        ("RESERVATION_LEFT", ended),
        ("RESERVATION_MISSING", running),
    }
