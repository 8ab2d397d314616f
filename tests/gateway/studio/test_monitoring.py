"""Models that are watched: snapshots that a job computes or somebody reports, alerts that come and go, the schedule, and labels."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.contracts.envelope import now
from libs.contracts.job_kinds import KINDS, JobKind
from libs.contracts.jobs import JobFailed, JobRequested
from libs.contracts.model_monitoring import MonitorSpec, Performance
from libs.contracts.training import JobError
from services.gateway.domain.accounts.account import Tier
from tests.gateway.studio.text_models import text_model
from tests.gateway.studio.watching import BEGAN, DRIFTED, ML, RECOVERED, ask, complete, feature, found, get, heard, snapshot, taken, watched
from tests.gateway.studio.world import User, World
from tests.gateway.webhooks.receiver import receiving
from tests.gateway.webhooks.subscriber import Subscriber
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_drift_raises_alerts_the_most_harmful_first_tells_a_webhook_and_is_over_when_it_is_healthy_again(
    studio: World, ada: User
) -> None:
    model_id, began = await studio.trained(ada), now()
    async with receiving() as receiver:
        await Subscriber(ada, studio).make_webhook(receiver, DRIFTED, RECOVERED)
        page = studio.training.artifacts.put(b"<!doctype html><title>Snapshot</title>")
        asked = await ask(ada, model_id)
        coming = await get(ada, f"/models/{model_id}/monitoring/{asked['id']}")
        spec = MonitorSpec.model_validate((await heard(studio, asked["job_id"])).spec)

        event = await complete(studio, asked["job_id"], found(rsi=0.4, macd=0.9, page=page), at=began)
        drifted = await snapshot(ada, model_id, asked["id"])
        await studio.training.again(event)
        still = await taken(studio, ada, model_id, found(rsi=0.24, macd=0.9), at=began + timedelta(minutes=1))
        healthy = await taken(studio, ada, model_id, found(), at=began + timedelta(minutes=2))
        told = [call.payload for call in await receiver.heard(2)]

    assert (asked["status"], coming["status"], coming["performance_metrics_json"]) == ("computing", "computing", {})
    assert spec.subject.kind == "market"
    assert spec.importance == {"rsi_14": 0.6, "macd_signal": 0.4}
    assert spec.subject.learned_until == datetime.fromisoformat("2011-12-23T21:00:00Z")
    assert [alert["subject"] for alert in drifted["alerts_json"]["open"]] == ["macd_signal", "rsi_14"]
    assert drifted["drift_metrics_json"]["PSI"] == 0.9
    assert drifted["performance_metrics_json"]["estimated"]["accuracy"]["value"] == 0.41
    assert (drifted["source"], drifted["drift_metrics_json"]["domain_classifier_auc"]) == ("computed", 0.52)
    assert drifted["reasons"]["performance.measured"] == "There are no labels yet."
    # Below its threshold, but not clearly.
    assert [alert["subject"] for alert in still["alerts_json"]["open"]] == ["macd_signal", "rsi_14"]
    assert (healthy["alerts_json"]["open"], {each["state"] for each in healthy["alerts_json"]["resolved"]}) == ([], {"resolved"})
    assert [(each["event"], each["data"]["snapshot_id"]) for each in told] == [(DRIFTED, asked["id"]), (RECOVERED, healthy["id"])]
    assert [alert["subject"] for alert in told[0]["data"]["alerts"]] == ["macd_signal", "rsi_14"]
    assert len(studio.events(DRIFTED, key=model_id)) == 1
    answer = await ada.http.get(f"{drifted['report_url']}")
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>Snapshot</title>")
    assert "sandbox" in answer.headers["content-security-policy"]
    again = await ada.http.get(drifted["report_url"], headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    alerts = await get(ada, f"/models/{model_id}/monitoring/alerts?state=resolved")
    assert (alerts["total"], [alert["cause"] for alert in alerts["alerts"]]) == (2, ["drift", "drift"])


async def test_what_drifts_again_soon_is_open_but_not_told_again_before_its_cooldown_is_over(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    await ada.http.put(f"{ML}/models/{model_id}/monitoring/rules", json={"cooldown": "2h"})

    for minute, psi in enumerate((0.5, 0.01, 0.5)):
        last = await taken(studio, ada, model_id, found(rsi=psi), at=BEGAN + timedelta(minutes=minute))
    quiet = [len(await studio.told(topic, key=model_id)) for topic in (DRIFTED, RECOVERED)]
    later = await taken(studio, ada, model_id, found(rsi=0.5), at=BEGAN + timedelta(hours=2, minutes=1))

    (alert,) = last["alerts_json"]["open"]
    assert (alert["told_at"], "told_at" in alert["reasons"]) == (None, True)
    assert quiet == [1, 1]
    assert later["alerts_json"]["open"][0]["told_at"] is not None
    assert len(await studio.told(DRIFTED, key=model_id, count=2)) == 2


async def test_too_few_rows_and_what_cannot_be_computed_raise_and_resolve_nothing(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    await taken(studio, ada, model_id, found(rsi=0.5, accuracy=0.2), at=BEGAN)

    few = await taken(studio, ada, model_id, found(enough=False), at=BEGAN + timedelta(minutes=1))
    unknown = found(features=(feature("rsi_14", 0.1, importance=0.6).model_copy(update={"psi": None}),), performance=Performance())
    nothing = await taken(studio, ada, model_id, unknown, at=BEGAN + timedelta(minutes=2))

    # What was lost goes before what may be.
    for each in (few, nothing):
        assert [(alert["cause"], alert["subject"]) for alert in each["alerts_json"]["open"]] == [
            ("performance", "accuracy"),
            ("drift", "rsi_14"),
        ]


async def test_a_report_is_kept_as_it_was_said_and_never_mixed_with_what_is_computed(ada: User, eve: User) -> None:
    model_id = await ada.make_model()
    said = {
        "model_id": model_id,
        "performance_metrics_json": {"revenue_lift": 0.038, "MAPE": 0.15},
        "drift_metrics_json": {"PSI": 0.9},
        "data_freshness_json": {"last_update": "2024-01-15T11:00:00Z"},
        "alerts_json": {},
    }

    first = await ask(ada, model_id, said, status=201, key="report-1")
    again = await ask(ada, model_id, said, status=201, key="report-1")
    second = await ask(ada, model_id, {"performance_metrics_json": {"revenue_lift": 0.042}}, status=201)
    listed = await get(ada, f"/models/{model_id}/monitoring?limit=10")
    since = await get(ada, f"/models/{model_id}/monitoring?since={second['captured_at'].replace('+', '%2B')}&source=reported")

    assert {name: first[name] for name in said} == said
    assert (first["source"], first["id"], first["reasons"]["version"]) == ("reported", again["id"], "The model has no version yet.")
    assert ([each["id"] for each in listed["snapshots"]], listed["total"]) == ([second["id"], first["id"]], 2)
    assert [each["id"] for each in since["snapshots"]] == [second["id"]]
    assert (await get(ada, f"/models/{model_id}/monitoring?source=computed"))["total"] == 0
    assert (await get(ada, f"/models/{model_id}/monitoring/alerts"))["total"] == 0
    assert (await ask(ada, model_id, {"model_id": "model_x", **dict(list(said.items())[1:])}, status=400))["detail"].startswith(
        "Invalid model_id"
    )
    await get(ada, f"/models/{model_id}/monitoring/{first['id']}/report", status=404)
    for path in ("", f"/{first['id']}", "/rules", "/alerts", f"/{first['id']}/report"):
        await get(eve, f"/models/{model_id}/monitoring{path}", status=404)
    await ask(eve, model_id, said, status=404)


async def test_a_snapshot_whose_job_fails_says_why_and_is_in_no_list_of_those_that_are_done(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    failed, stopped = await ask(ada, model_id), await ask(ada, model_id)
    request = await heard(studio, failed["job_id"])

    error = JobError(type="NoCandlesError", message="AAPL has no candles since.")
    about = studio.training.of_job(request.job_id)
    await studio.training.again(
        JobFailed(**about, started_at=BEGAN, ended_at=BEGAN, compute_hours=Decimal(0), attempts=1, error=error, logs=())
    )
    await studio.gateway.platform.job_parts.stop(stopped["job_id"], account_id=ada.account_id)

    assert (await snapshot(ada, model_id, failed["id"], status="failed"))["reasons"]["status"] == "AAPL has no candles since."
    assert (await snapshot(ada, model_id, stopped["id"], status="failed"))["reasons"]["status"] == "Its job was cancelled."
    assert (await get(ada, f"/models/{model_id}/monitoring"))["total"] == 0
    assert (await get(ada, f"/models/{model_id}/monitoring?status=failed"))["total"] == 2


async def test_a_model_of_texts_is_looked_at_on_a_file_of_its_owners(studio: World, ada: User) -> None:
    model = await text_model(studio, ada, name="watched-news")
    await ada.http.put("/api/v1/files/texts/today.csv", content=b"text,label\ngood,positive\n")
    await ada.http.put("/api/v1/files/labels.csv", content=b"prediction_id,timestamp,symbol,value\n1,,,positive\n")

    asked = await ask(ada, model.id, {"data": "texts/today.csv", "labels": "labels.csv"})
    spec = MonitorSpec.model_validate((await heard(studio, asked["job_id"])).spec)
    missing = await ask(ada, model.id, {"data": "texts/todya.csv"}, status=422)

    assert spec.subject.kind == "text"
    assert spec.subject.current is not None
    assert (spec.subject.current.path, spec.labels is not None, spec.version) == ("texts/today.csv", True, "1.0")
    assert "texts/today.csv" in missing["detail"][0]["msg"]
    assert KINDS[JobKind.MONITOR_MODEL].words["subject.current.path"] == "erased"


async def test_labels_are_kept_once_and_read_by_the_next_snapshot(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    rows: list[dict[str, Any]] = [
        {"timestamp": "2026-01-15T21:00:00Z", "symbol": "AAPL", "value": "BUY"},
        {"prediction_id": "mine-1", "value": 0.5},
    ]

    first = await ada.http.post(f"{ML}/models/{model_id}/labels", json={"rows": rows})
    again = await ada.http.post(f"{ML}/models/{model_id}/labels", json={"rows": [rows[0] | {"value": "SELL"}, rows[1]]})
    wrong = await ada.http.post(
        f"{ML}/models/{model_id}/labels",
        json={"rows": [{"value": 1}, rows[1] | {"symbol": "AAPL"}]},
    )
    strange = await ada.http.post(
        f"{ML}/models/{model_id}/labels", json={"rows": [{"prediction_id": "pred_01kab8m5v8ezfvzcr0s2k2h7qd", "value": 1}]}
    )
    asked = await ask(ada, model_id)
    spec = MonitorSpec.model_validate((await heard(studio, asked["job_id"])).spec)

    assert first.json() == {"added": 2, "replaced": 0, "total": 2}
    assert again.json() == {"added": 0, "replaced": 2, "total": 2}
    assert [problem["loc"] for problem in wrong.json()["detail"]] == [["body", "rows", "0"], ["body", "rows", "1"]]
    assert (strange.status_code, "has no prediction" in strange.text) == (422, True)
    assert spec.labels is not None
    assert studio.training.artifacts.get(spec.labels.sha256).decode().splitlines() == [
        "prediction_id,timestamp,symbol,value",
        ",2026-01-15T21:00:00+00:00,AAPL,SELL",
        "mine-1,,,0.5",
    ]


async def test_rules_are_changed_one_by_one_and_refused_with_the_nearest_name(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    path = f"{ML}/models/{model_id}/monitoring/rules"

    await ada.http.put(path, json={"thresholds": {"psi": 0.2, "domain_auc": 0.7}, "window": "30d"})
    changed = (await ada.http.put(path, json={"thresholds": {"psi": None}, "min_rows": 50})).json()
    asked = await ask(ada, model_id)
    spec = MonitorSpec.model_validate((await heard(studio, asked["job_id"])).spec)
    bodies: list[dict[str, Any]] = [
        {"tresholds": {}}, {"thresholds": {"psy": 0.3}}, {"schedule": "soon"}, {"data": "rows.csv"}, {"min_rows": 3},
        {"thresholds": {"psi": -1}},
    ]  # fmt: skip
    wrong = [(await ada.http.put(path, json=body)).json()["detail"] for body in bodies]

    assert (changed["rules"]["thresholds"]["psi"], changed["rules"]["thresholds"]["domain_auc"]) == (0.25, 0.7)
    assert (spec.min_rows, spec.thresholds.domain_auc, spec.window.start is not None) == (50, 0.7, True)
    assert (changed["in_production"], changed["next_at"], changed["reasons"]["next_at"]) == (
        False,
        None,
        "No version of it is in production.",
    )
    assert [problem[0]["loc"] for problem in wrong] == [
        ["body", "tresholds"], ["body", "thresholds", "psy"], ["body", "schedule"], ["body", "data"], ["body", "min_rows"],
        ["body", "thresholds", "psi"],
    ]  # fmt: skip
    assert "Did you mean 'thresholds'?" in wrong[0][0]["msg"]
    assert "Did you mean 'psi'?" in wrong[1][0]["msg"]
    assert "never, default" in wrong[2][0]["msg"] or "default, never" in wrong[2][0]["msg"]
    assert "learns from candles" in wrong[3][0]["msg"]


async def test_a_model_in_production_is_looked_at_once_a_turn_and_not_again_while_nothing_is_new(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    turns = studio.gateway.platform.watching.turns
    await ada.http.put(f"{ML}/models/{model_id}/monitoring/rules", json={"schedule": "2h"})
    await ada.call("PATCH", f"/models/{model_id}/versions/1.0/", {"stage": "production"})
    before = await watched(ada, model_id, in_production=True)

    await replace(turns, clock=lambda: now() + timedelta(hours=2, minutes=1))()
    began = (await watched(ada, model_id))["last"]
    request = await heard(studio, began["job_id"])
    # As if the gateway had died before it wrote down what came of the turn: another takes it.
    due = datetime.fromisoformat(before["next_at"])
    await studio.database["watches"].update_one({"_id": model_id}, {"$set": {"next_at": due, "last": None, "version": 1}})
    await replace(studio.other.platform.watching.turns, clock=lambda: now() + timedelta(hours=2, minutes=2))()
    again = (await watched(ada, model_id))["last"]
    await complete(studio, began["job_id"], found(rsi=0.5), at=now())
    await snapshot(ada, model_id, request.spec["snapshot_id"])
    await replace(turns, clock=lambda: now() + timedelta(hours=5))()
    skipped = (await watched(ada, model_id))["last"]
    await ada.call("PATCH", f"/models/{model_id}/versions/1.0/", {"stage": "staging"})
    after = await watched(ada, model_id, in_production=False)

    assert (began["outcome"], again["job_id"], before["every_seconds"]) == ("started", began["job_id"], 7200.0)
    assert (skipped["outcome"], skipped["job_id"]) == ("skipped", None)
    # Nothing has come since, so that rows which were new enough are old by now.
    alerts = (await get(ada, f"/models/{model_id}/monitoring/alerts"))["alerts"]
    assert (after["next_at"], [alert["cause"] for alert in alerts]) == (None, ["drift", "freshness"])
    assert len(studio.events(JobRequested.topic, key=began["job_id"])) == 1


async def test_a_turn_that_is_refused_says_why_and_a_deleted_model_is_forgotten(studio: World) -> None:
    user = await studio.user(Tier.FREE)
    model_id = await studio.trained(user)
    await user.http.put(f"{ML}/models/{model_id}/monitoring/rules", json={"schedule": "1h"})
    await user.call("PATCH", f"/models/{model_id}/versions/1.0/", {"stage": "production"})
    await watched(user, model_id, in_production=True)
    for _ in range(2):
        await ask(user, model_id)
    await user.http.post(f"{ML}/models/{model_id}/labels", json={"rows": [{"prediction_id": "a", "value": 1}]})

    await replace(studio.gateway.platform.watching.turns, clock=lambda: now() + timedelta(hours=1, minutes=1))()
    last = (await watched(user, model_id))["last"]
    await user.call("PATCH", f"/models/{model_id}/versions/1.0/", {"stage": "staging"})
    deleted = await user.http.delete(f"/v1/ai/models/{model_id}")

    assert (last["outcome"], "jobs" in last["reason"]) == ("refused", True), last
    assert deleted.status_code in {200, 204}, deleted.text
    await get(user, f"/models/{model_id}/monitoring", status=404)

    async def forgotten() -> bool:
        kept = [await studio.database[name].count_documents({"account_id": user.account_id}) for name in ("snapshots", "watches", "labels")]
        return kept == [0, 0, 0]

    await until(forgotten, what="all that was seen of the model to be gone")
