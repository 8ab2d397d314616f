"""Stories of a data root: what is sent is there byte for byte, belongs to its account alone, and cannot lie outside."""

import asyncio
import hashlib
from typing import Any

import pytest

from libs.contracts.envelope import now
from libs.contracts.training import Artifact
from services.gateway.domain.accounts.account import Tier
from tests.gateway.conftest import Desk, bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")
FILES = "/api/v1/files"
NEWS = b'[{"text": "Profits rise", "label": "positive"}]'
SHA256 = hashlib.sha256(NEWS).hexdigest()


async def send(desk: Desk, headers: dict[str, str], path: str, body: bytes = NEWS) -> Any:
    return await desk.client.put(f"{FILES}/{path}", headers=headers, content=body)


async def test_a_file_comes_back_as_it_was_sent_with_its_checksum(desk: Desk) -> None:
    headers = bearer(await desk.user())

    made = await send(desk, headers, "data/news.json")
    again = await send(desk, headers, "data/news.json", b"[]")
    await send(desk, headers | {"x-checksum-sha256": SHA256.upper()}, "data/news.json")
    got = await desk.client.get(f"{FILES}/data/news.json", headers=headers)
    known = await desk.client.get(f"{FILES}/data/news.json", headers=headers | {"if-none-match": got.headers["etag"]})
    head = await desk.client.head(f"{FILES}/data/news.json", headers=headers)

    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["success"] is True
    assert made.json()["correlation_id"] == made.headers["x-correlation-id"]
    told = made.json()["data"]
    assert (told["path"], told["size"], told["sha256"], told["made_by"]) == ("data/news.json", len(NEWS), SHA256, None)
    assert (got.content, got.headers["content-type"], got.headers["x-checksum-sha256"]) == (NEWS, "application/json", SHA256)
    assert (known.status_code, known.content) == (304, b"")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(NEWS)))


async def test_a_part_of_a_file_can_be_had(desk: Desk) -> None:
    headers = bearer(await desk.user())
    await send(desk, headers, "a.json")
    parts = {"bytes=0-3": NEWS[:4], "bytes=10-": NEWS[10:], "bytes=-5": NEWS[-5:], "bytes=4-9999": NEWS[4:]}

    for asked, found in (parts | {"bytes=0-1,3-4": NEWS, "lines=1-2": NEWS}).items():
        got = await desk.client.get(f"{FILES}/a.json", headers=headers | {"range": asked})

        assert (got.status_code, got.content) == (206 if asked in parts else 200, found), asked


async def test_a_part_that_is_not_there_is_refused_with_the_size(desk: Desk) -> None:
    headers = bearer(await desk.user())
    await send(desk, headers, "a.json")

    beyond = await desk.client.get(f"{FILES}/a.json", headers=headers | {"range": f"bytes={len(NEWS)}-"})
    other = await desk.client.get(f"{FILES}/a.json", headers=headers | {"range": "bytes=0-1", "if-range": '"another"'})

    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(NEWS)}")
    assert (other.status_code, other.content) == (200, NEWS)


async def test_a_path_outside_the_data_root_is_refused_with_what_is_allowed(desk: Desk) -> None:
    headers = bearer(await desk.user())
    paths = ["%2Fetc/passwd", "..%2Fsecret", "a/%2E%2E/b", "a%5Cb", "a//b", "a/%2E/b", "a%00b", "a%07b", " a", "a" * 256]

    for path, method in [*((path, "GET") for path in paths), (paths[0], "PUT"), (paths[1], "PUT"), (paths[1], "DELETE")]:
        answer = await desk.client.request(method, f"{FILES}/{path}", headers=headers, content=NEWS if method == "PUT" else None)
        error = answer.json()["error"]

        assert (answer.status_code, error["code"], error["details"]["field"]) == (422, "VALIDATION_ERROR", "path"), path
        assert "relative to your data root" in error["details"]["issue"]


