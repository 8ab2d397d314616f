"""Models that are watched, where it is hard: what one request looks at, what nobody asked for, gateways that die or come at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from libs.contracts.envelope import now
from libs.contracts.jobs import JobRequested
from libs.contracts.model_monitoring import MonitorSpec
from services.gateway.domain.accounts.account import Tier
from tests.gateway.studio.recipe_runs import answered, registered, started
from tests.gateway.studio.recipe_runs import complete as complete_run
from tests.gateway.studio.watching import BEGAN, DRIFTED, ML, RECOVERED, ask, complete, found, get, heard, snapshot, taken, watched
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def promoted(studio: World, user: User, *, stage: str = "production") -> str:
    """Return a model of which a version is in production."""
    model_id = await studio.trained(user)
    await user.call("PATCH", f"/models/{model_id}/versions/1.0/", {"stage": stage})
    await watched(user, model_id, in_production=True)
    return model_id


async def due(studio: World, model_id: str) -> None:
    """Let a model's turn have come a minute ago."""
    await studio.database["watches"].update_one({"_id": model_id}, {"$set": {"next_at": now() - timedelta(minutes=1)}})


async def test_what_one_request_looks_at_moves_no_alert_and_says_so(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    await taken(studio, ada, model_id, found(rsi=0.5), at=BEGAN)

    asked = await ask(ada, model_id, {"window": {"start": "2001-01-01T00:00:00Z", "end": "2002-01-01T00:00:00Z"}})
    spec = MonitorSpec.model_validate((await heard(studio, asked["job_id"])).spec)
    await complete(studio, asked["job_id"], found(macd=0.9), at=BEGAN + timedelta(minutes=1))
    past = await snapshot(ada, model_id, asked["id"])
    alerts = await get(ada, f"/models/{model_id}/monitoring/alerts?state=open")

    assert not spec.by_rules
    # What has an open alert is told of, however little harm it does by now.
    assert spec.told == ("rsi_14",)
    assert past["alerts_json"] == {}
    assert "raises and resolves no alert" in past["notes"][-1]
    assert [each["subject"] for each in alerts["alerts"]] == ["rsi_14"]
    assert (len(await studio.told(DRIFTED, key=model_id)), studio.events(RECOVERED, key=model_id)) == (1, [])


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"window": {"start": "0001-01-01T00:00:00+14:00"}}, ["window.start"]),
        ({"window": {"end": "9999-12-31T23:59:59-14:00"}}, ["window.end"]),
        ({"window": {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}}, ["window.end"]),
        ({"performance_metrics_json": {"mape": 1}, "data": "nope.csv", "version": "1.0"}, ["data", "version"]),
        ({"alerts_json": {"long": "x" * 40_000}}, ["alerts_json"]),
    ],
    ids=["begins-before-all", "ends-after-all", "ends-before-it-begins", "report-and-look", "long"],
)
async def test_a_look_that_makes_no_sense_is_refused_by_its_field(
    studio: World, ada: User, body: dict[str, Any], places: list[str]
) -> None:
    model_id = await studio.trained(ada) if "start" in body.get("window", {}) else await ada.make_model()

    refused = await ask(ada, model_id, body, status=422)

    assert [".".join(map(str, each["loc"][1:])) for each in refused["detail"]] == places


async def test_labels_are_of_moments_whatever_zone_they_are_told_in(ada: User) -> None:
    model_id = await ada.make_model()
    path = f"{ML}/models/{model_id}/labels"
    rows = [{"timestamp": "2026-01-01T00:00:00Z", "value": 1}, {"timestamp": "2026-01-01T01:00:00+01:00", "value": 2}]

    first = (await ada.http.post(path, json={"rows": rows})).json()
    again = (await ada.http.post(path, json={"rows": rows[:1]})).json()
    wrong = [
        await ada.http.post(path, json={"rows": [{"timestamp": moment, "value": 1}]})
        for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1066-10-14T09:00:00Z")
    ]
    since = await ada.http.get(f"{ML}/models/{model_id}/monitoring?since=0001-01-01T00:00:00%2B14:00")

    assert (first, again) == ({"added": 1, "replaced": 1, "total": 1}, {"added": 0, "replaced": 1, "total": 1})
    assert {(each.status_code, tuple(each.json()["detail"][0]["loc"])) for each in wrong} == {(422, ("body", "rows", 0, "timestamp"))}
    assert (since.status_code, since.json()["detail"][0]["loc"]) == (422, ["query", "since"])


async def test_only_the_newest_reports_of_a_model_are_kept(studio: World, ada: User) -> None:
    model_id, use = await ada.make_model(), studio.gateway.platform.watching.use
    for number in range(4):
        await ask(ada, model_id, {"performance_metrics_json": {"number": number}}, status=201)

    await use.snapshots.make_way(model_id, account_id=ada.account_id, most=2)

    kept = (await get(ada, f"/models/{model_id}/monitoring"))["snapshots"]
    assert [each["performance_metrics_json"]["number"] for each in kept] == [3, 2]


