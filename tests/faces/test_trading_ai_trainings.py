"""Trading AI's training jobs as documented, and their deployment: who may, what may be, what is archived, and that no two answer."""

import asyncio
from typing import Any, Final

import pytest

from libs.contracts.deployments import ModelDeployed
from services.gateway.domain.accounts.account import Role, Tier
from tests.faces.shapes import differences
from tests.faces.tasks import TRAININGS, becomes, started, told, trained
from tests.gateway.document import Document
from tests.gateway.studio.own_candles import give
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT: Final = "2025-11-22T12:00:00Z"
ROW: Final[dict[str, Any]] = {
    "job_id": "training_lstm_BTCUSDT_20251122",
    "model_type": "lstm",
    "symbol": "BTCUSDT",
    "timeframe": "15m",
    "status": "COMPLETED",
    "accuracy": 0.72,
    "precision": 0.70,
    "recall": 0.68,
    "f1_score": 0.69,
    "deployed": True,
    "task_id": "abc-123-def-456",
    "created_at": AT,
    "started_at": AT,
    "completed_at": AT,
    "training_time_seconds": 3600.5,
}
DETAILS: Final[dict[str, Any]] = {name: ROW[name] for name in ("job_id", "model_type", "symbol", "timeframe", "status", "task_id")} | {
    "parameters": {
        "epochs": 100,
        "batch_size": 64,
        "learning_rate": 0.001,
        "hidden_units": 128,
        "dropout_rate": 0.2,
        "sequence_length": 60,
    },
    "metrics": {
        "accuracy": 0.72,
        "precision": 0.70,
        "recall": 0.68,
        "f1_score": 0.69,
        "final_loss": 0.0234,
        "best_epoch": 87,
        "best_validation_accuracy": 0.73,
        "training_samples": 45000,
        "validation_samples": 5000,
        "test_samples": 10000,
    },
    "performance": {"sharpe_ratio": 1.85, "max_drawdown": 0.12, "win_rate": 0.68, "profit_factor": 2.1},
    "model_info": {
        "model_id": "lstm_BTCUSDT_15m_20251122",
        "model_path": "/models/lstm_BTCUSDT_15m_20251122.h5",
        "model_size_mb": 15.4,
        "parameters_count": 2450000,
    },
    "deployment": {
        "deployed": True,
        "deployed_at": AT,
        "deployed_by": "admin@example.com",
        "previous_model": "lstm_BTCUSDT_15m_20251115",
        "is_active": True,
    },
    "created_at": AT,
    "started_at": AT,
    "completed_at": AT,
    "training_time_seconds": 3600.5,
}
DEPLOYED: Final[dict[str, Any]] = {
    "success": True,
    "job_id": "training_lstm_BTCUSDT_20251122",
    "model_id": "lstm_BTCUSDT_15m_20251122",
    "deployed_at": AT,
    "previous_model": "lstm_BTCUSDT_15m_20251115",
    "previous_accuracy": 0.68,
    "new_accuracy": 0.72,
    "accuracy_improvement": 0.04,
    "is_active": True,
    "message": "Model deployed to production successfully",
}


async def listed(user: User, query: str = "") -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = told(await user.http.get(f"{TRAININGS}{query}"))["jobs"]
    return jobs


async def deploy(admin: User, job_id: str, **body: Any) -> dict[str, Any]:
    return told(await admin.http.post(f"{TRAININGS}/{job_id}/deploy", json=body or None))


async def deployments(studio: World, place: str) -> list[ModelDeployed]:
    return [ModelDeployed.model_validate_json(each["body"]) for each in studio.events(ModelDeployed.topic, key=place)]


