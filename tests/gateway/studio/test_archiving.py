"""Models are put away and taken back: what an archived one keeps, what it refuses, and who goes on using it."""

import asyncio
from typing import Any

import pytest

from libs.contracts.gateway import ModelArchived, ModelRestored
from tests.gateway.studio.selling import a_reviewer, an_offer, listed
from tests.gateway.studio.subscribers import predict, subscribed
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def archived(user: User, model_id: str) -> dict[str, Any]:
    answer = await user.call("POST", f"/models/{model_id}/archive/")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def restored(user: User, model_id: str) -> dict[str, Any]:
    answer = await user.call("POST", f"/models/{model_id}/restore/")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_an_archived_model_keeps_all_that_it_has_and_comes_back_as_it_was(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    before = await ada.get(f"/models/{model_id}/")

    away = [await archived(ada, model_id), await archived(studio.at_the_other(ada), model_id), await ada.get(f"/models/{model_id}/")]
    dashboard = await ada.get("/analytics/dashboard/")
    back = [await restored(studio.at_the_other(ada), model_id), await restored(ada, model_id), await ada.get(f"/models/{model_id}/")]

    assert away[0] == away[1] == away[2]
    assert back[0] == back[1] == back[2]
    assert (away[0]["status"], back[0]["status"]) == ("ARCHIVED", "COMPLETED")
    changing = {"status", "updated_at"}
    assert [{name: each[name] for name in each.keys() - changing} for each in (away[0], back[0])] == [
        {name: before[name] for name in before.keys() - changing}
    ] * 2
    assert [dashboard["summary"][name] for name in ("total_models", "active_models")] == [1, 0]
    assert dashboard["performance_chart"]["models"] == 0

    async def told() -> bool:
        return bool(studio.events(ModelRestored.topic, key=model_id))

    await until(told)
    (first,), (second,) = (studio.events(event.topic, key=model_id) for event in (ModelArchived, ModelRestored))
    assert ModelArchived.model_validate_json(first["body"]).sequence == 2
    assert ModelRestored.model_validate_json(second["body"]).sequence == 3


async def test_an_archived_model_is_read_and_nothing_else_until_it_is_restored(studio: World, ada: User) -> None:
    draft, model_id, other = await ada.make_model(), await studio.trained(ada), studio.at_the_other(ada)
    for each in (draft, model_id):
        await archived(ada, each)
    calls: list[tuple[str, str, Any]] = [
        ("PATCH", f"/models/{draft}/", {"name": "Late"}),
        ("POST", f"/models/{draft}/train/", {}),
        ("POST", f"/models/{draft}/publish/", an_offer()),
        ("PATCH", f"/models/{model_id}/", {"name": "Late"}),
        ("PATCH", f"/models/{model_id}/versions/1.0/", {"stage": "production", "aliases": ["champion"]}),
        ("POST", f"/models/{model_id}/train/", {}),
        ("POST", f"/models/{model_id}/publish/", an_offer()),
        ("POST", f"/models/{model_id}/predict/", {"symbols": ["AAPL"]}),
        ("POST", f"/models/{model_id}/batch-predict/", {"symbols": ["AAPL"], "start_date": "2012-12-03", "end_date": "2012-12-04"}),
        ("GET", f"/models/{model_id}/explain/?symbols=AAPL&start_date=2012-12-03&end_date=2012-12-04", None),
        ("DELETE", f"/models/{model_id}/", None),
    ]

    answers = [await who.call(*call) for call in calls for who in (ada, other)]
    read = [await ada.call("GET", f"/models/{model_id}/{what}") for what in ("", "feature-importance/", "trades/", "equity-curve/")]
    await restored(ada, model_id)
    again = await predict(ada, model_id)

    told = {(answer.status_code, answer.json()["error"]["code"], *answer.json()["error"]["details"]["status"]) for answer in answers}
    assert told == {(400, "VALIDATION_ERROR", "The model is ARCHIVED.")}
    assert {answer.status_code for answer in (*read, again)} == {200}
    assert (await ada.call("DELETE", f"/models/{draft}/")).status_code == 204


async def test_what_is_trained_in_review_or_on_sale_is_not_archived(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    job_id = await ada.train(model_id)
    sold, listing_id = await listed(studio, ada, await a_reviewer(studio))
    subscriber = await studio.user()
    await subscribed(subscriber, listing_id)

    busy, offered = [await ada.call("POST", f"/models/{each}/archive/") for each in (model_id, sold)]
    await ada.call("POST", f"/training-jobs/{job_id}/cancel/")
    await ada.call("POST", f"/models/{sold}/unpublish/")
    for each in (model_id, sold):
        await archived(ada, each)

    assert (busy.status_code, busy.json()["error"]["details"]) == (409, {"job_id": [job_id]})
    assert (offered.status_code, offered.json()["error"]["message"]) == (
        409,
        "The model is on sale: withdraw it from the marketplace before you archive it.",
    )
    assert ((await predict(subscriber, sold)).status_code, (await predict(ada, sold)).status_code) == (200, 400)


async def test_a_training_and_an_archiving_at_once_leave_an_archived_model_or_a_trained_one(studio: World, ada: User) -> None:
    models, other = [await ada.make_model() for _ in range(4)], studio.at_the_other(ada)

    answers = await asyncio.gather(
        *(who.call("POST", f"/models/{model_id}/{what}/") for model_id in models for who, what in ((ada, "train"), (other, "archive")))
    )

    for model_id, started, put_away in zip(models, answers[::2], answers[1::2], strict=True):
        status = (await ada.get(f"/models/{model_id}/"))["status"]
        assert (status, started.status_code, put_away.status_code) in {("TRAINING", 202, 409), ("ARCHIVED", 400, 200)}


async def test_the_same_key_archives_once_and_one_from_before_there_were_places_is_archived_too(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    await studio.database["models"].update_one({"_id": model_id}, {"$unset": {"place": 1, "archive_place": 1}})

    first = await ada.call("POST", f"/models/{model_id}/archive/", key="archive-1")
    again = await studio.at_the_other(ada).call("POST", f"/models/{model_id}/archive/", key="archive-1")
    other = await ada.call("POST", f"/models/{await ada.make_model()}/archive/", key="archive-1")

    assert (first.status_code, first.json()) == (200, again.json())
    assert (other.status_code, other.json()["error"]["code"]) == (409, "CONFLICT")
    assert (await restored(ada, model_id))["status"] == "DRAFT"
