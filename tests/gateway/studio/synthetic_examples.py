"""Synthetic examples, as stories send them and have them generated: the job's own function makes them, as a runner would."""

import asyncio
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from libs.contracts.envelope import now
from libs.contracts.jobs import JobCompleted, JobFailed, JobRequested
from libs.contracts.synthetic_rows import GenerateSpec
from libs.contracts.training import JobError
from services.training.synthetic.run import run
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.recipe_runs import call
from tests.gateway.studio.recipes import made
from tests.gateway.studio.world import User, World
from tests.waiting import until

ENDED: set[str] = set()
FILE = "data/campaign.csv"
COLUMNS = {"action": "offer", "outcome": "bought"}


def campaign(rows: int = 400) -> bytes:
    """Return a campaign as CSV: who was called buys more, the older the more; the full price is never below the one that was paid."""
    draws = np.random.default_rng(9)
    age, offer = draws.integers(20, 80, rows), draws.choice(["none", "call"], rows)
    bought = draws.random(rows) < 0.2 + 0.3 * (offer == "call") * (age > 50)
    paid = np.round(10 + age / 4 + draws.random(rows), 2)
    frame = pd.DataFrame({"age": age, "offer": offer, "bought": bought.astype(int), "paid": paid, "full": np.round(paid * 1.1, 2)})
    return str(frame.to_csv(index=False)).encode()


async def with_data(user: User) -> str:
    """Return a recipe of an account that learns from a file of its data root."""
    answer = await user.http.put(f"/api/v1/files/{FILE}", content=campaign())
    assert answer.status_code in {200, 201}, answer.text
    manifest = {"data": {"source": f"file:{FILE}", "columns": COLUMNS}}
    return str((await made(user, model_family="next_best_action", manifest=manifest))["id"])


async def requested(studio: World, user: User) -> JobRequested:
    """Return the generation that an account has asked for and nobody has ended, when it is heard."""
    heard: list[JobRequested] = []

    async def here() -> bool:
        known = studio.training.job_requests.values()
        mine = [each for each in known if each.account_id == user.account_id and each.kind == "generate_rows"]
        heard[:] = [each for each in mine if each.job_id not in ENDED]
        return bool(heard)

    await until(here, what="the request of a generation")
    return heard[0]


async def do(studio: World, request: JobRequested) -> None:
    """Generate, and tell twice that it has ended, well or refused."""
    spec = GenerateSpec.model_validate(request.spec)
    about: dict[str, Any] = {"started_at": STARTED, "compute_hours": Decimal("0.001"), "logs": ()}
    result = await asyncio.to_thread(run, spec, job_id=request.job_id, artifacts=studio.training.artifacts, report=lambda _: None)
    done = result.model_dump(mode="json")
    event = JobCompleted(**studio.training.of_job(request.job_id), **about, ended_at=now(), spec=request.spec, result=done)
    ENDED.add(request.job_id)
    await studio.training.bus.publish(event)
    await studio.training.bus.publish(event)


async def fail(studio: World, request: JobRequested, message: str, *, kind: str = "TrainingRefusedError") -> None:
    """Tell that a generation has failed."""
    about: dict[str, Any] = {"started_at": STARTED, "ended_at": now(), "compute_hours": Decimal("0.001"), "logs": (), "attempts": 1}
    ENDED.add(request.job_id)
    await studio.training.bus.publish(
        JobFailed(**studio.training.of_job(request.job_id), **about, error=JobError(type=kind, message=message))
    )


async def example(user: User, method: str, recipe_id: str, body: Any = None) -> tuple[int, Any]:
    """Return status and body of what is answered about a recipe's example."""
    answer = await call(user, method, f"/recipes/{recipe_id}/synthetic-example", body)
    return answer.status_code, answer.json()
