"""Training through AI Studio's front door: credits first, one insert, events in any order, honest ends."""

import asyncio
from decimal import Decimal

import pytest

from libs.contracts.ids import new_id
from libs.contracts.marketplace import ReserveCredits, SettleCredits
from libs.contracts.training import TrainingRequested
from services.gateway.domain.accounts.account import Tier
from tests.gateway.studio.doubles import measured
from tests.gateway.studio.world import User, World, new_model
from tests.outboxes import empty_outbox, fill_outbox
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_training_is_accepted_with_its_cost_and_told_once(studio: World, ada: User) -> None:
    model_id = await ada.make_model()

    answer = await ada.call("POST", f"/models/{model_id}/train/", {"priority": "HIGH"})

    started = answer.json()
    assert answer.status_code == 202
    assert (started["status"], started["model_version"], started["message"]) == ("PENDING", "1.0", "Training job queued successfully")
    assert Decimal(started["estimated_cost"]) >= Decimal("0.05")
    request = await studio.training.heard(started["job_id"])
    assert (request.version, request.job_name, request.priority) == ("1.0", "Momentum training v1.0", "high")
    assert request.spec.training_config["symbols"] == ["AAPL", "MSFT"]
    assert len(studio.events(TrainingRequested.topic, key=started["job_id"])) == 1
    job = await ada.get(f"/training-jobs/{started['job_id']}/")
    assert (job["status"], job["progress"], job["started_at"]) == ("PENDING", 0, None)
    assert job["reasons"]["started_at"] == "The job waits for a runner."
    model = await ada.get(f"/models/{model_id}/")
    assert (model["status"], model["active_job_id"]) == ("TRAINING", started["job_id"])


async def test_progress_metrics_and_logs_can_be_followed(studio: World, ada: User) -> None:
    job_id = await ada.train(await ada.make_model(), job_name="Night run")

    await studio.training.progress(job_id, 34, lines=["Fold 1 of 3"])
    job = await ada.job_is(job_id, "RUNNING")

    assert (job["job_name"], job["progress"], job["current_epoch"], job["total_epochs"]) == ("Night run", 34, 12, 20)
    assert job["current_metrics"] == {"accuracy": 0.4, "loss": 1.1}
    assert job["started_at"] == "2026-01-15T10:30:00.000Z"
    assert [line["message"] for line in job["logs"]] == ["Fold 1 of 3"]
    assert job["compute_hours"] is None
    assert job["reasons"]["compute_hours"] == "The job is RUNNING: known when it has run for a while."


