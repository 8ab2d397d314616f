"""Models that are retrained by themselves: once, on new candles, through a gate; and versions that expire."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from libs.contracts.gateway import ModelRetrained, RetrainingSkipped
from libs.contracts.ids import new_id
from libs.contracts.job_kinds import JobKind
from libs.contracts.marketplace import ReserveCredits
from services.gateway.domain.accounts.account import Role, Tier
from services.gateway.domain.accounts.caller import Caller, scopes_of
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.models.retrain_models import LEASE
from tests.gateway.studio.own_candles import give
from tests.gateway.studio.retraining import WEEK, WEEKLY, Hands, Kept, kept, told
from tests.gateway.studio.selling import a_reviewer, an_offer
from tests.gateway.studio.subscribers import predict, subscribed
from tests.gateway.studio.test_suspended import set_to
from tests.gateway.studio.world import Places, User, World, world
from tests.gateway.webhooks.receiver import receiving
from tests.gateway.webhooks.subscriber import Subscriber

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def clock() -> Hands:
    return Hands()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def studio(mongo_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory, clock: Hands) -> AsyncIterator[World]:
    async with world(Places(mongo_url, redis_url, tmp_path_factory.mktemp("retraining")), gateway_clock=clock) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def model(studio: World, clock: Hands, ada: User) -> Kept:
    return await kept(studio, clock, ada)


async def requests_of(model: Kept) -> int:
    return len(model.studio.events("training.requested", key=model.model_id) or await jobs_of(model))


async def jobs_of(model: Kept) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await model.user.get(f"/training-jobs/?model_id={model.model_id}"))["results"]
    return found


async def test_a_new_version_that_passes_serves_and_everybody_is_told(model: Kept, clock: Hands, studio: World) -> None:
    async with receiving() as receiver:
        await Subscriber(model.user, studio).make_webhook(receiver, "model.retrained")
        await model.new_candles()
        clock.ahead += WEEK

        await model.turn()
        request = await model.requested()
        begun = await model.last("STARTED")
        await model.made(request, old=1.0, new=0.9)
        (call,) = await receiver.heard(1)

    shown = await model.shown()
    assert begun["job_id"] == request.job_id
    assert (request.spec.incumbent.version, request.spec.incumbent.metric) == ("1.0", "log_loss")  # type: ignore[union-attr]
    assert (request.spec.training_config["start_date"], request.spec.training_config["end_date"]) == ("2020-01-01", "2025-01-07")
    assert [each.version for each in request.spec.own] == [2]
    assert (shown["version"], shown["gate"]["passed"], shown["gate"]["rows"]) == ("1.1", True, 180)
    assert (shown["retraining"]["last"]["outcome"], shown["retraining"]["last"]["version"]) == ("PASSED", "1.1")
    assert shown["training_config"]["retrain"]["gate"] == {"metric": "log_loss", "tolerance": 0.02}
    assert (call.payload["event"], call.payload["data"]["serving_version"]) == ("model.retrained", "1.1")
    assert (call.payload["data"]["gate"]["old"], call.payload["data"]["gate"]["new"]) == (1.0, 0.9)
    (event,) = await told(studio, ModelRetrained.topic, model.model_id)
    assert ModelRetrained.model_validate_json(event["body"]).next_at is not None
    assert Decimal((await model.user.get(f"/training-jobs/{request.job_id}/"))["cost"]) > 0


async def test_a_new_version_that_does_not_pass_is_archived_and_the_old_one_serves_on(model: Kept, clock: Hands, studio: World) -> None:
    await model.new_candles()
    clock.ahead += WEEK
    await model.turn()

    await model.made(await model.requested(), old=1.0, new=1.1)

    shown = await model.shown()
    assert shown["version"] == "1.0"
    assert {each["version"]: each["stage"] for each in shown["versions"]} == {"1.0": "none", "1.1": "archived"}
    assert shown["retraining"]["last"]["outcome"] == "NOT_PASSED"
    assert "at most 1.02 would have passed" in shown["retraining"]["last"]["reason"]
    (event,) = await told(studio, ModelRetrained.topic, model.model_id)
    assert (ModelRetrained.model_validate_json(event["body"]).passed, shown["status"]) == (False, "COMPLETED")


async def test_a_version_in_production_stays_until_its_owner_says_else(model: Kept, clock: Hands) -> None:
    await model.user.call("PATCH", f"/models/{model.model_id}/versions/1.0/", {"stage": "production"})
    await model.new_candles()
    clock.ahead += WEEK
    await model.turn()

    await model.made(await model.requested(), old=1.0, new=0.5)

    shown = await model.shown()
    assert (shown["version"], shown["retraining"]["last"]["outcome"]) == ("1.0", "PASSED")
    assert shown["retraining"]["last"]["reason"].endswith("Version 1.0 is in production and serves on.")


async def test_two_gateways_begin_one_training(model: Kept, clock: Hands, studio: World) -> None:
    await model.new_candles()
    clock.ahead += WEEK

    await asyncio.gather(*(model.turn(each) for each in (studio.gateway, studio.other) * 3))

    await model.made(await model.requested())
    assert len(await jobs_of(model)) == 2


async def test_a_turn_that_dies_before_it_has_begun_anything_comes_again(model: Kept, clock: Hands, studio: World) -> None:
    await model.new_candles()
    clock.ahead += WEEK
    at = clock()
    turns, taken = studio.gateway.platform.turns, set()
    while (one := await turns.take(holder="gateway that dies", at=at, until=at + LEASE)) is not None:
        taken.add(one.id)

    await model.turn()
    held = await jobs_of(model)
    clock.ahead += LEASE
    await model.turn(studio.other)

    assert (model.model_id in taken, len(held)) == (True, 1)
    await model.made(await model.requested())
    assert len(await jobs_of(model)) == 2


async def test_a_turn_that_dies_right_after_it_has_begun_a_training_begins_no_other(model: Kept, clock: Hands, studio: World) -> None:
    await model.new_candles()
    clock.ahead += WEEK
    due = (await studio.gateway.platform.models.get(model.model_id, account_id=None)).schedule.next_at
    assert due is not None
    work = Work(f"retrain|{model.model_id}|{due.isoformat()}", int(due.timestamp() * 1000))
    caller = Caller(model.user.account_id, "ada", Role.USER, Tier.ELITE, scopes_of(Role.USER), credential="schedule")
    order = Order(kind=JobKind.TRAIN, model_id=model.model_id, scheduled=True)
    await studio.gateway.platform.job_parts.start(order, caller=caller, work=work)

    await model.turn()
    await model.made(await model.requested(), old=1.0, new=1.1)
    await model.turn()

    assert len(await jobs_of(model)) == 2
    await model.last("NOT_PASSED")
    assert (await model.shown())["version"] == "1.0"


async def test_without_new_candles_the_turn_is_passed_over_and_nothing_is_charged(model: Kept, clock: Hands, studio: World) -> None:
    clock.ahead += WEEK

    await model.turn()

    last, shown = await model.last("SKIPPED"), await model.shown()
    renamed = await model.user.call("PATCH", f"/models/{model.model_id}/", {"name": "Renamed meanwhile"})
    assert "job_id" not in last
    assert renamed.json()["retraining"]["next_at"] == shown["retraining"]["next_at"] > last["at"]
    assert last["reason"] == "There are no candles after 2024-12-31, the last day that version 1.0 has seen."
    (event,) = await told(studio, RetrainingSkipped.topic, model.model_id)
    assert RetrainingSkipped.model_validate_json(event["body"]).code == "no_new_candles"
    assert len(await jobs_of(model)) == 1


async def test_what_credits_do_not_cover_is_told_and_tried_again_at_the_next_turn(studio: World, clock: Hands) -> None:
    free = await studio.user(Tier.FREE)
    model = await kept(studio, clock, free)
    nearly_all = ReserveCredits(job_id=new_id("job"), account_id=free.account_id, tier="free", hours=Decimal("9.99"))
    await studio.gateway.platform.services.marketplace.reserve(nearly_all)
    await model.new_candles()
    clock.ahead += WEEK

    async with receiving() as receiver:
        await Subscriber(free, studio).make_webhook(receiver, "retraining.skipped")
        await model.turn()
        (call,) = await receiver.heard(1)

    shown = (await model.shown())["retraining"]
    assert (shown["last"]["outcome"], call.payload["data"]["code"]) == ("REFUSED", "INSUFFICIENT_CREDITS")
    assert call.payload["data"]["next_at"] == shown["next_at"]
    assert shown["next_at"] > shown["last"]["at"]
    assert len(await jobs_of(model)) == 1


async def test_a_suspended_account_is_not_retrained_for(model: Kept, clock: Hands, studio: World) -> None:
    await model.new_candles()
    await set_to(await a_reviewer(studio), model.user, "suspend")
    clock.ahead += WEEK

    await model.turn()

    (event,) = await told(studio, RetrainingSkipped.topic, model.model_id)
    assert RetrainingSkipped.model_validate_json(event["body"]).code == "account_suspended"


async def test_a_retraining_that_fails_is_shown_and_comes_again_at_the_next_turn(model: Kept, clock: Hands, studio: World) -> None:
    await model.new_candles()
    clock.ahead += WEEK
    await model.turn()
    request = await model.requested()

    await studio.training.fail(request.job_id)
    await model.user.job_is(request.job_id, "FAILED")
    await model.turn()

    last = await model.last("FAILED")
    assert last["reason"].startswith(f"{request.job_id} has failed: Only 12 rows")
    assert ((await model.shown())["version"], len(await jobs_of(model))) == ("1.0", 2)


async def test_a_training_of_its_owner_needs_no_gate(model: Kept) -> None:
    await model.new_candles()
    await model.user.train(model.model_id)
    request = await model.requested()

    await model.made(request)

    shown = await model.shown()
    assert (request.spec.incumbent, shown["version"], shown["gate"]) == (None, "1.1", None)


async def test_an_expired_version_predicts_no_more_until_it_is_trained_again(model: Kept, clock: Hands) -> None:
    path = f"/models/{model.model_id}"
    body = {"symbols": ["ACME"], "features": {"ACME": {"rsi_14": 50.0, "macd_signal": 0.1}}}
    before = await model.user.call("POST", f"{path}/predict/", body)
    clock.ahead += timedelta(days=30)

    refusals = [
        await model.user.call("POST", f"{path}/predict/", body),
        await model.user.call("POST", f"{path}/batch-predict/", {"symbols": ["ACME"]}),
        await model.user.call("GET", f"{path}/explain/?symbols=ACME&start_date=2024-12-01&end_date=2024-12-03"),
    ]
    expired = (await model.shown())["retraining"]
    longer = await model.user.call("PATCH", f"{path}/", {"retrain": WEEKLY | {"expire_after": "365d"}})
    after = await model.user.call("POST", f"{path}/predict/", body)

    assert (before.status_code, [each.status_code for each in refusals]) == (200, [409, 409, 409])
    for each in refusals:
        error = each.json()["error"]
        assert (error["code"], "Train the model again" in error["message"]) == ("MODEL_EXPIRED", True)
        assert error["details"]["expired_at"][0][:10] == expired["expires_at"][:10]
    assert expired["expired"] is True
    assert (longer.status_code, after.status_code) == (200, 200)


async def test_retraining_can_be_set_and_cleared_after_training(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada, training_config={"symbols": ["AAPL"], "cross_validation_folds": 0})
    fixed = await studio.trained(ada)

    set_ = await ada.call("PATCH", f"/models/{model_id}/", {"retrain": {"every": "12h", "window": "rolling", "window_days": 730}})
    closed = await ada.call("PATCH", f"/models/{fixed}/", {"retrain": {"every": "7d"}})
    more = await ada.call("PATCH", f"/models/{model_id}/", {"retrain": {"every": "7d"}, "features": ["rsi_14"]})
    cleared = await ada.call("PATCH", f"/models/{model_id}/", {"retrain": None})

    assert set_.json()["training_config"]["retrain"] == {
        "every": "12h", "window": "rolling", "window_days": 730, "gate": {"metric": "log_loss", "tolerance": 0.02}
    }  # fmt: skip
    assert set_.json()["retraining"]["next_at"] is not None
    assert "candles end on 2012-12-31" in closed.json()["error"]["details"]["retrain"][0]
    assert more.status_code == 400
    assert ("retrain" in cleared.json()["training_config"], cleared.json()["retraining"]) == (False, None)


async def test_a_subscriber_of_an_expired_version_is_refused_and_time_that_was_said_is_never_taken_back(
    studio: World, clock: Hands, ada: User, eve: User
) -> None:
    config = {"symbols": ["AAPL"], "cross_validation_folds": 0, "retrain": {"every": "7d", "expire_after": "8d"}}
    model_id = await studio.trained(ada, training_config=config)
    listing_id = (await ada.call("POST", f"/models/{model_id}/publish/", an_offer())).json()["listing_id"]
    await (await a_reviewer(studio)).call("POST", f"/marketplace/{listing_id}/approve/")
    await subscribed(eve, listing_id)

    clock.ahead += timedelta(days=9)
    expired = await predict(eve, model_id)
    await ada.call("PATCH", f"/models/{model_id}/", {"retrain": {"every": "7d", "expire_after": "3650d"}})
    longer = await predict(eve, model_id)
    shorter = await ada.call("PATCH", f"/models/{model_id}/", {"retrain": {"every": "7d", "expire_after": "8d"}})
    after = await predict(eve, model_id)
    listing = await eve.get(f"/marketplace/{listing_id}/")

    assert (expired.status_code, expired.json()["error"]["code"]) == (409, "MODEL_EXPIRED")
    assert "Its owner has to train it again." in expired.json()["error"]["message"]
    await give(studio, ada, symbol="AAPL", timeframe="1d")
    clock.ahead += WEEK
    await (on_sale := Kept(studio, clock, ada, model_id)).turn()

    assert "would be trained on your own AAPL" in (await on_sale.last("REFUSED"))["reason"]
    assert (longer.status_code, shorter.status_code, after.status_code) == (200, 200, 200)
    assert [each["expires_at"][:4] for each in listing["versions"]] == ["2036"]