async def test_a_training_is_shown_with_all_that_it_measured_and_a_deployment_replaces_the_one_before(
    studio: World, document: Document
) -> None:
    admin = await studio.user(role=Role.ADMIN)
    old, new = await trained(studio, admin, accuracy=0.65), await trained(studio, admin, accuracy=0.7)
    await deploy(admin, old["job_id"])

    answer = await admin.http.post(f"{TRAININGS}/{new['job_id']}/deploy", json={"notes": "better"})
    again = await deploy(admin, new["task_id"])
    shown, before = [told(await admin.http.get(f"{TRAININGS}/{each['job_id']}")) for each in (new, old)]
    rows = await listed(admin)

    assert list(differences(DEPLOYED, told(answer))) == []
    assert (told(answer)["previous_model"], told(answer)["accuracy_improvement"]) == (old["model_id"], pytest.approx(0.05))
    assert again == told(answer)
    assert list(differences(DETAILS, shown)) == []
    assert (shown["status"], shown["symbol"], shown["parameters"]["hidden_units"]) == ("DEPLOYED", "BTCUSDT", 32)
    assert [shown["metrics"][name] for name in ("training_samples", "validation_samples", "test_samples")] == [4761, 840, 1640]
    assert (shown["model_info"]["parameters_count"], shown["model_info"]["model_size_mb"]) == (5603, 0.04)
    assert (before["status"], before["deployment"]["deployed"], before["deployment"]["is_active"]) == ("COMPLETED", False, False)
    assert list(differences(ROW, rows[0])) == []
    assert [(row["status"], row["deployed"]) for row in rows] == [("DEPLOYED", True), ("COMPLETED", False)]
    # Whoever made the old one goes on using it, and it may come back.
    assert "ARCHIVED" not in {row["status"] for row in (await admin.get("/models/"))["results"]}
    assert (await deploy(admin, old["job_id"]))["previous_model"] == new["model_id"]
    for path in (TRAININGS, f"{TRAININGS}/{new['job_id']}", f"{TRAININGS}/{old['job_id']}"):
        assert document.misfits(await admin.http.get(path)) == []
    assert document.misfits(answer) == []


async def test_a_deployment_is_told_once_to_the_platform_and_to_its_owners_webhooks(studio: World) -> None:
    admin = await studio.user(role=Role.ADMIN)
    hook = told(await admin.call("POST", "/webhooks/", {"url": "http://127.0.0.1:1/hook", "events": ["model.deployed"]}), 201)
    job = await trained(studio, admin, symbol="EURUSD", timeframe="1h")
    await deploy(admin, job["job_id"], notes="first")
    await deploy(admin, job["job_id"])

    async def heard() -> bool:
        return bool((await admin.get(f"/webhooks/{hook['id']}/deliveries/"))["count"])

    await until(heard, what="the deployment")
    [delivery] = (await admin.get(f"/webhooks/{hook['id']}/deliveries/"))["results"]
    assert delivery["event"] == "model.deployed"
    [event] = await deployments(studio, "EURUSD 1h")
    assert (event.symbol, event.timeframe, event.name, event.is_active) == ("EURUSD", "1h", job["model_id"], True)
    assert (event.accuracy, event.deployed_by, event.notes) == (0.7, admin.account_id, "first")


async def test_what_is_not_activated_stands_by_until_it_is(studio: World) -> None:
    admin = await studio.user(role=Role.ADMIN)
    active, waits = [await trained(studio, admin, symbol="SPX", timeframe="1d") for _ in range(2)]
    await deploy(admin, active["job_id"])

    told_so = await deploy(admin, waits["job_id"], activate_immediately=False)
    rows = await listed(admin)
    await deploy(admin, waits["job_id"])

    assert (told_so["is_active"], told_so["message"]) == (False, "Model deployed; it stands by until it is activated")
    assert [(row["status"], row["deployed"]) for row in rows] == [("COMPLETED", True), ("DEPLOYED", True)]
    assert [(row["status"], row["deployed"]) for row in await listed(admin)] == [("DEPLOYED", True), ("COMPLETED", False)]
    assert [row["job_id"] for row in await listed(admin, "?status=DEPLOYED")] == [waits["job_id"]]
    assert [row["job_id"] for row in await listed(admin, "?status=COMPLETED")] == [active["job_id"]]


