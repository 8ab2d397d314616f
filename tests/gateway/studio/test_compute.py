"""Compute hours through AI Studio's front door: what was used, and more of them, paid once."""

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from libs.contracts.ids import new_id
from libs.contracts.marketplace import CreditsPurchased, ReserveCredits
from libs.contracts.training import COMPUTE_LIMIT, JobError
from services.gateway.domain.accounts.account import Tier
from services.gateway.inbound.faces.ai_studio.compute import last_of_month, period_name
from tests.gateway.studio.this_month import within_a_month
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
USED_UP = JobError(type=COMPUTE_LIMIT, message="It has used the 0.02 compute hours that were reserved for it.")
FIFTY = {"hours": 50, "payment_method": "credit_card"}


async def buy(user: User, *, key: str | None = None, **changes: Any) -> httpx.Response:
    return await user.call("POST", "/compute/purchase-credits/", FIFTY | changes, key=key)


async def usage(user: User, query: str = "") -> dict[str, Any]:
    found = await user.get(f"/compute/usage/{query}")
    assert isinstance(found, dict)
    return found


def since_yesterday() -> str:
    """Return the query for what a story has used, whichever month it was in."""
    return f"?start_date={datetime.now(UTC).date() - timedelta(days=1)}"


async def run(studio: World, user: User, *, hours: str, **body: Any) -> str:
    """Train a model with this job, and wait until its hours are charged; a month may begin meanwhile."""
    job_id = await user.train(await user.make_model(), **body)
    await studio.training.complete(job_id, hours=hours)
    await user.job_is(job_id, "COMPLETED")

    async def charged() -> bool:
        jobs = (await usage(user, since_yesterday()))["usage_by_job"]
        return any(job["job_id"] == job_id and job["resource_type"] and job["job_name"] for job in jobs)

    await until(charged)
    return job_id


async def test_usage_shows_what_jobs_used_by_job_and_day(studio: World) -> None:
    async def story() -> tuple[str, dict[str, Any], date]:
        somebody = await studio.user()
        night = await run(studio, somebody, hours="0.002", job_name="Night run")
        await run(studio, somebody, hours="0.001")
        return night, await usage(somebody), datetime.now(UTC).date()

    night, found, today = await within_a_month(story)

    period = found["current_period"]
    assert (period["period"], period["hours_used"], period["hours_limit"], period["cost"]) == (f"{today:%Y-%m}", 0.003, 1000.0, "0.02")
    assert (period["percentage_used"], period["hours_available"], period["reasons"]) == (0.0, 999.997, {})
    assert found["usage_by_job"][0] == {
        "job_id": night,
        "job_name": "Night run",
        "hours": 0.002,
        "cost": "0.01",
        "resource_type": "CPU",
        "reasons": {},
    }
    assert found["jobs_count"] == len(found["usage_by_job"]) == 2
    assert sum(day["hours"] for day in found["daily_usage"]) == pytest.approx(0.003)
    assert {day["date"] for day in found["daily_usage"]} <= {f"{today}", f"{today - timedelta(days=1)}"}


async def test_a_job_costs_in_usage_what_it_says_itself_and_a_failed_one_is_not_there(studio: World, ada: User) -> None:
    job_id = await run(studio, ada, hours="0.010001")
    failing = await ada.train(await ada.make_model())
    await studio.training.fail(failing)
    await ada.job_is(failing, "FAILED")

    (shown,) = (await usage(ada, since_yesterday()))["usage_by_job"]

    job = await ada.get(f"/training-jobs/{job_id}/")
    assert (shown["job_id"], shown["job_name"]) == (job_id, job["job_name"])
    assert (shown["hours"], shown["cost"]) == (job["compute_hours"], job["cost"])


async def test_a_job_that_used_more_than_was_announced_is_charged_what_was_announced(studio: World, ada: User) -> None:
    job_id = await run(studio, ada, hours="12.5")

    (shown,) = [job for job in (await usage(ada, since_yesterday()))["usage_by_job"] if job["job_id"] == job_id]

    job = await ada.get(f"/training-jobs/{job_id}/")
    assert job["compute_hours"] == 12.5
    assert job["cost"] == shown["cost"] == job["estimated_cost"]
    assert job["refund_amount"] == "0.00"