async def test_files_are_listed_in_pages_by_how_their_paths_begin(desk: Desk) -> None:
    headers = bearer(await desk.user())
    for path in ("b.json", "a/2.json", "a/1.json", "ab.json", "./a/ü.json"):
        assert (await send(desk, headers, path)).status_code == 201

    first = (await desk.client.get(f"{FILES}?limit=2", headers=headers)).json()["data"]
    below = (await desk.client.get(f"{FILES}?prefix=a/", headers=headers)).json()["data"]
    last = (await desk.client.get(f"{FILES}?limit=2&offset=4", headers=headers)).json()["data"]

    assert [file["path"] for file in first["items"]] == ["a/1.json", "a/2.json"]
    assert first["pagination"] == {"page": 1, "per_page": 2, "total": 5, "total_pages": 3, "has_next": True, "has_prev": False}
    assert [file["path"] for file in below["items"]] == ["a/1.json", "a/2.json", "a/ü.json"]
    assert [file["path"] for file in last["items"]] == ["b.json"]


async def test_a_file_and_a_folder_are_deleted(desk: Desk) -> None:
    headers = bearer(await desk.user())
    for path in ("out/a", "out/b/c", "outer"):
        await send(desk, headers, path)

    one = await desk.client.delete(f"{FILES}/out/a", headers=headers)
    again = await desk.client.delete(f"{FILES}/out/a", headers=headers)
    folder = await desk.client.delete(f"{FILES}/out?recursive=true", headers=headers)
    left = (await desk.client.get(FILES, headers=headers)).json()["data"]["items"]

    assert (one.status_code, again.status_code) == (200, 404)
    assert again.json()["error"]["code"] == "RESOURCE_NOT_FOUND"
    assert folder.json()["data"] == {"path": "out", "deleted": 1}
    assert [file["path"] for file in left] == ["outer"]


async def test_what_is_a_file_is_no_folder(desk: Desk) -> None:
    headers = bearer(await desk.user())
    await send(desk, headers, "a/b")

    below, above = await send(desk, headers, "a/b/c"), await send(desk, headers, "a")

    assert [answer.status_code for answer in (below, above)] == [409, 409]
    assert below.json()["error"]["code"] == "RESOURCE_CONFLICT"


async def test_another_account_s_files_are_not_there(desk: Desk) -> None:
    ada, eve = bearer(await desk.user()), bearer(await desk.user())
    await send(desk, ada, "data/news.json")

    looked = [await desk.client.request(method, f"{FILES}/data/news.json", headers=eve) for method in ("GET", "DELETE")]
    folder = await desk.client.delete(f"{FILES}/data?recursive=true", headers=eve)
    listed = (await desk.client.get(FILES, headers=eve)).json()["data"]["items"]
    own = await send(desk, eve, "data/news.json", b"mine")

    assert [answer.status_code for answer in (*looked, folder)] == [404, 404, 404]
    assert listed == []
    assert own.status_code == 201
    assert (await desk.client.get(f"{FILES}/data/news.json", headers=ada)).content == NEWS


async def test_what_has_come_damaged_or_as_a_form_is_not_kept(desk: Desk) -> None:
    headers = bearer(await desk.user())

    damaged = await send(desk, headers | {"x-checksum-sha256": SHA256}, "a.json", b"other")
    form = await desk.client.put(f"{FILES}/a.json", headers=headers, files={"file": ("a.json", NEWS)})
    empty = await send(desk, headers, "a.json", b"")

    assert (damaged.status_code, damaged.json()["error"]["details"]["field"]) == (422, "X-Checksum-SHA256")
    assert (form.status_code, form.json()["error"]["code"]) == (400, "BAD_REQUEST")
    assert empty.status_code == 422
    assert (await desk.client.get(FILES, headers=headers)).json()["data"]["items"] == []


async def test_a_page_that_is_shown_runs_nothing_in_our_origin(desk: Desk) -> None:
    headers = bearer(await desk.user())
    await send(desk, headers, 'reports/it"s.html', b"<script>alert(1)</script>")
    await send(desk, headers, "model.onnx", b"\x08")

    page = await desk.client.get(f"{FILES}/reports/it%22s.html", headers=headers)
    model = await desk.client.get(f"{FILES}/model.onnx", headers=headers)

    assert "sandbox" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    assert page.headers["content-disposition"] == 'inline; filename="it_s.html"'
    assert model.headers["content-disposition"] == 'attachment; filename="model.onnx"'
    assert model.headers["x-content-type-options"] == "nosniff"


