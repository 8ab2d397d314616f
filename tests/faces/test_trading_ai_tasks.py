"""Trading AI's tasks as documented: each status with its fields and types, lists, statistics, cancelling and trying again; and tenants."""

import re
from dataclasses import replace
from typing import Any, Final

import pytest

from libs.contracts.monitoring import HealthChanged
from libs.contracts.training import JobError
from services.gateway.domain.accounts.account import Tier
from tests.faces import backtests
from tests.faces.odd_values import ODD
from tests.faces.shapes import differences
from tests.faces.task_bodies import ACCEPTED, FAILURE, REVOKED, STARTED, STATS, SUCCESS
from tests.faces.tasks import TASKS, TRAININGS, becomes, network, play, started, told, train, trained
from tests.gateway.document import Document
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

BROKEN: Final = JobError(type="ValueError", message="the loss is no number", traceback="Traceback (most recent call last):\n  …")
ZERO: Final = 10**7


async def test_a_training_waits_runs_and_ends_as_documented(studio: World, ada: User, document: Document) -> None:
    accepted = await started(ada, epochs=40, batch_size=32, learning_rate=0.002, hidden_units=16, dropout_rate=0.3, sequence_length=30)
    path = accepted["check_status_url"]
    answers = [await ada.http.get(path)]
    await studio.training.progress(accepted["task_id"], 33)
    running = await becomes(studio, ada, accepted["task_id"], "STARTED")
    answers.append(await ada.http.get(path))
    event = await studio.training.complete(accepted["task_id"], result=network())
    done = await becomes(studio, ada, accepted["task_id"], "SUCCESS")
    answers.append(await ada.http.get(path))

    assert list(differences(ACCEPTED, accepted)) == []
    assert re.fullmatch(r"training_lstm_BTCUSDT_\d{8}(-\d+)?", accepted["job_id"])
    assert re.fullmatch(r"lstm_BTCUSDT_15m_\d{8}(-\d+)?", accepted["model_id"])
    assert event.spec.symbols == ("BTC-USD",)
    assert event.spec.algorithm == "LSTM"
    assert event.spec.hyperparameters == {
        "max_epochs": 40,
        "batch_size": 32,
        "learning_rate": 0.002,
        "hidden_size": 16,
        "dropout": 0.3,
        "sequence_length": 30,
    }
    waiting = answers[0].json()
    assert (waiting["status"], waiting["progress"], waiting["started_at"]) == ("PENDING", 0, None)
    assert waiting["queue_position"] >= 1
    assert waiting["reasons"]["started_at"] == "it waits for a free worker"
    assert list(differences(STARTED, running)) == []
    assert (running["current_operation"], running["metrics"]["current_epoch"]) == ("Fitting: epoch 12/20", 12)
    assert list(differences(SUCCESS, done)) == []
    assert (done["result"]["model_id"], done["result"]["accuracy"]) == (accepted["model_id"], 0.41)
    assert done["result"]["model_path"].endswith(event.artifact.sha256)
    assert [document.misfits(answer) for answer in answers] == [[]] * 3


async def test_a_second_training_of_a_day_has_names_of_its_own_and_its_model_is_among_ai_studios(studio: World, ada: User) -> None:
    first, second = await trained(studio, ada, model_type="gru"), await started(ada, model_type="gru")

    assert (second["job_id"], second["model_id"]) == (f"{first['job_id']}-2", f"{first['model_id']}-2")
    names = {row["name"]: row["status"] for row in (await ada.get("/models/"))["results"]}
    assert names == {first["model_id"]: "COMPLETED", second["model_id"]: "TRAINING"}


async def test_a_failure_says_what_went_wrong_and_is_tried_again_on_its_model(studio: World, ada: User, document: Document) -> None:
    accepted = await started(ada)
    await studio.training.fail(accepted["task_id"], error=BROKEN)
    failed = await becomes(studio, ada, accepted["task_id"], "FAILURE")

    answer = await ada.http.post(f"{TASKS}/retry/{accepted['task_id']}")
    again = told(answer, 202)
    busy = await ada.http.post(f"{TASKS}/retry/{accepted['task_id']}")

    assert list(differences(FAILURE, failed)) == []
    assert (failed["traceback"], failed["retries"], failed["max_retries"]) == (BROKEN.traceback, 2, 2)
    assert (again["original_task_id"], again["status"], again["message"]) == (accepted["task_id"], "PENDING", "Task retried with new ID")
    first, second = [await studio.training.heard(each) for each in (accepted["task_id"], again["new_task_id"])]
    assert (first.spec, first.model_id) == (second.spec, second.model_id)
    assert (await ada.http.get(again["check_status_url"])).json()["status"] == "PENDING"
    assert busy.status_code == 409
    assert document.misfits(answer) == document.misfits(busy) == []