async def test_only_admins_deploy_and_only_what_is_complete_and_right_often_enough(studio: World, ada: User, document: Document) -> None:
    admin = await studio.user(role=Role.ADMIN)
    poor, running = await trained(studio, ada, accuracy=0.55), await started(ada)
    await studio.training.progress(running["task_id"], 5)
    await becomes(studio, ada, running["task_id"], "STARTED")

    answers = [
        await ada.http.post(f"{TRAININGS}/{poor['job_id']}/deploy"),
        await admin.http.post(f"{TRAININGS}/{running['task_id']}/deploy"),
        await admin.http.post(f"{TRAININGS}/{poor['task_id']}/deploy"),
        await admin.http.post(f"{TRAININGS}/{poor['job_id']}/deploy"),
        await studio.client().post(f"{TRAININGS}/{poor['job_id']}/deploy"),
    ]
    forced = await deploy(admin, poor["task_id"], force_deploy=True)
    assert [answer.status_code for answer in answers] == [403, 400, 400, 404, 401]
    assert [answer.json() for answer in answers[:3]] == [
        {"detail": "Insufficient permissions. Admin role required for model deployment."},
        {"success": False, "detail": "Cannot deploy incomplete training job. Status: TRAINING"},
        {"success": False, "detail": "Model accuracy (0.55) below minimum threshold (0.60). Use force_deploy=true to override."},
    ]
    assert (forced["new_accuracy"], forced["is_active"]) == (0.55, True)
    assert [document.misfits(answer) for answer in answers] == [[]] * 5
    other = await studio.user(role=Role.ADMIN)
    await deploy(other, (await trained(studio, other, accuracy=0.7))["job_id"])
    standing_by = await deploy(other, poor["task_id"], force_deploy=True, activate_immediately=False)
    refused = await other.http.post(f"{TRAININGS}/{poor['task_id']}/deploy")
    assert (standing_by["is_active"], refused.status_code) == (False, 400)  # Forced once is not forced for ever.
    # Its owner sees it, and who has deployed it.
    assert told(await ada.http.get(f"{TRAININGS}/{poor['job_id']}"))["deployment"]["deployed_by"].startswith("user-")


async def test_what_was_trained_on_its_owners_own_candles_is_not_deployed(studio: World, ada: User) -> None:
    admin = await studio.user(role=Role.ADMIN)
    await give(studio, ada, symbol="MINE", timeframe="1d")
    job = await trained(studio, ada, symbol="MINE", timeframe="1d")

    answer = await admin.http.post(f"{TRAININGS}/{job['task_id']}/deploy", json={"force_deploy": True})

    assert told(answer, 400)["detail"].startswith("The model was trained on its owner's own MINE: nobody else has these candles")


async def test_of_many_that_are_deployed_at_once_one_answers(studio: World) -> None:
    admin = await studio.user(role=Role.ADMIN)
    jobs = [await trained(studio, admin, symbol="IXIC", timeframe="1d") for _ in range(3)]
    elsewhere = studio.at_the_other(admin)
    ways = [admin, elsewhere, admin]

    done = await asyncio.gather(*(way.http.post(f"{TRAININGS}/{job['job_id']}/deploy") for way, job in zip(ways, jobs, strict=True)))
    rows = await listed(admin, "?symbol=IXIC")

    assert [answer.status_code for answer in done] == [200, 200, 200]
    assert sorted(row["status"] for row in rows) == ["COMPLETED", "COMPLETED", "DEPLOYED"]
    assert sum(row["deployed"] for row in rows) == 1
    place = await studio.gateway.trading.tasking.deployments.get("IXIC", "1d")
    assert (place.sequence, len(place.deployments), sum(each.is_active for each in place.deployments)) == (3, 3, 1)


