"""AI Engine's models as documented: every answer, good or bad, is one that its OpenAPI document has, and what is null has its reason."""

from typing import Any

import httpx
import pytest

from tests.faces.test_ai_engine import unexplained
from tests.gateway.document import Document
from tests.gateway.engine.desk import DATASET, Engineer, new_model
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_whatever_becomes_of_a_model_is_answered_as_documented(studio: World, ada: User, document: Document) -> None:
    engineer, heard = Engineer(studio, ada), list[httpx.Response]()

    async def hear(answer: httpx.Response) -> None:
        await answer.aread()
        heard.append(answer)

    ada.http.event_hooks["response"].append(hear)
    model_id = await engineer.made()
    wrong: list[Any] = [
        {},
        [],
        new_model(name="\u200b"),
        new_model(type=3),
        new_model(features=[]),
        new_model(parameters={"max_depth": "x"}),
    ]
    for body in wrong:
        await engineer.call("POST", body=body)
    job_id = await engineer.queued(model_id)
    for path in (f"/{model_id}", f"/{model_id}/train/{job_id}", "/nothing", f"/{model_id}/train/nothing", ""):
        await engineer.call("GET", path)
    await engineer.call("POST", f"/{model_id}/train", {"dataset_id": DATASET})
    for body in ({"dataset_id": 3}, {"dataset_id": "none"}, {"validation_split": "x"}, {"callbacks": [{"type": "x"}]}, {"priority": "x"}):
        await engineer.call("POST", f"/{model_id}/train", {"dataset_id": DATASET} | body)
    await studio.training.progress(job_id, 30)
    await ada.job_is(job_id, "RUNNING")
    await engineer.call("GET", f"/{model_id}/train/{job_id}")
    await engineer.call("DELETE", f"/{model_id}")
    await engineer.call("POST", f"/{model_id}/train/{job_id}/cancel")
    await engineer.call("POST", f"/{model_id}/train/{job_id}/cancel")
    await engineer.trained(model_id)
    for query in ({}, {"status": "ready"}, {"status": "done"}, {"type": "x"}, {"limit": "x"}, {"typ": "x"}):
        await engineer.call("GET", "", **query)
    await engineer.call("GET", f"/{model_id}")
    await engineer.call("DELETE", f"/{model_id}")

    ours = [answer for answer in heard if answer.request.url.path.startswith("/v1/")]
    assert [wrong for answer in ours for wrong in document.misfits(answer)] == []
    assert [path for answer in ours for path in unexplained(answer.json())] == []
    assert {answer.status_code for answer in ours} == {200, 201, 202, 404, 409, 422}
