"""The dashboard: an account's own counts, what happened last, and its models as a portfolio."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.chassis.stores.mongo import to_decimal128
from libs.contracts.envelope import now
from libs.contracts.training import TrainingResult
from services.gateway.domain.accounts.account import Tier
from tests.gateway.studio.doubles import measured
from tests.gateway.studio.this_month import within_a_month
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
DASHBOARD = "/analytics/dashboard/"


def curved(*points: tuple[str, float], synthetic: bool = False) -> TrainingResult:
    """Return what a training measured whose equity went like this."""
    result = measured()
    return result.model_copy(update={"equity_curve": points, "run_card": result.run_card | {"synthetic": synthetic}})


async def trained(studio: World, user: User, result: TrainingResult, **changes: object) -> str:
    model_id = await user.make_model(**changes)
    job_id = await user.train(model_id)
    await studio.training.complete(job_id, result=result, hours="0.5")
    await user.job_is(job_id, "COMPLETED")
    return model_id


async def test_a_new_account_sees_nothing_and_why(ada: User) -> None:
    dashboard = await ada.get(DASHBOARD)

    assert dashboard["summary"] == {
        "total_models": 0,
        "active_models": 0,
        "published_models": 0,
        "training_jobs_this_month": 0,
        "total_earnings": "0.00",
        "compute_hours_used": 0.0,
        "compute_hours_remaining": 1000.0,
    }
    assert dashboard["recent_activity"] == []
    chart = dashboard["performance_chart"]
    assert (chart["labels"], chart["datasets"], chart["models"]) == ([], [{"label": "Portfolio Value", "data": []}], 0)
    assert dashboard["reasons"].keys() == {"performance_chart", "synthetic"}


async def test_it_counts_what_is_ones_own(studio: World, eve: User) -> None:
    async def story() -> dict[str, Any]:
        somebody = await studio.user()
        trained_id = await studio.trained(somebody)
        await somebody.make_model()
        failing = await somebody.train(await somebody.make_model())
        await studio.training.fail(failing)
        await somebody.job_is(failing, "FAILED")
        deleted = await somebody.make_model()
        await somebody.call("DELETE", f"/models/{deleted}/")
        await studio.trained(eve)
        sold = studio.gateway.platform.models._models
        await sold.update_one({"_id": trained_id}, {"$set": {"earnings": to_decimal128(Decimal("12.50")), "listing": "listed"}})
        summary: dict[str, Any] = (await somebody.get(DASHBOARD))["summary"]
        return summary

    summary = await within_a_month(story)

    counted = ("total_models", "active_models", "published_models", "training_jobs_this_month", "total_earnings")
    assert [summary[name] for name in counted] == [3, 1, 1, 2, "12.50"]


async def test_hours_used_and_remaining_are_the_limit_that_usage_tells(studio: World) -> None:
    async def story() -> tuple[dict[str, Any], dict[str, Any]]:
        free = await studio.user(Tier.FREE)
        yesterday = now().date() - timedelta(days=1)
        await trained(studio, free, measured())
        await free.call("POST", "/compute/purchase-credits/", {"hours": 5, "payment_method": "credit_card"})

        async def charged() -> bool:
            return bool((await free.get(f"/compute/usage/?start_date={yesterday}"))["current_period"]["hours_used"] > 0)

        await until(charged)
        return (await free.get("/compute/usage/"))["current_period"], (await free.get(DASHBOARD))["summary"]

    usage, summary = await within_a_month(story)

    assert usage["hours_used"] > 0
    assert (summary["compute_hours_used"], usage["hours_limit"]) == (usage["hours_used"], 15)
    assert summary["compute_hours_used"] + summary["compute_hours_remaining"] == usage["hours_limit"]


async def test_what_happened_last_comes_first(studio: World, ada: User) -> None:
    await studio.trained(ada, name="First")
    second = await ada.make_model(name="Second")
    cancelled = await ada.train(second)
    await ada.call("POST", f"/training-jobs/{cancelled}/cancel/")
    await ada.job_is(cancelled, "CANCELLED")
    failing = await ada.train(second)
    await studio.training.fail(failing)
    await ada.job_is(failing, "FAILED")

    activity = (await ada.get(DASHBOARD))["recent_activity"]

    assert [each["timestamp"] for each in activity] == sorted((each["timestamp"] for each in activity), reverse=True)
    assert {(each["type"], each["message"]) for each in activity} == {
        ("MODEL_CREATED", "First created"),
        ("MODEL_CREATED", "Second created"),
        ("TRAINING_STARTED", "First training started"),
        ("TRAINING_STARTED", "Second training started"),
        ("MODEL_TRAINED", "First training completed"),
        ("TRAINING_CANCELLED", "Second training cancelled"),
        ("TRAINING_FAILED", "Second training failed"),
    }
    assert len(activity) == 8


async def test_of_much_activity_the_newest_is_told(ada: User) -> None:
    for number in range(22):
        await ada.make_model(name=f"Model {number}")

    activity = (await ada.get(DASHBOARD))["recent_activity"]

    assert len(activity) == 20
    assert activity[0]["message"] == "Model 21 created"


async def test_trained_models_are_one_portfolio_of_equal_weights(studio: World, ada: User, eve: User) -> None:
    await trained(studio, ada, curved(("2012-01-03", 1.0), ("2012-01-06", 1.1), ("2012-01-13", 1.21)))
    await trained(studio, ada, curved(("2012-01-06", 1.0), ("2012-01-13", 0.9), synthetic=True))
    await trained(studio, eve, curved(("2012-01-06", 9.0)))

    chart = (await ada.get(DASHBOARD))["performance_chart"]

    assert chart["labels"] == ["Jan 2", "Jan 6", "Jan 13"]
    assert chart["dates"] == ["2012-01-02", "2012-01-06", "2012-01-13"]
    assert chart["datasets"] == [{"label": "Portfolio Value", "data": [100000.0, 105000.0, 105000.0]}]
    assert (chart["models"], chart["synthetic"]) == (2, True)


async def test_a_portfolio_of_several_years_names_them(studio: World, ada: User) -> None:
    await trained(studio, ada, curved(("2011-12-30T15:00:00Z", 1.0), ("2012-01-06T15:00:00Z", 1.1)))

    assert (await ada.get(DASHBOARD))["performance_chart"]["labels"] == ["Dec 29, 2011", "Dec 30, 2011", "Jan 6, 2012"]


async def test_while_the_marketplace_is_away_only_hours_are_unknown(studio: World, ada: User) -> None:
    await studio.trained(ada)
    studio.broker.away = True
    try:
        dashboard = await ada.get(DASHBOARD)
    finally:
        studio.broker.away = False

    assert dashboard["summary"]["total_models"] == 1
    assert (dashboard["summary"]["compute_hours_used"], dashboard["summary"]["compute_hours_remaining"]) == (None, None)
    assert dashboard["reasons"].keys() == {"compute_hours_used", "compute_hours_remaining"}