async def test_a_report_of_success_finishes_the_job_once(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    job_id = await ada.train(model_id)

    await studio.training.progress(job_id, 60)
    report = await studio.training.complete(job_id, result=measured(sharpe_ratio=None))
    await studio.training.again(report)
    job = await ada.job_is(job_id, "COMPLETED")

    assert (job["progress"], job["compute_hours"], job["cost"]) == (100, 0.002, "0.01")
    assert (job["current_epoch"], job["total_epochs"]) == (20, 20)
    assert job["training_metrics"]["final_accuracy"] == 0.7
    assert [line["message"] for line in job["logs"]] == ["done"]
    model = await ada.get(f"/models/{model_id}/")
    assert (model["status"], model["version"], model["active_job_id"]) == ("COMPLETED", "1.0", None)
    assert [version["job_id"] for version in model["versions"]] == [job_id]
    assert model["performance_metrics"]["roc_auc"] == 0.56
    assert model["performance_metrics"]["sharpe_ratio"] is None
    assert model["learned_until"] == "2011-12-23T21:00:00.000Z"
    assert model["reasons"]["sharpe_ratio"] == "There was nothing to measure it on."
    assert model["backtest_results"]["total_trades"] == 10
    assert model["feature_importance"] == {"rsi_14": 0.6, "macd_signal": 0.4}
    assert (model["data_source"], model["synthetic"]) == ("bokeh-sampledata 2026.1", False)


async def test_events_out_of_order_change_nothing_that_is_newer(studio: World, ada: User) -> None:
    job_id = await ada.train(await ada.make_model())
    early = await studio.training.progress(job_id, 10, lines=["early"])
    late = await studio.training.progress(job_id, 60, sequence=5, lines=["late"])
    between = await studio.training.progress(job_id, 20, sequence=4, lines=["between"])

    for event in (early, late, between, late):
        await studio.training.again(event)

    async def all_lines() -> bool:
        return len((await ada.get(f"/training-jobs/{job_id}/"))["logs"]) >= 3

    await until(all_lines)
    job = await ada.get(f"/training-jobs/{job_id}/")
    assert job["progress"] == 60
    assert [line["message"] for line in job["logs"]] == ["early", "between", "late"]


async def test_a_failure_says_why_and_gives_all_credits_back(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    job_id = await ada.train(model_id)

    await studio.training.fail(job_id)
    job = await ada.job_is(job_id, "FAILED")

    assert job["error"] == {
        "code": "MODEL_TRAINING_ERROR",
        "type": "NotEnoughDataError",
        "message": "Only 12 rows are left after the warm-up.",
    }
    assert (job["attempts"], job["cost"], job["refund_amount"]) == (3, "0.00", job["estimated_cost"])
    assert (await ada.get(f"/models/{model_id}/"))["status"] == "FAILED"


async def test_a_failed_or_cancelled_retraining_changes_nothing_that_serves(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    before = await ada.get(f"/models/{model_id}/")

    failing = await ada.train(model_id)
    assert (await ada.get(f"/models/{model_id}/"))["status"] == "TRAINING"
    await studio.training.fail(failing)
    await ada.job_is(failing, "FAILED")
    cancelling = await ada.train(model_id)
    await ada.call("POST", f"/training-jobs/{cancelling}/cancel/")

    after = await ada.get(f"/models/{model_id}/")
    for name in ("status", "version", "versions", "performance_metrics", "backtest_results", "feature_importance"):
        assert after[name] == before[name]


async def test_every_training_makes_a_version_of_its_own(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    failing = await ada.train(model_id)
    await studio.training.fail(failing)
    await ada.job_is(failing, "FAILED")

    job_id = await ada.train(model_id)
    await studio.training.complete(job_id, result=measured(accuracy=0.5))
    await ada.job_is(job_id, "COMPLETED")

    model = await ada.get(f"/models/{model_id}/")
    assert [version["version"] for version in model["versions"]] == ["1.0", "1.2"]
    assert [version["performance_metrics"]["accuracy"] for version in model["versions"]] == [0.41, 0.5]
    assert (model["version"], model["performance_metrics"]["accuracy"]) == ("1.2", 0.5)


async def test_only_one_training_of_a_model_at_a_time(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    other = studio.at_the_other(ada)

    answers = await asyncio.gather(*(who.call("POST", f"/models/{model_id}/train/", {}) for who in [ada, other] * 3))

    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409, 409]
    (started,) = [answer.json()["job_id"] for answer in answers if answer.status_code == 202]
    refused = next(answer.json()["error"] for answer in answers if answer.status_code == 409)
    assert refused["code"] == "CONFLICT"
    assert refused["details"] == {"job_id": [started]}
    await ada.call("POST", f"/training-jobs/{started}/cancel/")
    assert (await ada.get("/training-jobs/"))["count"] == 1


async def test_the_same_key_starts_one_job_at_either_gateway(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    other = studio.at_the_other(ada)

    answers = await asyncio.gather(
        *(who.call("POST", f"/models/{model_id}/train/", {"priority": "LOW"}, key="t-1") for who in [ada, other] * 3)
    )
    another = await ada.call("POST", f"/models/{model_id}/train/", {"priority": "NORMAL"}, key="t-1")

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert (another.status_code, another.json()["error"]["code"]) == (409, "CONFLICT")
    assert (await ada.get("/training-jobs/"))["count"] == 1


async def test_a_tier_has_its_priorities(studio: World) -> None:
    free = await studio.user(Tier.FREE)
    model_id = await free.make_model()

    high = await free.call("POST", f"/models/{model_id}/train/", {"priority": "HIGH"})
    normal = await free.call("POST", f"/models/{model_id}/train/", {"priority": "NORMAL"})

    assert (high.status_code, high.json()["error"]["code"]) == (403, "SUBSCRIPTION_REQUIRED")
    assert high.json()["error"]["message"] == "Priority HIGH needs the tier pro or elite; this account is on free."
    assert high.json()["error"]["details"] == {"priority": ["Allowed on this tier: LOW, NORMAL."]}
    assert normal.status_code == 202


async def test_without_credits_nothing_begins(studio: World) -> None:
    free = await studio.user(Tier.FREE)
    model_id = await free.make_model()
    nearly_all = ReserveCredits(job_id=new_id("job"), account_id=free.account_id, tier="free", hours=Decimal("9.995"))
    await studio.gateway.platform.services.marketplace.reserve(nearly_all)

    answer = await free.call("POST", f"/models/{model_id}/train/", {})

    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "INSUFFICIENT_CREDITS")
    assert (await free.get(f"/models/{model_id}/"))["status"] == "DRAFT"
    assert (await free.get("/training-jobs/"))["count"] == 0


async def test_a_job_whose_document_was_lost_is_made_again_by_the_event_that_requested_it(studio: World, ada: User) -> None:
    job_id = await ada.train(await ada.make_model())
    await studio.training.heard(job_id)
    jobs = studio.gateway.platform.jobs
    await jobs._jobs.delete_one({"_id": job_id})
    (entry,) = studio.events(TrainingRequested.topic, key=job_id)

    await studio.training.again(TrainingRequested.model_validate_json(entry["body"]))
    await studio.training.progress(job_id, 50)

    assert (await ada.job_is(job_id, "RUNNING"))["job_name"] == "Momentum training v1.0"


async def test_the_broker_being_away_is_told_within_a_second_and_costs_nothing(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    studio.broker.away = True
    try:
        answer = await ada.call("POST", f"/models/{model_id}/train/", {}, key="later")
    finally:
        studio.broker.away = False
    again = await ada.call("POST", f"/models/{model_id}/train/", {}, key="later")

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert answer.headers["retry-after"]
    assert again.status_code == 202


async def test_credits_are_settled_as_used(studio: World, ada: User) -> None:
    job_id = await ada.train(await ada.make_model())
    reserved = (await studio.training.heard(job_id)).reserved_hours
    await studio.training.complete(job_id, hours="0.002")
    job = await ada.job_is(job_id, "COMPLETED")

    settled = await studio.gateway.platform.services.marketplace.settle(
        SettleCredits(job_id=job_id, account_id=ada.account_id, outcome="succeeded", used_hours=Decimal("0.002"))
    )

    assert f"{settled.refund_amount:.2f}" == job["refund_amount"]
    assert settled.charged_hours == Decimal("0.002")
    assert reserved >= Decimal("0.01")
    assert new_model()["name"] in job["job_name"]


async def test_a_training_begins_however_many_events_of_its_model_wait(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    await fill_outbox(studio.database["models"], model_id)

    job_id = await ada.train(model_id)

    assert (await studio.training.heard(job_id)).model_id == model_id
    assert (await ada.get(f"/models/{model_id}/"))["active_job_id"] == job_id
    await empty_outbox(studio.database["models"], model_id)
