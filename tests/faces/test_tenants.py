"""Another account's things are not there: each route of three faces, asked for what somebody else has.

They are AI Engine, Model Builder and ML Development. Routes come from the OpenAPI document, so that a new one is held to this by itself;
what they name is made by `tests/faces/made.py`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from libs.contracts.ids import new_id
from libs.contracts.job_kinds import JobKind
from tests.faces.endpoints_builder import BUILDER
from tests.faces.endpoints_engine import ENGINE
from tests.faces.endpoints_ml import ML
from tests.faces.made import FILE, QUERIES, REGISTERED, Things, named_in
from tests.faces.made_ml import FAMILY, PREDICTION_FILE, RUN_FILE
from tests.faces.named_in_bodies import BESIDE, NAMED, NOT_ANOTHERS, Named
from tests.gateway.datasets.desk import CSV
from tests.gateway.document import Document, Operation
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
# Under a name that is free each account puts something of its own.
FREE: Final = {f"PUT {FILE}", f"POST {REGISTERED}/versions"}
# Whose path names nothing that is anybody's.
EVERYBODYS: Final = {f"GET {FAMILY}"}
# What everybody may see: it is nobody's, and changes from one moment to the next.
OPEN: Final = (f"{BUILDER}/health", f"{BUILDER}/status")
# Parts that everything of a kind has under the same name.
PARTS: Final = frozenset({"version", "alias", "plot", "model_family"})
SAME: Final = frozenset({RUN_FILE, PREDICTION_FILE})
TELLS: Final = re.compile(r"(_id|_path|_from|^model)$")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bobs(studio: World) -> Things:
    return Things(studio, await studio.user())


def of_all(document: Document) -> list[Operation]:
    return [operation for operation in document.operations() if operation.path.startswith((f"{ENGINE}/", f"{BUILDER}/", f"{ML}/"))]


def is_part(place: str) -> bool:
    return place in SAME or place.rpartition("{")[2].rstrip("}") in PARTS


def nobodys(value: str) -> str:
    """Return what is of the same form, and not there."""
    kind, _, rest = value.partition("_")
    return new_id(kind) if rest and kind.isalpha() else f"nobodys-{value.rpartition('/')[2]}"


async def sent(things: Things, operation: Operation, names: Mapping[str, str]) -> httpx.Response:
    """Send what an operation documents to the path of these names, as the things' owner."""
    content = operation.body.get("requestBody", {}).get("content", {})
    what: dict[str, Any] = {}
    if "application/json" in content:
        body: dict[str, Any] = content["application/json"]["example"]
        what["json"] = body | {word: name for word, name in names.items() if word in body}  # What says the path's name once more.
    elif content:
        what |= {"content": CSV.encode(), "headers": {"content-type": "text/csv"}}
    return await things.user.http.request(operation.method, operation.path.format(**names), params=QUERIES.get(operation.path), **what)


def refusal(answer: httpx.Response) -> tuple[str, str, Any]:
    """Return how a face says an error: its code, where it has codes, its message and its details."""
    said = answer.json()
    if "detail" in said:
        return "RESOURCE_NOT_FOUND" if answer.status_code == 404 else "", str(said["detail"]), None
    return str(said["error"]["code"]), str(said["error"]["message"]), said["error"].get("details")


async def seen(document: Document, things: Things) -> dict[str, tuple[int, Any]]:
    """Return all that an owner can read: of each route its status and what it says, without what is of the request alone."""
    told = {}
    for operation in of_all(document):
        if operation.method == "GET" and operation.path not in OPEN:
            answer = await sent(things, operation, await things.of(operation.path))
            body = answer.json() if answer.headers["content-type"] == "application/json" else answer.content
            told[str(operation)] = answer.status_code, body | {"correlation_id": None} if isinstance(body, dict) else body
    return told


def said(answer: httpx.Response, *, names: Mapping[str, str]) -> tuple[int, str, str, list[str]]:
    """Return how a request is refused, with `…` for each name."""
    code, message, details = refusal(answer)
    message = re.sub(r" Did you mean .*\?$", "", message)  # Of one's own: which is near depends on chance.
    for name in sorted(names.values(), key=len, reverse=True):
        message = message.replace(f"'{name}'", "…").replace(name, "…") if len(name) > 1 else message
    return answer.status_code, code, message, sorted(details or {})


async def test_what_another_account_has_is_answered_as_what_nobody_has(document: Document, adas: Things, bobs: Things) -> None:
    before, wrong, asked, misfits = await seen(document, adas), {}, 0, list[str]()
    for operation in of_all(document):
        if "{" not in operation.path or str(operation) in FREE | EVERYBODYS:
            continue
        theirs = await adas.of(operation.path)
        missing = {word: value if word in PARTS else nobodys(value) for word, value in theirs.items()}
        answers = []
        for names in (theirs, missing):
            answer = await sent(bobs, operation, names)
            answers.append(said(answer, names=names) if answer.is_error else (answer.status_code, answer.text[:200]))
            misfits += document.misfits(answer)
        asked += 1
        if answers[0] != answers[1] or answers[0][:2] != (404, "RESOURCE_NOT_FOUND"):
            wrong[str(operation)] = answers

    assert asked >= 80
    assert wrong == {}
    assert misfits == []
    assert {operation: told for operation, told in before.items() if told[0] != 200} == {}
    assert await seen(document, adas) == before


