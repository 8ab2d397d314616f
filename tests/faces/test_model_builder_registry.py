"""Model Builder's registry as documented: every answer, good or bad, is one that its OpenAPI document has."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.faces.test_ai_engine import unexplained
from tests.gateway.document import Document
from tests.gateway.studio.registered_texts import API, trained
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
MODELS: Final = "/registry/models"
STAGE: Final = f"{MODELS}/news/versions/1/stage"


def calls(run_id: str) -> Iterator[tuple[str, str, Any]]:
    """Yield what is asked of the registry, good and bad, in an order that tells a story."""
    good = {"model_path": f"outputs/{run_id}/model", "run_id": run_id, "name": "news", "tags": {"asset": "crypto"}}
    for change in ({}, {}, {"run_id": "job_none"}, {"stage": "x"}, {"tags": ["a"]}, {"name": "a b"}, {"nmae": "x"}, {"model_path": "/x"}):
        yield "POST", "/registry/register", good | change
    for path in ("", "?stage=Staging&name=news", "?stage=x", "?limit=x", "/news", "/none", "/news/versions/1", "/news/versions/9"):
        yield "GET", f"{MODELS}{path}", None
    for path in ("history", "history?limit=1", "download?format=rar", "download"):
        yield "GET", f"{MODELS}/news/versions/1/{path}", None
    for body in (
        {"stage": "Production", "comment": "Good"},
        {"stage": "x"},
        {},
        {"stage": "None", "archive": True},
        {"stage": "None", "comment": "\x07"},
        {"stage": "Production"},
    ):
        yield "PUT", STAGE, body
    yield "DELETE", f"{MODELS}/news/versions/1", None
    yield "PUT", STAGE, {"stage": "Archived"}
    yield from [("DELETE", f"{MODELS}/news/versions/1", None)] * 2


async def test_whatever_becomes_of_a_registered_run_is_answered_as_documented(studio: World, ada: User, document: Document) -> None:
    run_id = await trained(studio, ada)

    heard = [await ada.http.request(method, f"{API}{path}", json=body) for method, path, body in calls(run_id)]

    assert [wrong for answer in heard for wrong in document.misfits(answer)] == []
    told = [answer.json() for answer in heard if answer.headers["content-type"] == "application/json"]
    assert [path for body in told for path in unexplained(body)] == []
    assert {answer.status_code for answer in heard} == {200, 201, 404, 409, 422}