async def test_lists_are_filtered_by_network_symbol_and_status(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    await ada.train(model_id)
    done = await trained(studio, ada, symbol="AAPL", timeframe="1d", model_type="gru")
    waiting = await started(ada)

    assert [row["job_id"] for row in await listed(ada)] == [waiting["job_id"], done["job_id"]]
    assert [row["symbol"] for row in await listed(ada, "?model_type=gru")] == ["AAPL"]
    assert [row["symbol"] for row in await listed(ada, "?symbol=BTCUSDT&status=PENDING")] == ["BTCUSDT"]
    assert await listed(ada, "?status=FAILED") == await listed(ada, "?status=DEPLOYED") == await listed(ada, "?symbol=IBM") == []
    for query, words in (
        ("status=DONE", "Must be PENDING, TRAINING, COMPLETED, FAILED or DEPLOYED"),
        ("symbol=APPL", "Did you mean 'AAPL'?"),
    ):
        assert words in told(await ada.http.get(f"{TRAININGS}?{query}"), 400)["detail"]


async def test_every_architecture_of_the_document_is_trained_under_its_name(studio: World, ada: User) -> None:
    for word in ("transformer", "ensemble"):
        accepted = await trained(studio, ada, symbol="AAPL", timeframe="1d", model_type=word)

        assert studio.training.requests[accepted["task_id"]].spec.algorithm == word.upper()
        assert accepted["job_id"].startswith(f"training_{word}_AAPL_")
        assert [row["job_id"] for row in await listed(ada, f"?model_type={word}")] == [accepted["job_id"]]
        parameters = told(await ada.http.get(f"{TRAININGS}/{accepted['job_id']}"))["parameters"]
        assert (parameters["hidden_units"], parameters["sequence_length"], parameters["epochs"]) == (32, 20, 100)


async def test_an_erased_account_takes_its_deployments_with_it(studio: World) -> None:
    admin, owner = await studio.user(role=Role.ADMIN), await studio.user(Tier.FREE)
    job = await trained(studio, owner, symbol="GOOG", timeframe="1d")
    await deploy(admin, job["task_id"])

    deployments = studio.gateway.trading.tasking.deployments
    await deployments.forget(owner.account_id)
    await deployments.forget(owner.account_id)

    place = await deployments.get("GOOG", "1d")
    assert (place.active, place.deployments) == (None, ())


async def test_a_training_that_fails_is_shown_with_its_error(studio: World, ada: User) -> None:
    job = await started(ada)
    await studio.training.fail(job["task_id"])

    await becomes(studio, ada, job["task_id"], "FAILURE")

    shown = told(await ada.http.get(f"{TRAININGS}/{job['job_id']}"))

    assert shown["status"] == "FAILED"
    assert shown["error"] == "Only 12 rows are left after the warm-up."
    assert (shown["deployment"]["deployed"], "metrics" in shown) == (False, False)


async def test_what_a_caller_without_a_credential_has_trained_is_deployed_by_its_readable_id(studio: World) -> None:
    admin, stranger = await studio.user(role=Role.ADMIN), User("", studio.client())
    job = await trained(studio, stranger, symbol="IBM", timeframe="1d")

    deployed = await deploy(admin, job["job_id"])

    assert deployed["model_id"] == job["model_id"]
    assert told(await stranger.http.get(f"{TRAININGS}/{job['job_id']}"))["status"] == "DEPLOYED"
    assert (await admin.http.get(f"{TRAININGS}/{job['job_id']}")).status_code == 404


async def test_a_body_of_a_deployment_is_read_strictly(studio: World, document: Document) -> None:
    admin = await studio.user(role=Role.ADMIN)
    for body, words in (
        ({"note": "x"}, "Did you mean 'notes'?"),
        ({"force_deploy": "yes"}, "force_deploy"),
        ([], "Must be an object"),
    ):
        answer = await admin.http.post(f"{TRAININGS}/x/deploy", json=body)

        assert words in told(answer, 400)["detail"]
        assert document.misfits(answer) == []