async def test_only_a_failure_is_tried_again_and_only_what_has_not_ended_is_cancelled(studio: World, ada: User, document: Document) -> None:
    accepted = await trained(studio, ada)
    task = f"{TASKS}/{accepted['task_id']}"

    retry, cancel = await ada.http.post(f"{TASKS}/retry/{accepted['task_id']}"), await ada.http.delete(task)

    assert told(retry, 400) == {"detail": "Cannot retry task with status SUCCESS. Only FAILURE tasks can be retried."}
    told_so = {"success": False, "task_id": accepted["task_id"], "status": "SUCCESS", "message": "Cannot cancel completed task"}
    assert told(cancel, 400).items() >= told_so.items()
    assert document.misfits(retry) == document.misfits(cancel) == []


async def test_a_running_task_is_cancelled_and_makes_room(studio: World, document: Document) -> None:
    free = await studio.user(Tier.FREE)
    running, _ = await started(free), await backtests.accepted(free)
    await studio.training.progress(running["task_id"], 10)
    await becomes(studio, free, running["task_id"], "STARTED")
    full = await train(free)

    answer = await free.http.delete(running["check_status_url"])
    revoked = told(await free.http.get(running["check_status_url"]))

    assert (full.status_code, (await train(free)).status_code) == (403, 202)
    assert told(answer).items() >= {"success": True, "status": "REVOKED", "message": "Task cancelled successfully"}.items()
    assert list(differences(REVOKED, revoked)) == []
    assert told(await free.http.delete(running["check_status_url"]), 400)["message"] == "Cannot cancel cancelled task"
    # What was refused has left no model behind.
    assert (await free.get("/models/"))["count"] == 2
    assert document.misfits(answer) == []


async def test_what_runs_again_is_a_retry(studio: World, ada: User) -> None:
    accepted = await started(ada)
    event = await studio.training.progress(accepted["task_id"], 20)
    await studio.training.bus.publish(event.model_copy(update={"attempt": 2, "sequence": event.sequence + 5, "event_id": "event_again"}))

    task = await becomes(studio, ada, accepted["task_id"], "RETRY")

    assert task["retries"] == 1
    rows = told(await ada.http.get(f"{TASKS}?status=RETRY"))
    assert [row["task_id"] for row in rows["tasks"]] == [accepted["task_id"]]
    assert told(await ada.http.get(f"{TASKS}?status=STARTED"))["total"] == 0


async def test_lists_have_tasks_of_both_names_filtered_ordered_and_walked(studio: World, ada: User, document: Document) -> None:
    training, played = await trained(studio, ada), await backtests.accepted(ada)
    await play(studio, played["task_id"])
    await becomes(studio, ada, played["task_id"], "SUCCESS")
    waiting = await started(ada, symbol="AAPL", timeframe="1d")

    every, parts = told(await ada.http.get(TASKS)), [told(await ada.http.get(f"{TASKS}?limit=1&offset={n}")) for n in range(3)]
    oldest = told(await ada.http.get(f"{TASKS}?sort_by=completed_at&sort_order=asc"))
    tests = told(await ada.http.get(f"{TASKS}?task_name=backtest_tasks.run_backtest_async&status=SUCCESS"))
    task = told(await ada.http.get(f"{TASKS}/{played['task_id']}"))

    newest = [waiting["task_id"], played["task_id"], training["task_id"]]
    assert [row["task_id"] for row in every["tasks"]] == newest
    assert [part["tasks"][0]["task_id"] for part in parts] == newest
    assert (every["total"], every["limit"], every["offset"]) == (3, 50, 0)
    assert oldest["tasks"][0]["task_id"] == waiting["task_id"]
    assert [row["task_id"] for row in tests["tasks"]] == [played["task_id"]]
    assert task["result"]["backtest_id"] == played["backtest_id"]
    assert (task["result"]["total_trades"], task["result"]["net_profit"]) == (5, 14.3353)
    for path in (TASKS, f"{TASKS}/{played['task_id']}", f"{TASKS}?limit=200"):
        assert document.misfits(await ada.http.get(path)) == []


async def test_statistics_are_computed_from_the_callers_tasks_alone(studio: World, ada: User, document: Document) -> None:
    none = told(await ada.http.get(f"{TASKS}/stats"))
    await trained(studio, ada)
    failed = await started(ada)
    await studio.training.fail(failed["task_id"])
    await becomes(studio, ada, failed["task_id"], "FAILURE")
    await backtests.accepted(ada)
    health = HealthChanged(sequence=ZERO, service="training", instance="training-7", health="healthy", reason="")
    await studio.gateway.stores.fleet.apply(health)

    answer = await ada.http.get(f"{TASKS}/stats")
    stats = told(answer)

    assert (none["total_tasks"], none["success_rate"], none["median_execution_time_seconds"]) == (0, None, None)
    assert none["reasons"]["success_rate"] == "no task has succeeded or failed"
    assert list(differences(STATS, stats)) == []
    assert (stats["total_tasks"], stats["pending"], stats["successful"], stats["failed"]) == (3, 1, 1, 1)
    assert (stats["success_rate"], stats["last_24h"]["total"]) == (0.5, 3)
    # One ran for two minutes, the other for one.
    names = ("avg", "median", "min", "max")
    assert [stats[f"{name}_execution_time_seconds"] for name in names] == [90, 90, 60, 120]
    assert stats["by_task_type"]["ml_tasks.train_model_async"] == {"total": 2, "successful": 1, "failed": 1, "success_rate": 0.5}
    assert stats["system_health"]["celery_workers_active"] >= 1
    assert stats["system_health"]["queue_depth"] >= 1
    assert document.misfits(answer) == []