async def test_a_job_that_has_used_up_its_hours_says_so_is_charged_and_the_next_one_gets_more(studio: World) -> None:
    ada = await studio.user()
    model_id = await ada.make_model()
    before = await ada.get(f"/models/{model_id}/estimate/")
    job_id = await ada.train(model_id)
    reserved = (await studio.training.heard(job_id)).reserved_hours
    await studio.training.progress(job_id, 50, hours="0.01")
    await ada.job_is(job_id, "RUNNING")
    running = await ada.get(f"/training-jobs/{job_id}/")

    await studio.training.fail(job_id, hours=reserved + Decimal("0.0001"), error=USED_UP)
    await ada.job_is(job_id, "FAILED")

    job, after = await ada.get(f"/training-jobs/{job_id}/"), await ada.get(f"/models/{model_id}/estimate/")
    assert (running["compute_hours"], running["cost"]) == (0.01, None)
    assert "compute_hours" not in running["reasons"]
    assert job["error"] == {"code": "COMPUTE_LIMIT", "type": "COMPUTE_LIMIT", "message": USED_UP.message}
    assert (job["cost"], job["refund_amount"]) == (before["estimated_cost"], "0.00")
    assert after["estimate"]["hours"] >= float(reserved)
    assert Decimal(after["estimated_cost"]) >= 2 * Decimal(before["estimated_cost"]) - Decimal("0.01")


async def test_usage_of_asked_days(ada: User) -> None:
    found = await usage(ada, "?start_date=2025-01-10&end_date=2025-02-03")

    period = found["current_period"]
    assert (period["period"], period["start_date"], period["end_date"]) == ("2025-01-10/2025-02-03", "2025-01-10", "2025-02-03")
    assert (period["hours_used"], period["hours_limit"], period["percentage_used"], period["cost"]) == (0.0, 0.0, None, "0.00")
    assert period["reasons"]["percentage_used"].startswith("No hours were granted or bought")
    assert (found["usage_by_job"], found["daily_usage"], found["jobs_count"]) == ([], [], 0)


async def test_one_of_the_two_dates_is_enough(ada: User) -> None:
    today = datetime.now(UTC).date()

    ending, beginning = await usage(ada, "?end_date=2025-02-03"), await usage(ada, f"?start_date={today}")

    assert ending["current_period"]["period"] == "2025-02-01/2025-02-03"
    assert beginning["current_period"]["start_date"] == f"{today}"
    assert (await usage(ada, "?start_date=2025-02-01&end_date=2025-02-28"))["current_period"]["period"] == "2025-02"


async def test_usage_is_its_owners_alone(studio: World, ada: User, eve: User) -> None:
    await run(studio, ada, hours="0.002")

    assert (await usage(eve, since_yesterday()))["jobs_count"] == 0


async def test_bought_hours_are_paid_added_and_told(studio: World) -> None:
    free = await studio.user(Tier.FREE)

    answer = await buy(free)

    receipt = answer.json()
    assert answer.status_code == 201
    assert re.fullmatch(r"txn_[0-9a-z]{26}", receipt["transaction_id"])
    assert (receipt["hours_purchased"], receipt["amount"], receipt["new_balance"]) == (50, "250.00", 60)
    assert receipt["expires_at"].endswith("T23:59:59.000Z")
    period = (await usage(free))["current_period"]
    assert (period["hours_limit"], period["hours_available"]) == (60, 60)

    async def told() -> bool:
        return len(studio.events(CreditsPurchased.topic, key=receipt["transaction_id"])) == 1

    await until(told)


async def test_fractions_of_hours_are_exact(ada: User) -> None:
    receipt = (await buy(ada, hours=1.123456)).json()

    assert (receipt["hours_purchased"], receipt["amount"], receipt["new_balance"]) == (1.123456, "5.62", 1001.123456)


