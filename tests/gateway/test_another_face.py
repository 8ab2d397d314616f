"""The second face that docs/guides/add-a-face.md shows: it differs from AI Studio in all that a face may declare, and one line adds it."""

import importlib.util
import re
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from services.gateway.inbound.http.face import Faces
from tests.architecture.test_shape import ROOT
from tests.gateway.conftest import Desk, OpenDesk, bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")
spec = importlib.util.spec_from_file_location("add_a_face", ROOT / "docs/guides/add_a_face.py")
assert spec is not None
assert spec.loader is not None
guide = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(guide)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def toys(open_desk: OpenDesk) -> AsyncIterator[Desk]:
    yield await open_desk(besides=[guide.SERVED])


@pytest.mark.parametrize("file", ["services/gateway/inbound/faces/ai_studio/compute.py", "libs/client/modelbourse/answers/limits.py"])
async def test_what_the_guide_shows_of_an_endpoint_is_in_the_code(file: str) -> None:
    shown = re.findall(r"```python\n(.*?)```", (ROOT / "docs/guides/add-a-face.md").read_text(), flags=re.DOTALL)[1:]
    code = (ROOT / file).read_text()

    parts = [part.strip() for block in shown for part in block.split("\n\n\n")]
    assert [part for part in parts if part in code]
    assert sum(len(part.splitlines()) for part in parts) <= 40


async def test_errors_have_the_face_s_status_envelope_and_spelling(toys: Desk) -> None:
    headers = bearer(await toys.user())

    refused_ = await toys.client.post("/api/ai-studio/toys", json={"wheelCount": 5}, headers=headers)
    unread = await toys.client.post("/api/ai-studio/toys", json={"wheelCount": 0}, headers=headers)
    near = await toys.client.post("/api/ai-studio/toys", json={"wheelCounts": 4}, headers=headers)
    studio = await toys.client.post("/api/ai-studio/models/", json={}, headers=headers)

    assert (refused_.status_code, refused_.json()) == (422, {"success": False, "detail": "Too many.", "fields": ["wheelCount"]})
    assert (unread.status_code, unread.json()["fields"]) == (422, ["wheelCount"])
    assert (near.status_code, near.json()["fields"]) == (422, ["wheelCount", "wheelCounts"])
    assert (studio.status_code, studio.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("path", ["/toys/nothing", "/api/ai-studio/toys/nothing", "/toys/"])
async def test_the_longest_owner_of_a_path_answers_what_is_not_there(toys: Desk, path: str) -> None:
    headers = bearer(await toys.user())

    answer = await toys.client.delete(path, headers=headers)

    assert answer.status_code in {404, 405}
    assert answer.json()["success"] is False
    assert (await toys.client.get("/api/ai-studio/toy", headers=headers)).json()["error"]["code"] == "RESOURCE_NOT_FOUND"


async def test_an_exact_path_belongs_to_the_face_that_names_it(toys: Desk) -> None:
    assert (await toys.client.get("/toy-box/")).json() == {"success": True, "data": "a stranger"}
    assert (await toys.client.get("/toy-box/lid")).json()["error"]["code"] == "RESOURCE_NOT_FOUND"
    with pytest.raises(ValueError, match="both toys and toys own /toy-box"):
        Faces([guide.TOYS, guide.TOYS])


async def test_lists_are_walked_by_limit_and_offset(toys: Desk) -> None:
    headers = bearer(await toys.user())

    first = await toys.client.get("/toys", headers=headers)
    later = await toys.client.get("/toys?limit=3&offset=4", headers=headers)
    wrong = await toys.client.get("/toys?limit=4&offset=-1", headers=headers)

    assert first.json()["data"] == {"items": ["bear", "car"], "total": 5, "offset": 0}
    assert later.json()["data"] == {"items": ["top"], "total": 5, "offset": 4}
    assert (wrong.status_code, wrong.json()["fields"]) == (422, ["limit", "offset"])


async def test_what_a_document_leaves_open_is_closed_where_strangers_never_come_in(toys: Desk, open_desk: OpenDesk) -> None:
    never = await open_desk(besides=[guide.SERVED], anonymous="never")
    user, admin = bearer(await never.user()), await never.admin()

    assert (await toys.client.get("/toys/debug")).status_code == 200
    assert (await toys.client.get("/toys")).status_code == 401
    assert (await toys.client.get("/toy-box", headers=bearer("nonsense"))).status_code == 401
    assert (await never.client.get("/toy-box")).status_code == 401
    assert (await never.client.get("/toy-box", headers=user)).json()["data"].startswith("ada")
    assert [(await never.client.get("/toys/debug", headers=headers)).status_code for headers in (user, admin)] == [403, 200]


async def test_a_route_s_limits_count_besides_its_face_s(toys: Desk) -> None:
    headers = bearer(await toys.user())

    seen, refused_ = [await toys.client.get("/toys/rare", headers=headers) for _ in range(2)]
    other = await toys.client.get("/toys", headers=headers)

    assert (seen.status_code, seen.headers["x-ratelimit-remaining"]) == (200, "0")
    assert (refused_.status_code, refused_.json()["detail"][:46]) == (429, "The limit of 1 requests a minute is used up; t")
    assert 0 < int(refused_.headers["retry-after"]) <= 60
    assert other.headers["x-ratelimit-limit"] == "40"


async def test_the_document_shows_a_face_as_it_answers(toys: Desk) -> None:
    document: dict[str, Any] = (await toys.client.get("/openapi.json")).json()

    answers = document["paths"]["/api/ai-studio/toys"]["post"]["responses"]
    assert {"422", "401", "413"} <= set(answers)
    assert "400" not in answers
    assert answers["422"]["content"]["application/json"]["example"]["fields"] == ["wheelCount"]
    assert answers["422"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Failure"}