async def test_a_tier_bounds_a_file_and_all_of_them(open_desk: Any) -> None:
    small = dict.fromkeys(Tier, 60)
    desk = await open_desk(tier_limits={"upload_bytes": small, "file_bytes": dict.fromkeys(Tier, 100), "files": dict.fromkeys(Tier, 3)})
    headers = bearer(await desk.user())

    large = await send(desk, headers, "a", b"x" * 61)
    fits = await send(desk, headers, "a", b"x" * 60)
    full = await send(desk, headers, "b", b"y" * 50)
    replaced = await send(desk, headers, "a", b"z" * 60)
    training = await desk.client.post("/api/v1/training/start", headers=headers, json={"data_path": "a"})
    await send(desk, headers, "b", b"y")
    await send(desk, headers, "c", b"z")
    many = await send(desk, headers, "d", b"z")

    assert (large.status_code, large.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert (fits.status_code, replaced.status_code) == (201, 200)
    assert (full.status_code, full.json()["error"]["code"], full.json()["error"]["details"]["field"]) == (
        409,
        "RESOURCE_CONFLICT",
        "file_bytes",
    )
    # What a training will leave counts, too.
    assert (training.status_code, set(training.json()["error"]["details"]["fields"])) == (409, {"files", "file_bytes"})
    assert (many.status_code, many.json()["error"]["details"]["field"]) == (409, "files")


async def test_files_that_are_sent_at_once_do_not_pass_the_bound_together(open_desk: Any) -> None:
    desk = await open_desk(tier_limits={"file_bytes": dict.fromkeys(Tier, 100)})
    headers = bearer(await desk.user())

    for turn in range(3):
        answers = await asyncio.gather(*(send(desk, headers, f"{name}.txt", name.encode() * 60) for name in "ab"))
        there = (await desk.client.get(FILES, headers=headers)).json()["data"]["items"]

        assert {answer.status_code for answer in answers} <= {201, 409}, turn
        assert len(there) == sum(answer.status_code == 201 for answer in answers) <= 1
        for file in there:
            await desk.client.delete(f"{FILES}/{file['path']}", headers=headers)


async def test_bytes_that_are_gone_from_the_store_are_told_as_missing(desk: Desk) -> None:
    headers, body = bearer(await desk.user()), b"gone tomorrow"
    await send(desk, headers, "a", body)
    place = hashlib.sha256(body).hexdigest()

    desk.chassis.artifacts._files.rm_file(f"{desk.chassis.artifacts._root}/sha256/{place[:2]}/{place}")
    gone = await desk.client.get(f"{FILES}/a", headers=headers)

    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")


async def test_files_that_jobs_made_are_named_while_they_are_kept(desk: Desk) -> None:
    headers = bearer(await desk.user())
    me = (await desk.client.get("/auth/me", headers=headers)).json()
    artifact = Artifact(uri="sha256/ab/c", sha256="c" * 64, size=3)

    for _ in range(2):
        await desk.gateway.files.files.put_many({"outputs/j/m": artifact}, account_id=me["id"], made_by="job_1", at=now())
    listed = (await desk.client.get(FILES, headers=headers)).json()["data"]["items"]

    assert [(file["path"], file["made_by"]) for file in listed] == [("outputs/j/m", "job_1")]


async def test_an_account_s_files_are_exported_and_go_with_it(desk: Desk) -> None:
    admin, headers = await desk.admin(), bearer(await desk.user())
    me = (await desk.client.get("/auth/me", headers=headers)).json()
    await send(desk, headers, "data/news.json")

    told = (await desk.client.get(f"/admin/accounts/{me['id']}/export", headers=admin)).json()
    erased = await desk.client.post(f"/admin/accounts/{me['id']}/erase", headers=admin, json={"username": me["username"]})

    assert [line["data"]["path"] for line in told["lines"] if line["kind"] == "gateway.files"] == ["data/news.json"]
    assert erased.status_code == 200
    assert await desk.chassis.database["files"].count_documents({"account_id": me["id"]}) == 0
