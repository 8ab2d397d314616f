"""AI Engine as documented: every answer, good or bad, is one that its OpenAPI document has, and what is null has its reason."""

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from tests.faces.endpoints_engine import DOCUMENTED, ENDPOINTS
from tests.gateway.datasets.desk import BROKEN, CSV, DATASETS, GAP, Clerk
from tests.gateway.document import Document
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
# What may be null without a reason.
SILENT: Final = {"understood", "first"}
# Files are no JSON, which a schema could judge.
FILES: Final = ("/download", "/health.html")


@pytest_asyncio.fixture(loop_scope="session")
async def clerk(studio: World, ada: User) -> Clerk:
    return Clerk(studio, ada)


@pytest_asyncio.fixture(loop_scope="session")
async def heard(clerk: Clerk) -> AsyncIterator[list[httpx.Response]]:
    """Every answer that the clerk's user gets."""
    answers: list[httpx.Response] = []

    async def hear(answer: httpx.Response) -> None:
        await answer.aread()
        answers.append(answer)

    clerk.user.http.event_hooks["response"].append(hear)
    yield answers


def unexplained(value: Any, *, within: str = "") -> list[str]:
    """Return the paths of nulls that no `reasons` beside them explain."""
    if isinstance(value, list):
        return [path for each in value for path in unexplained(each, within=f"{within}[]")]
    if not isinstance(value, dict):
        return []
    reasons = value.get("reasons")
    found = [name for name, each in value.items() if each is None and name not in SILENT and reasons is not None and name not in reasons]
    inner = (unexplained(each, within=f"{within}.{name}") for name, each in value.items() if name not in {"rows", "reasons"})
    return [f"{within}.{name}" for name in found] + [path for each in inner for path in each]


async def test_its_routes_are_those_of_its_document(document: Document) -> None:
    documented = {(each.method, each.path) for each in document.operations() if each.path.startswith("/v1/")}

    assert documented == ENDPOINTS


async def test_its_document_has_29_endpoints() -> None:
    assert sum(map(len, DOCUMENTED.values())) == 29


async def test_whatever_becomes_of_a_dataset_is_answered_as_documented(
    clerk: Clerk, document: Document, heard: list[httpx.Response]
) -> None:
    sent, text = await clerk.sent(), await clerk.send("text,label\nUp,1\n", kind="text", name="News")
    paths = ("", "/versions", "/health", "/health.html", "/download")
    for path in paths:
        await clerk.user.http.get(f"{DATASETS}/{sent['dataset_id']}{path}")
    await clerk.complete(sent, findings=(GAP,))
    for path in paths:
        await clerk.user.http.get(f"{DATASETS}/{sent['dataset_id']}{path}")
    await clerk.complete((await clerk.append(sent["dataset_id"])).json(), findings=(BROKEN,))
    await clerk.fail(text.json(), "It was too much.")
    await clerk.complete(await clerk.sent(symbol="TRY", dry_run=True))
    for query in ({}, {"kind": "text"}, {"source": "packaged"}, {"kind": "nothing"}, {"limit": "x"}):
        await clerk.user.http.get(DATASETS, params=query)
    for path in paths:
        await clerk.user.http.get(f"{DATASETS}/{sent['dataset_id']}{path}", params={"version": 2} if path != "/versions" else {})
        await clerk.user.http.get(f"{DATASETS}/nothing{path}")
        await clerk.user.http.get(f"{DATASETS}/packaged_AAPL_1d{path}")
    await clerk.user.http.patch(f"{DATASETS}/{sent['dataset_id']}", json={"name": "After"})
    await clerk.user.http.patch(f"{DATASETS}/{sent['dataset_id']}", json={"nam": "After"})
    await clerk.user.http.delete(f"{DATASETS}/{sent['dataset_id']}")
    await clerk.user.http.delete(f"{DATASETS}/{sent['dataset_id']}")

    judged = [answer for answer in heard if answer.status_code >= 400 or not answer.request.url.path.endswith(FILES)]
    assert [wrong for answer in judged for wrong in document.misfits(answer)] == []
    assert [path for answer in judged for path in unexplained(answer.json())] == []
    assert {answer.status_code for answer in heard} == {200, 202, 404, 422}


@pytest.mark.parametrize(
    ("content", "content_type", "said"),
    [
        (b"", "text/csv", "It is empty."),
        (b"\x1f\x8b\x08\x00rest", "text/csv", "gzip"),
        (CSV.encode(), "application/json", "is not understood"),
        (b"PK\x03\x04rest", "application/octet-stream", "Excel"),
        (CSV.encode(), "application/vnd.apache.parquet", "does not begin with PAR1"),
    ],
)
async def test_a_file_that_is_none_is_refused_at_once_as_documented(
    clerk: Clerk, document: Document, content: bytes, content_type: str, said: str
) -> None:
    answer = await clerk.user.http.post(DATASETS, params={"symbol": "ACME"}, content=content, headers={"content-type": content_type})

    assert answer.status_code == 422
    assert said in answer.text
    assert document.misfits(answer) == []


async def test_two_files_in_a_form_and_an_unknown_parameter_are_refused(clerk: Clerk, document: Document) -> None:
    twice = [("file", ("a.csv", CSV.encode(), "text/csv")), ("file", ("b.csv", CSV.encode(), "text/csv"))]

    answers = [
        await clerk.user.http.post(DATASETS, data={"symbol": "ACME"}, files=twice),
        await clerk.user.http.post(DATASETS, params={"symbl": "ACME"}, content=CSV.encode(), headers={"content-type": "text/csv"}),
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert "Did you mean 'symbol'?" in answers[1].text
    assert [wrong for answer in answers for wrong in document.misfits(answer)] == []
