"""Versions with stages and aliases: which one serves, what is shown of it, and who follows it."""

from typing import Any

import httpx
import pytest

from libs.contracts.gateway import ModelStaged
from tests.gateway.studio.doubles import measured
from tests.gateway.studio.selling import a_reviewer, an_offer, listed
from tests.gateway.studio.subscribers import predict, subscribe, subscribed
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
RANGE = "symbols=AAPL&start_date=2012-12-03&end_date=2012-12-04"
OF_RESULTS = ("", "feature-importance/", "trades/", "equity-curve/")


async def train(studio: World, user: User, model_id: str, *, accuracy: float) -> str:
    """Train a model anew and return its job's id."""
    job_id = await user.train(model_id)
    drawn = {"plots": studio.training.drawn(job_id), "tables": studio.training.kept()}
    await studio.training.complete(job_id, result=measured(accuracy=accuracy).model_copy(update=drawn))
    await user.job_is(job_id, "COMPLETED")
    return job_id


async def two_versions(studio: World, user: User) -> str:
    model_id = await user.make_model()
    for accuracy in (0.5, 0.6):
        await train(studio, user, model_id, accuracy=accuracy)
    return model_id


async def put(user: User, model_id: str, version: str, **change: Any) -> httpx.Response:
    return await user.call("PATCH", f"/models/{model_id}/versions/{version}/", change)


async def staged(user: User, model_id: str, version: str, **change: Any) -> dict[str, Any]:
    answer = await put(user, model_id, version, **change)
    assert answer.status_code == 200, answer.text
    model: dict[str, Any] = answer.json()
    return model


def standing(model: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(each[name] for name in ("version", "stage", "aliases", "serves")) for each in model["versions"]]


async def test_an_older_version_in_production_answers_and_is_what_is_shown(studio: World, ada: User) -> None:
    model_id, other = await ada.make_model(), studio.at_the_other(ada)
    first = await train(studio, ada, model_id, accuracy=0.5)
    before = {what: await ada.get(f"/models/{model_id}/{what}") for what in OF_RESULTS}
    picture = (await ada.call("GET", f"/models/{model_id}/plots/equity.png")).content
    await train(studio, ada, model_id, accuracy=0.6)

    model = await staged(ada, model_id, "1.0", stage="production")
    after = {what: await other.get(f"/models/{model_id}/{what}") for what in OF_RESULTS}
    drawn = await ada.call("GET", f"/models/{model_id}/plots/equity.png")

    assert standing(model) == [("1.0", "production", [], True), ("1.1", "none", [], False)]
    assert (model["version"], model["performance_metrics"]["accuracy"], model["versions"][0]["job_id"]) == ("1.0", 0.5, first)
    assert after[""] == model
    changed = {"versions", "updated_at"}
    assert {name for name in model if model[name] != before[""][name]} == changed
    assert {what: after[what] for what in OF_RESULTS[1:]} == {what: before[what] for what in OF_RESULTS[1:]}
    assert drawn.content == picture
    assert (await ada.get("/models/"))["results"][0]["performance_metrics"]["accuracy"] == 0.5
    assert (await predict(ada, model_id)).json()["model_version"] == "1.0"
    assert (await ada.get(f"/models/{model_id}/explain/?{RANGE}"))["model_version"] == "1.0"


async def test_what_is_in_production_goes_on_serving_when_a_model_is_trained_anew(studio: World, ada: User) -> None:
    model_id = await two_versions(studio, ada)
    await staged(ada, model_id, "1.0", stage="production")
    shown = await ada.get(f"/models/{model_id}/")

    await train(studio, ada, model_id, accuracy=0.7)
    waiting = await ada.get(f"/models/{model_id}/")
    answered = (await predict(ada, model_id)).json()["model_version"]
    promoted = await staged(ada, model_id, "1.2", stage="production")
    back = await staged(ada, model_id, "1.0", stage="production")

    assert {name for name in shown if shown[name] != waiting[name]} <= {"versions", "updated_at"}
    assert (answered, [each["serves"] for each in waiting["versions"]]) == ("1.0", [True, False, False])
    assert (promoted["version"], promoted["performance_metrics"]["accuracy"]) == ("1.2", 0.7)
    assert standing(promoted) == [("1.0", "archived", [], False), ("1.1", "none", [], False), ("1.2", "production", [], True)]
    assert (back["version"], back["performance_metrics"], back["run_card"]) == ("1.0", shown["performance_metrics"], shown["run_card"])
    assert [each["stage"] for each in back["versions"]] == ["production", "none", "archived"]


async def test_without_one_in_production_the_newest_that_is_not_archived_serves(studio: World, ada: User) -> None:
    model_id = await two_versions(studio, ada)

    served = [
        (await staged(ada, model_id, version, stage=stage))["version"]
        for version, stage in (
            ("1.1", "archived"), ("1.1", "staging"), ("1.0", "staging"), ("1.0", "production"), ("1.0", "none"), ("1.1", "archived"),
        )
    ]  # fmt: skip
    last = await put(ada, model_id, "1.0", stage="archived")

    assert served == ["1.0", "1.1", "1.1", "1.0", "1.1", "1.0"]
    assert (last.status_code, last.json()["error"]["details"]) == (400, {"stage": ["One version must be left to serve."]})
    assert (await predict(ada, model_id)).json()["model_version"] == "1.0"