async def test_in_a_thing_of_ones_own_another_account_s_is_not_there(document: Document, adas: Things, bobs: Things) -> None:
    told = {}
    for operation in of_all(document):
        *outer, (word, place) = named_in(operation.path) if "{" in operation.path else [("", "")]
        if outer and not is_part(place):
            names = await bobs.of(outer[-1][1]) | {word: await adas.one(place)}
            answer = await sent(bobs, operation, names)
            told[str(operation)] = answer.status_code, answer.is_error and refusal(answer)[0]

    assert len(told) >= 10
    assert {operation: answer for operation, answer in told.items() if answer != (404, "RESOURCE_NOT_FOUND")} == {}


async def test_no_list_shows_anything_of_another_account_s(document: Document, adas: Things, bobs: Things) -> None:
    adas_own = {value for place, value in adas.made.items() if not is_part(place)} | {adas.user.account_id}
    shown = {}
    for operation in of_all(document):
        if operation.method == "GET" and "{" not in operation.path:
            answer = await sent(bobs, operation, {})
            shown[str(operation)] = [f"{answer.status_code}"] * answer.is_error + [each for each in adas_own if f'"{each}"' in answer.text]

    assert len(shown) >= 12
    assert {operation: wrong for operation, wrong in shown.items() if wrong} == {}


async def test_without_a_credential_health_alone_is_answered(studio: World, document: Document, adas: Things) -> None:
    told = {}
    async with studio.client() as http:
        nobody = Things(studio, User("", http), made=adas.made)
        for operation in of_all(document):
            answer = await sent(nobody, operation, await nobody.of(operation.path))
            told[str(operation)] = answer.status_code
        welcomed = {operation: told.pop(operation) for operation in tuple(told) if f" {ML}/" in operation}

    # The document of ML Development has no credentials, so that strangers are let in here: as one more account, to its own things alone.
    assert {operation for operation, answer in welcomed.items() if "{" in operation and answer != 404} == EVERYBODYS
    assert set(welcomed.values()).isdisjoint({401, 403})
    assert {operation: answer for operation, answer in told.items() if answer == 200}.keys() == {f"GET {path}" for path in OPEN}
    assert {answer for answer in told.values() if answer != 200} == {401}


async def test_each_job_says_where_its_owner_finds_what_comes_of_it(adas: Things) -> None:
    told = (await adas.user.http.get(f"{ENGINE}/jobs", params={"limit": 100})).json()
    places = {job["kind"]: job["result_url"] for job in told["jobs"]}

    answers = {kind: (await adas.user.http.get(place)).status_code for kind, place in places.items()}

    # All kinds but a backtest, which is of another face, a refresh, which is the platform's, and rows, which a recipe's story generates.
    assert places.keys() == set(JobKind) - {"backtest", "refresh", "generate_rows"}
    assert answers == dict.fromkeys(places, 200)


@pytest.mark.parametrize("named", [*NAMED, *BESIDE], ids=str)
async def test_what_a_body_names_is_not_there_either(document: Document, adas: Things, bobs: Things, named: Named) -> None:
    method, _, place = named.operation.partition(" ")
    path = place.format(**{word: "bobs" if place == f"{REGISTERED}/versions" else await bobs.one(at) for word, at in named_in(place)})
    names = [await adas.one(named.of), nobodys(await adas.one(named.of))]

    answers = [await bobs.user.http.request(method, path, json=await named.body(bobs, named.value.format(name))) for name in names]

    theirs, missing = (said(answer, names={"": name}) for answer, name in zip(answers, names, strict=True))
    assert theirs == missing
    assert theirs[0] in {400, 404, 422}, theirs
    assert [wrong for answer in answers for wrong in document.misfits(answer)] == []


async def test_each_field_that_names_a_thing_is_asked_for(document: Document) -> None:
    fields = {
        (str(operation), field)
        for operation in of_all(document)
        for field in fields_of(document, operation)
        if TELLS.search(field)
    }  # fmt: skip

    assert fields == {(named.operation, named.field) for named in NAMED} | set(NOT_ANOTHERS)


def fields_of(document: Document, operation: Operation) -> Iterator[str]:
    """Yield the paths of the fields that an operation takes."""
    content = operation.body.get("requestBody", {}).get("content", {}).get("application/json")
    return _fields(document, content["schema"]) if content else iter(())


def _fields(document: Document, schema: Any, *, within: str = "", depth: int = 6) -> Iterator[str]:
    if depth == 0:
        return
    schema = document.resolved(schema)
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _fields(document, each, within=within, depth=depth - 1)
    for name, inner in schema.get("properties", {}).items():
        yield f"{within}{name}"
        yield from _fields(document, inner, within=f"{within}{name}.", depth=depth - 1)
