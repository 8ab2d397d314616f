"""AI Engine's registry as documented: every answer, good or bad, is one that its OpenAPI document has, and what is null has its reason."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from services.gateway.domain.accounts.account import Role
from tests.faces.test_ai_engine import unexplained
from tests.gateway.document import Document
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
REGISTRY: Final = "/v1/ai/registry"


GATE: Final = "/desk/gate"
RULE: Final = {"metric": "sharpe_ratio", "op": ">", "against": "production"}


def calls(one: str, other: str, draft: str, *, of: str) -> Iterator[tuple[str, str, Any]]:
    """Yield what is asked of the registry, good and bad, in an order that tells a story; `of` is whose names they are."""
    for model_id in (one, one, other, draft, "nothing", 3):
        yield "POST", "/desk/versions", {"model_id": model_id, "metrics": {"accuracy": 0.9}}
    for body in ({}, [], {"model_id": one, "tags": [3]}, {"model_id": one, "metrics": {"x": "1"}}, {"model_id": one, "descripton": ""}):
        yield "POST", "/desk/versions", body
    for rules in ([RULE, {"metric": "f1_score", "op": "<=", "value": 1}], [RULE | {"value": 1}], [RULE | {"op": "="}], [{}], 3):
        yield "PUT", GATE, {"rules": rules}
    for change in ({"status": "production"}, {"status": "live"}, {"tags": ["a"]}, {}, {"status": 3}):
        yield "PATCH", "/desk/versions/1", change
    yield "PATCH", "/desk/versions/2", {"status": "production"}
    yield "PUT", GATE, {"approval": "admin"}
    yield "PATCH", "/desk/versions/2", {"status": "production"}
    yield "GET", "/admin/registry", None
    for word in ("approve", "approve", "decline"):
        yield "POST", f"/admin/registry/{of}/desk/versions/2/{word}", {}
    for path in ("", "/desk", "/desk/versions", "/desk/versions?status=x", "/desk/versions/2", "/desk/versions/9", "/none", "?limit=x"):
        yield "GET", path, None
    for path in (
        "/desk/versions/1/history",
        "/desk/versions/9/history",
        "/desk/compare?a=1&b=2",
        "/desk/compare?a=1",
        "/desk/versions/1/card",
        "/desk/versions/1/card?format=html",
    ):
        yield "GET", path, None
    for version in (1, 9, "1"):
        yield "PUT", "/desk/aliases/champion", {"version": version}
    yield from [("DELETE", "/desk/aliases/champion", None)] * 2
    yield from [("POST", "/desk/rollback", None)] * 2


async def test_whatever_becomes_of_a_version_is_answered_as_documented(studio: World, ada: User, document: Document) -> None:
    root, one, other = await studio.user(role=Role.ADMIN), await studio.trained(ada), await studio.trained(ada)

    heard = [
        await root.http.request(method, path, json=body)
        if path.startswith("/admin")
        else await ada.http.request(method, f"{REGISTRY}{path}", json=body)
        for method, path, body in calls(one, other, await ada.make_model(), of=ada.account_id)
    ]

    assert [wrong for answer in heard for wrong in document.misfits(answer)] == []
    told = [answer.json() for answer in heard if answer.headers["content-type"] == "application/json"]
    assert [path for body in told for path in unexplained(body)] == []
    assert {answer.status_code for answer in heard} == {200, 201, 404, 409, 422}
