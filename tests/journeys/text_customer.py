"""What a customer of Model Builder does: sends texts, trains a model of them, and waits for jobs."""

import asyncio
import time
from typing import Any, Final

from tests.journeys.customer import Customer

API: Final = "/api/v1"
ENDED: Final = {"completed", "failed", "cancelled"}


async def send(customer: Customer, path: str, data: bytes) -> None:
    """Put a file into the data root."""
    answer = await customer.http.put(f"{API}/files/{path}", content=data)
    assert answer.status_code in {200, 201}, answer.text


async def said(customer: Customer, method: str, path: str, *, body: Any = None) -> dict[str, Any]:
    """Return an answer's data."""
    answer = await customer.call(method, f"{API}{path}", body=body)
    assert answer.status_code in {200, 201}, answer.text
    told: dict[str, Any] = answer.json()["data"]
    return told


async def finished(customer: Customer, path: str, *, within: float = 300.0) -> dict[str, Any]:
    """Wait until a job has ended well, and return it."""
    deadline = time.monotonic() + within
    while (told := await said(customer, "GET", path))["status"] not in ENDED:
        assert time.monotonic() < deadline, told
        await asyncio.sleep(0.3)
    assert told["status"] == "completed", told
    return told


async def trained(customer: Customer, rows: bytes, **training: Any) -> dict[str, Any]:
    """Train the shipped network on rows of JSON, its head alone where nothing else is said, and return the run."""
    await send(customer, "data/headlines.json", rows)
    settings = {"method": "head", "num_epochs": 30, "learning_rate": 0.01} | training
    body = {"data_path": "data/headlines.json", "experiment_name": "headlines", "config": {"training": settings}}
    started = await said(customer, "POST", "/training/start", body=body)
    return await finished(customer, f"/training/{started['job_id']}")
