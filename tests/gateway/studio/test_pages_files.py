"""Files through pages: sent by a form as they come, and handed out as they are read; and what pages read is what the API has."""

import re
from pathlib import Path
from string import Formatter

import httpx
import pytest
from starlette.types import Message, Scope

from services.gateway.inbound.pages.served import FILES, PAGES
from tests.gateway.datasets.desk import CSV, Clerk
from tests.gateway.datasets.test_downloading import a_canonical_file
from tests.gateway.studio.reader import Reader, as_user, reader, stranger, text_of
from tests.gateway.studio.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
DATASETS = "/app/datasets"


async def send_file(somebody: Reader, path: str, *, text: str = CSV, token: str | None = None, **fields: str) -> httpx.Response:
    page = await somebody.open(path)
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found
    files = {"file": ("C:\\fakepath\\candles.csv", text.encode(), "application/vnd.ms-excel")}
    return await somebody.http.post(path, data={"csrf": found[1] if token is None else token, **fields}, files=files)


async def test_a_dataset_is_sent_from_its_page_and_downloaded_again(studio: World, tmp_path: Path) -> None:
    # given
    somebody, other = await reader(studio), await reader(studio)
    clerk, content = Clerk(studio, as_user(studio, somebody)), a_canonical_file(tmp_path)

    # when
    sent = await send_file(somebody, DATASETS, symbol="ACME", timeframe="1h", kind="candles", name="", tz="", calendar="")
    address = sent.headers["location"]
    checking = await somebody.open(address)
    dataset = await clerk.get(address.removeprefix(DATASETS))
    await clerk.complete({"dataset_id": dataset["id"], "job_id": dataset["job_id"]}, content=content)
    more = await send_file(somebody, address)
    downloaded = await somebody.http.get(f"{address}/download")
    part = await somebody.http.get(f"{address}/download", headers={"range": "bytes=0-3"})

    # then
    assert sent.status_code == more.status_code == 303
    assert "The file has come and is being checked." in text_of(checking)
    assert downloaded.content == content
    assert downloaded.headers["content-disposition"] == 'attachment; filename="ACME_1h_v1.parquet"'
    assert "sandbox" in downloaded.headers["content-security-policy"]
    assert part.content in {content, content[:4]}
    assert "not found" in text_of(await other.open(f"{address}/download", status=404)).lower()
    assert (await stranger(studio).http.get(f"{address}/download")).headers["location"].startswith("/app/sign-in")


async def test_a_file_that_cannot_be_taken_is_refused_on_the_page_in_the_apis_words(studio: World) -> None:
    somebody = await reader(studio)

    wrong = await send_file(somebody, DATASETS, symbol="ACME", timeframe="1hr")
    empty = await send_file(somebody, DATASETS, text="", symbol="ACME")
    unknown = await send_file(somebody, DATASETS, symbl="ACME")
    anothers = await send_file(somebody, DATASETS, token="0" * 64, symbol="ACME")

    assert (wrong.status_code, empty.status_code, unknown.status_code) == (422, 422, 400)
    assert "Did you mean '1h'?" in text_of(wrong.text)
    assert 'value="1hr"' in wrong.text
    assert "It is empty." in text_of(empty.text)
    assert "There is no such field" in text_of(unknown.text)
    assert anothers.status_code == 403
    kept = (await Clerk(studio, as_user(studio, somebody)).get())["datasets"]
    assert {each["source"] for each in kept} == {"packaged"}


async def test_a_reader_who_goes_away_while_a_file_comes_leaves_nothing(studio: World) -> None:
    # given
    somebody = await reader(studio)
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', await somebody.open(DATASETS))
    assert found
    files = {"file": ("candles.csv", CSV.encode(), "text/csv")}
    request = somebody.http.build_request("POST", DATASETS, data={"csrf": found[1], "symbol": "ACME"}, files=files)
    body = await request.aread()

    # when more files of theirs break off than may come at once
    async def break_off() -> list[Message]:
        said: list[Message] = []
        coming: list[Message] = [
            {"type": "http.request", "body": body[:-200], "more_body": True},
            {"type": "http.disconnect"},
        ]

        async def receive() -> Message:
            return coming.pop(0)

        async def send(message: Message) -> None:
            said.append(message)

        await studio.gateway.app(scope_of(request), receive, send)
        return said

    answered = [await break_off() for _ in range(3)]
    sent = await send_file(somebody, DATASETS, symbol="ACME", timeframe="1h")

    # then nobody is answered, which is no fault of the platform, and the next one is taken
    assert answered == [[], [], []]
    assert sent.status_code == 303
    assert len([each for each in (await Clerk(studio, as_user(studio, somebody)).get())["datasets"] if each["source"] == "uploaded"]) == 1


def scope_of(request: httpx.Request) -> Scope:
    """Return a request as a server hands it to an app."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.url.path,
        "raw_path": request.url.raw_path,
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": ("studio.test", 80),
    }


@pytest.mark.parametrize("page", ["9" * 5_000, "0", "-1", "two", "999999"])
async def test_a_page_that_there_is_not_is_no_error(studio: World, page: str) -> None:
    somebody = await reader(studio)

    for path in (DATASETS, "/app/files"):
        assert "<h1>" in await somebody.open(f"{path}?page={page}")


async def test_whatever_a_page_reads_or_does_is_a_path_of_the_public_api(studio: World) -> None:
    document = (await studio.client().get("/openapi.json")).json()["paths"]
    known = {(method.upper(), shape_of(path)) for path, methods in document.items() for method in methods}

    named = [("GET", read.path) for page in PAGES for read in page.reads.values()]
    named += [(action.method, action.path) for page in PAGES for action in page.actions.values()]
    named += [("GET", path) for path in FILES.values()]
    strays = {(method, path) for method, path in named if (method, shape_of(path)) not in known and "{plot}" not in path}

    assert strays == set()


def shape_of(path: str) -> str:
    """Return a path whose parameters have no names."""
    return "".join(text + ("{}" if name is not None else "") for text, name, _, _ in Formatter().parse(path.partition("?")[0]))