async def test_an_alias_is_of_one_version_and_names_it(studio: World, ada: User) -> None:
    model_id = await two_versions(studio, ada)

    both = await staged(ada, model_id, "1.0", aliases=["champion", "blue"])
    moved = await staged(ada, model_id, "1.1", aliases=["champion"])
    named = await staged(ada, model_id, "blue", stage="production", aliases=[])
    unknown = await put(ada, model_id, "champoin", stage="production")

    assert standing(both) == [("1.0", "none", ["blue", "champion"], False), ("1.1", "none", [], True)]
    assert standing(moved) == [("1.0", "none", ["blue"], False), ("1.1", "none", ["champion"], True)]
    assert standing(named) == [("1.0", "production", [], True), ("1.1", "none", ["champion"], False)]
    assert unknown.status_code == 404
    assert unknown.json()["error"]["message"] == "The model has no version 'champoin'. Did you mean 'champion'?"


async def test_the_same_change_twice_is_once_and_each_is_told(studio: World, ada: User) -> None:
    model_id = await two_versions(studio, ada)

    first = await staged(ada, model_id, "1.0", stage="production", aliases=["champion"])
    again = await staged(studio.at_the_other(ada), model_id, "1.0", stage="production", aliases=["champion"])
    await staged(ada, model_id, "1.1", aliases=["champion"])

    async def told() -> bool:
        return len(studio.events(ModelStaged.topic, key=model_id)) == 2

    await until(told)
    assert first == again
    events = [ModelStaged.model_validate_json(each["body"]) for each in studio.events(ModelStaged.topic, key=model_id)]
    assert [(event.serving, [(each.stage, each.aliases) for each in event.versions]) for event in events] == [
        ("1.0", [("production", ("champion",)), ("none", ())]),
        ("1.0", [("production", ()), ("none", ("champion",))]),
    ]
    assert events[0].sequence < events[1].sequence


async def test_subscribers_follow_what_serves_or_stay_where_they_are(studio: World, ada: User) -> None:
    follower, stayer, late = [await studio.user() for _ in range(3)]
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    await subscribed(follower, listing_id)
    await subscribed(stayer, listing_id, version="1.0")
    await train(studio, ada, model_id, accuracy=0.6)
    await staged(ada, model_id, "1.1", stage="production")
    await staged(ada, model_id, "1.0", stage="archived")
    await train(studio, ada, model_id, accuracy=0.7)

    answered = [(await predict(user, model_id)).json()["model_version"] for user in (follower, stayer)]
    offered = await late.get(f"/marketplace/{listing_id}/")
    refused, never = await subscribe(late, listing_id, version="1.0"), await subscribe(late, listing_id, version="9.9")
    subscription_id = (await follower.get("/subscriptions/"))["results"][0]["subscription_id"]
    moved = await follower.call("PATCH", f"/subscriptions/{subscription_id}/", {"version": "1.0"})

    assert answered == ["1.1", "1.0"]
    assert [each["version"] for each in offered["versions"]] == ["1.1", "1.2"]
    assert [each.status_code for each in (refused, moved, never)] == [400, 400, 400]
    archived = {"version": ["Version '1.0' is archived: choose one of the `versions` that the listing shows."]}
    assert [each.json()["error"]["details"] for each in (refused, moved)] == [archived, archived]
    assert never.json()["error"]["details"] == {"version": ["The model has no version '9.9'."]}


async def test_a_subscriber_whose_version_is_gone_is_not_told_what_else_its_seller_has(studio: World, ada: User, eve: User) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    await train(studio, ada, model_id, accuracy=0.6)
    await subscribed(eve, listing_id, version="1.1")
    await train(studio, ada, model_id, accuracy=0.7)
    await studio.database["models"].update_one({"_id": model_id}, {"$pull": {"versions": {"name": "1.1"}}, "$inc": {"version": 1}})

    answer = await predict(eve, model_id)

    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "The model has no version '1.1'.")


async def test_what_is_published_is_what_serves(studio: World, ada: User) -> None:
    model_id = await two_versions(studio, ada)
    await staged(ada, model_id, "1.0", stage="production")

    submitted = await ada.call("POST", f"/models/{model_id}/publish/", an_offer())

    assert (await ada.get(f"/marketplace/{submitted.json()['listing_id']}/"))["model_version"] == "1.0"


async def test_a_model_of_a_former_release_is_read_and_of_its_versions_the_one_that_serves_can_be_gone_back_to(
    studio: World, ada: User
) -> None:
    model_id = await two_versions(studio, ada)
    former = {"$unset": {"versions.$[].stage": 1, "versions.$[].aliases": 1}}
    await studio.database["models"].update_one({"_id": model_id}, former)
    await studio.database["results"].delete_many({"model_id": model_id})
    before = await ada.get(f"/models/{model_id}/")

    lost = await put(ada, model_id, "1.0", stage="production")
    await train(studio, ada, model_id, accuracy=0.7)
    back = await staged(ada, model_id, "1.1", stage="production")

    assert standing(before) == [("1.0", "none", [], False), ("1.1", "none", [], True)]
    assert lost.status_code == 400
    assert "before the results of each version were kept" in lost.json()["error"]["details"]["version"][0]
    assert (back["version"], back["performance_metrics"]["accuracy"]) == ("1.1", 0.6)
    assert back["run_card"] == before["run_card"]


async def test_what_a_later_release_says_of_a_version_is_passed_over(studio: World, ada: User) -> None:
    model_id = await two_versions(studio, ada)
    before = await ada.get(f"/models/{model_id}/")

    await studio.database["models"].update_one({"_id": model_id}, {"$set": {"versions.$[].signed_by": "somebody"}})

    assert await ada.get(f"/models/{model_id}/") == before