async def test_a_look_that_nobody_asked_for_costs_nothing_and_leaves_the_last_free_slot(studio: World) -> None:
    user = await studio.user(Tier.FREE)
    model_id = await promoted(studio, user)
    own = await ask(user, model_id)
    turns = studio.gateway.platform.watching.turns

    await due(studio, model_id)
    await turns()
    left = (await watched(user, model_id))["last"]
    await studio.gateway.platform.job_parts.stop(own["job_id"], account_id=user.account_id)
    await due(studio, model_id)
    await turns()
    began = (await watched(user, model_id))["last"]
    spec = MonitorSpec.model_validate((await heard(studio, began["job_id"])).spec)
    books = studio.database.client[studio.database.name.replace("gateway", "marketplace")]
    held = [await books["reservations"].find_one({"_id": job_id}) for job_id in (own["job_id"], began["job_id"])]
    bound = (await heard(studio, began["job_id"])).reserved_hours
    await complete(studio, began["job_id"], found(), at=now())
    await snapshot(user, model_id, spec.snapshot_id)

    async def settled() -> bool:
        kept = await books["reservations"].find_one({"_id": began["job_id"]})
        return bool(kept and kept["state"] == "closed" and kept["charged"].to_decimal() == 0)

    await until(settled, what="the look to be settled with nothing")

    assert (left["outcome"], "jobs" in left["reason"]) == ("refused", True)
    assert (began["outcome"], spec.unasked, spec.by_rules) == ("started", True, True)
    assert [each["hours"].to_decimal() > 0 for each in held if each] == [True, False]
    assert bound > 0


async def test_two_gateways_at_once_begin_one_look_and_one_that_dies_before_it_has_kept_it_tells_once(studio: World, ada: User) -> None:
    model_id = await promoted(studio, ada)
    await due(studio, model_id)

    await asyncio.gather(studio.gateway.platform.watching.turns(), studio.other.platform.watching.turns())
    last = (await watched(ada, model_id))["last"]
    request = await heard(studio, last["job_id"])
    event = await complete(studio, last["job_id"], found(rsi=0.5), at=now())
    whole = await snapshot(ada, model_id, request.spec["snapshot_id"])
    # As if the gateway had died between what it writes of the model and what of the snapshot: the event comes again.
    await studio.database["snapshots"].update_one({"_id": whole["id"]}, {"$set": {"status": "computing", "result": None}})
    await studio.training.again(event)
    again = await snapshot(ada, model_id, whole["id"])

    assert await studio.database["jobs"].count_documents({"model_id": model_id, "kind": "monitor_model"}) == 1
    assert len(studio.events(JobRequested.topic, key=last["job_id"])) == 1
    assert [each["id"] for each in again["alerts_json"]["open"]] == [each["id"] for each in whole["alerts_json"]["open"]]
    assert len(await studio.told(DRIFTED, key=model_id)) == 1


async def test_a_model_that_leaves_production_has_no_open_alerts_and_is_told_to_be_well(studio: World, ada: User) -> None:
    model_id = await promoted(studio, ada)
    await taken(studio, ada, model_id, found(rsi=0.5), at=now())

    await ada.call("PATCH", f"/models/{model_id}/versions/1.0/", {"stage": "staging"})
    after = await watched(ada, model_id, in_production=False)
    (alert,) = (await get(ada, f"/models/{model_id}/monitoring/alerts"))["alerts"]

    assert (after["open_alerts"], alert["state"], alert["resolution"]) == (0, "resolved", "No version is in production any more.")

    async def told() -> bool:
        return len(studio.events(RECOVERED, key=model_id)) == 1

    await until(told, what="that it is well to be told")


async def test_a_model_of_a_recipe_is_looked_at_on_a_file_of_its_owners(studio: World, ada: User) -> None:
    model_id = await registered(ada, name="Watched shelf")
    run = await complete_run(studio, ada, await started(ada, model_id=model_id))
    await ada.http.put("/api/v1/files/data/today.csv", content=b"product,date,price\nmilk,2026-01-01,1.2\n")

    asked = await ask(ada, model_id, {"data": "data/today.csv"})
    spec = MonitorSpec.model_validate((await heard(studio, asked["job_id"])).spec)
    await complete(studio, asked["job_id"], found(), at=now())
    done = await snapshot(ada, model_id, asked["id"])

    assert spec.subject.kind == "recipe"
    assert (spec.subject.family, spec.version, done["version"]) == ("pricing", "1.0", "1.0")
    assert spec.subject.current is not None
    assert spec.subject.current.path == "data/today.csv"
    assert spec.metrics.keys() >= (await answered(ada, "GET", f"/runs/{run['id']}"))["metrics_json"].keys() - {"margin_impact"}
