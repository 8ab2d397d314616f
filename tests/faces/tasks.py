"""Tasks and training jobs as Trading AI's users ask for them; the training service is a double."""

from decimal import Decimal
from typing import Any, Final

import httpx

from libs.contracts.example_jobs import RESULT
from libs.contracts.jobs import JobCompleted
from libs.contracts.training import TrainingResult
from services.gateway.inbound.faces.trading_ai.task_words import status_of
from tests.gateway.studio.doubles import STARTED, measured
from tests.gateway.studio.world import User, World
from tests.waiting import until

TASKS: Final = "/api/tasks"
TRAININGS: Final = "/api/training/jobs"


async def train(user: User, *, key: str | None = None, **changes: Any) -> httpx.Response:
    """Ask for a training; `changes` replace parts of a good request, those that are None are left out."""
    body = {"model_type": "lstm", "symbol": "BTCUSDT", "timeframe": "15m"} | changes
    headers = {"Idempotency-Key": key} if key else {}
    return await user.http.post(f"{TASKS}/train", json={name: value for name, value in body.items() if value is not None}, headers=headers)


async def started(user: User, **changes: Any) -> dict[str, Any]:
    """Ask for a training, which is accepted; return the answer."""
    return told(await train(user, **changes), 202)


def told(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    """Return what an answer of this status says."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def becomes(studio: World, user: User, task_id: str, status: str) -> dict[str, Any]:
    """Wait until a task has this status, without asking for it again and again, and return it."""

    async def there() -> bool:
        return status_of(await studio.gateway.platform.jobs.get(task_id, account_id=None, kind=None)) == status

    await until(there, what=f"{task_id} {status}")
    return told(await user.http.get(f"{TASKS}/{task_id}"))


def network(**metrics: float | None) -> TrainingResult:
    """Return what a network's training measured; some metrics can be set."""
    result = measured(**metrics)
    card = result.run_card | {"train_rows": 5601, "held_rows": 840, "test_rows": 1640, "parameters": 5603, "model_bytes": 40_000}
    return result.model_copy(update={"run_card": card})


async def trained(studio: World, user: User, *, accuracy: float | None = 0.7, **changes: Any) -> dict[str, Any]:
    """Ask for a training, which ends well; return what was answered when it was accepted."""
    accepted = await started(user, **changes)
    await studio.training.complete(accepted["task_id"], result=network(accuracy=accuracy))
    await becomes(studio, user, accepted["task_id"], "SUCCESS")
    return accepted


async def play(studio: World, job_id: str) -> None:
    """Tell that a backtest has ended well, with a result that another one had."""

    async def heard() -> bool:
        return job_id in studio.training.job_requests

    await until(heard, what=f"the request of {job_id}")
    spec, ended = studio.training.job_requests[job_id].spec, {"started_at": STARTED, "ended_at": STARTED, "compute_hours": Decimal("0.005")}
    await studio.training.bus.publish(JobCompleted(**studio.training.of_job(job_id), **ended, spec=spec, result=RESULT, logs=()))