async def test_what_was_bought_can_be_trained_with(studio: World) -> None:
    free = await studio.user(Tier.FREE)
    nearly_all = ReserveCredits(job_id=new_id("job"), account_id=free.account_id, tier="free", hours=Decimal("9.995"))
    await studio.gateway.platform.services.marketplace.reserve(nearly_all)
    model_id = await free.make_model(algorithm="LIGHTGBM", hyperparameters={})
    refused = await free.call("POST", f"/models/{model_id}/train/", {})

    await buy(free, hours=20)
    accepted = await free.call("POST", f"/models/{model_id}/train/", {})

    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "INSUFFICIENT_CREDITS")
    assert accepted.status_code == 202
    assert Decimal(accepted.json()["estimated_cost"]) > Decimal("0.02")  # More than what was left of the month's entitlement.


async def test_the_same_key_buys_once_at_either_gateway(studio: World, ada: User) -> None:
    other = studio.at_the_other(ada)

    answers = await asyncio.gather(*(buy(who, key="b-1") for who in [ada, other] * 3))
    another = await buy(ada, key="b-1", hours=51)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert (another.status_code, another.json()["error"]["code"]) == (409, "CONFLICT")
    assert (await usage(ada))["current_period"]["hours_available"] == 1050


async def test_without_a_key_each_purchase_is_its_own(ada: User) -> None:
    first, second = (await buy(ada)).json(), (await buy(ada)).json()

    assert first["transaction_id"] != second["transaction_id"]
    assert second["new_balance"] == first["new_balance"] + 50


async def test_a_declined_payment_changes_nothing_and_the_same_key_may_pay_otherwise(ada: User) -> None:
    declined = await buy(ada, key="d-1", payment_method="card_declined")
    paid = await buy(ada, key="d-1")

    error = declined.json()["error"]
    assert (declined.status_code, error["code"]) == (402, "PAYMENT_DECLINED")
    assert error["details"] == {"payment_method": ["card_declined: The card was declined."]}
    assert paid.status_code == 201
    assert (await usage(ada))["current_period"]["hours_available"] == 1050


@pytest.mark.parametrize(("method", "status", "code"), [("card_timeout", 504, "TIMEOUT"), ("provider_away", 503, "SERVICE_UNAVAILABLE")])
async def test_after_a_lost_answer_the_same_key_tells_the_one_purchase(ada: User, method: str, status: int, code: str) -> None:
    lost = await buy(ada, key="l-1", payment_method=method)
    found = await buy(ada, key="l-1", payment_method=method)
    again = await buy(ada, key="l-1", payment_method=method)

    error = lost.json()["error"]
    assert (lost.status_code, error["code"]) == (status, code)
    assert "same Idempotency-Key" in error["message"]
    assert found.json()["transaction_id"] in error["message"]
    assert (found.status_code, found.text) == (201, again.text)
    assert (await usage(ada))["current_period"]["hours_available"] == 1050


async def test_the_broker_being_away_is_told_and_the_same_key_buys_once_afterwards(studio: World, ada: User) -> None:
    studio.broker.away = True
    try:
        lost, unseen = await buy(ada, key="a-1"), await ada.call("GET", "/compute/usage/")
    finally:
        studio.broker.away = False
    found = await buy(ada, key="a-1")

    assert (lost.status_code, lost.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert "nothing is charged twice" in lost.json()["error"]["message"]
    assert unseen.status_code == 503
    assert (found.status_code, found.json()["new_balance"]) == (201, 1050)


async def test_an_api_key_sees_usage_and_cannot_spend_money(studio: World, ada: User) -> None:
    made = await ada.http.post("/auth/api-keys", json={"name": "nightly", "scopes": ["read", "write", "train"]})
    program = User(ada.account_id, studio.client(headers={"Authorization": f"Bearer {made.json()['key']}"}))

    refused = await buy(program)

    assert (await usage(program))["jobs_count"] == 0
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "PERMISSION_DENIED")


async def test_periods_have_names() -> None:
    assert [last_of_month(date(2028, month, 7)).day for month in (1, 2, 4, 12)] == [31, 29, 30, 31]
    assert period_name(date(2026, 2, 1), date(2026, 2, 28)) == "2026-02"
    assert period_name(date(2026, 2, 1), date(2026, 3, 31)) == "2026-02-01/2026-03-31"