REFUSED: Final[list[tuple[dict[str, Any], str]]] = [
    ({"model_type": "lsmt"}, "Invalid model_type. Supported: lstm, gru, transformer, ensemble. Did you mean 'lstm'?"),
    ({"model_type": None}, "model_type: This field is required."),
    ({"symbol": "APPL"}, "There is no symbol 'APPL'. Did you mean 'AAPL'?"),
    ({"symbol": "AAPL"}, "timeframe: AAPL has candles of 1d, not of 15m."),
    ({"epochs": 0}, "epochs: Input should be greater than or equal to 1."),
    ({"epochs": "100"}, "epochs: Must be a number."),
    ({"batch_size": 4096}, "batch_size: Input should be less than or equal to 1024."),
    ({"learning_rate": 0}, "learning_rate: Input should be greater than 0."),
    ({"hidden_units": 4096}, "hidden_units"),
    ({"model_type": "transformer", "hidden_units": 30}, "'hidden_units': must be a multiple of 'nhead' (4), such as 28 or 32"),
    ({"sequence_length": 1}, "sequence_length"),
    ({"epoch": 10}, "Did you mean 'epochs'?"),
]


async def test_what_cannot_be_trained_is_refused_by_field_and_leaves_nothing(ada: User, document: Document) -> None:
    for change, words in REFUSED:
        answer = await train(ada, **change)

        assert words in told(answer, 400)["detail"], answer.text
        assert document.misfits(answer) == []
    assert told(await ada.http.get(TASKS))["total"] == (await ada.get("/models/"))["count"] == 0


async def test_somebody_elses_task_is_not_there_nor_is_what_is_no_task(ada: User, eve: User, document: Document) -> None:
    accepted = await started(ada)
    task = accepted["check_status_url"]

    answers = [
        await eve.http.get(task),
        await eve.http.delete(task),
        await eve.http.post(f"{TASKS}/retry/{accepted['task_id']}"),
        await ada.http.get(f"{TASKS}/abc-123-def-456"),
        await eve.http.get(f"{TRAININGS}/{accepted['job_id']}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert answers[0].json() == {"detail": f"Task not found: {accepted['task_id']}"}
    assert answers[4].json() == {"detail": f"Training job not found: {accepted['job_id']}"}
    assert told(await eve.http.get(TASKS))["total"] == told(await eve.http.get(TRAININGS))["total"] == 0
    assert [document.misfits(answer) for answer in answers] == [[]] * 5


async def test_ten_trainings_a_day_and_the_same_request_twice_is_one(ada: User, document: Document) -> None:
    first, again = [await train(ada, key="a-key-of-mine") for _ in range(2)]
    rest = [await train(ada) for _ in range(10)]

    assert first.json() == again.json()
    assert [answer.status_code for answer in rest] == [202] * 9 + [429]
    assert rest[-1].json() == {"detail": "Training task limit reached. Maximum 10 tasks per day."}
    assert document.misfits(rest[-1]) == []


async def test_the_position_in_the_queue_counts_who_is_more_urgent_and_who_came_before(studio: World, ada: User) -> None:
    job = await studio.gateway.platform.jobs.get((await started(ada))["task_id"], account_id=ada.account_id)
    tasks = studio.gateway.trading.tasking.tasks
    ahead = await tasks.ahead(job)
    await started(ada)

    assert await tasks.ahead(job) == ahead
    assert await tasks.ahead(replace(job, priority=type(job.priority).LOW)) >= ahead


@pytest.mark.parametrize("field", ["model_type", "symbol", "timeframe", "epochs", "learning_rate", "hidden_units", "dropout_rate"])
async def test_an_odd_value_is_taken_or_refused_by_the_name_of_its_field(ada: User, field: str, document: Document) -> None:
    for value in ODD:
        answer = await ada.http.post(f"{TASKS}/train", json={"model_type": "gru", "symbol": "AAPL", "timeframe": "1d"} | {field: value})

        assert answer.status_code in {202, 400}, (value, answer.text)
        assert answer.status_code == 202 or field in answer.json()["detail"], (value, answer.text)
        assert document.misfits(answer) == []
