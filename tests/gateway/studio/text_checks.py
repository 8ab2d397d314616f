"""Checks of texts, as stories ask for them: the job's own function runs them, as a runner would."""

import asyncio
import json
from decimal import Decimal
from typing import Any

from libs.contracts.envelope import now
from libs.contracts.jobs import JobCompleted, JobFailed, JobRequested
from libs.contracts.text_checks import CheckTextsSpec
from libs.contracts.training import JobError
from services.training.texts_checks.run import run
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.world import User, World
from tests.waiting import until

BUILDER = "/api/v1"
ENDED: set[str] = set()
NEWS = [{"text": f"Shares {verb} after the report of firm {place}", "label": label} for place in range(6) for verb, label in
        (("rise", "positive"), ("fall", "negative"), ("stand still", "neutral"))]  # fmt: skip


async def send(user: User, path: str = "data/news_dataset.json", rows: Any = NEWS) -> None:
    """Put rows into the account's data root."""
    answer = await user.http.put(f"{BUILDER}/files/{path}", content=json.dumps(rows).encode())
    assert answer.status_code in {200, 201}, answer.text


async def requested(studio: World, user: User) -> JobRequested:
    """Return the check that an account has asked for and nobody has ended, when it is heard."""
    heard: list[JobRequested] = []

    async def here() -> bool:
        known = studio.training.job_requests.values()
        mine = [each for each in known if each.account_id == user.account_id and each.kind == "check_texts"]
        heard[:] = [each for each in mine if each.job_id not in ENDED]
        return bool(heard)

    await until(here, what="the request of a check")
    return heard[0]


async def do(studio: World, request: JobRequested) -> None:
    """Run a check, and tell that it has ended well; files are told of in the data root when this returns."""
    spec = CheckTextsSpec.model_validate(request.spec)
    result = await asyncio.to_thread(run, spec, artifacts=studio.training.artifacts, report=lambda _: None)
    about = {"started_at": STARTED, "ended_at": now(), "compute_hours": Decimal("0.001"), "logs": ()}
    event = JobCompleted(**studio.training.of_job(request.job_id), **about, spec=request.spec, result=result.model_dump(mode="json"))
    ENDED.add(request.job_id)
    await studio.training.bus.publish(event)
    await studio.training.bus.publish(event)


async def fail(studio: World, request: JobRequested, message: str) -> None:
    """Tell that a check has failed."""
    about = {"started_at": STARTED, "ended_at": now(), "compute_hours": Decimal("0.001"), "logs": (), "attempts": 1}
    error = JobError(type="InvalidError", message=message)
    ENDED.add(request.job_id)
    await studio.training.bus.publish(JobFailed(**studio.training.of_job(request.job_id), **about, error=error))


async def asked(studio: World, user: User, noun: str, **body: Any) -> Any:
    """Return what is answered at once of a check or a report that a runner does meanwhile: where the gateway waits for it, its end."""
    body = {"data_path": "data/news_dataset.json"} | body
    asking = asyncio.create_task(user.http.post(f"{BUILDER}/data/{noun}", json=body))
    await do(studio, await requested(studio, user))
    return await asking


async def done(studio: World, user: User, noun: str, **body: Any) -> Any:
    """Return what is said of a check or a report when it has ended well."""
    told = (await asked(studio, user, noun, **body)).json()["data"]
    path, found = f"{BUILDER}/data/{noun}/{told['check_id' if noun == 'validate' else 'report_id']}", [told]

    async def ended() -> bool:
        found[:] = [(await user.http.get(path)).json()["data"]]
        return bool(found[0]["status"] == "completed")

    await until(ended, what=f"the end of {path}")
    return found[0]
