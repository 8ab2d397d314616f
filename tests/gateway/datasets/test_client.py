"""The Python client sends files from the disk, waits for their checks, and saves what they became: blocking and awaited."""

import asyncio
import io
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from modelbourse.async_modelbourse import AsyncModelbourse
from modelbourse.errors import InvalidRequestError, UnsendableError
from modelbourse.errors_datasets import DatasetRefusedError
from modelbourse.modelbourse import Modelbourse
from services.gateway.serving import serving
from tests.gateway.datasets.desk import BROKEN, CSV, GAP, Clerk
from tests.gateway.studio.sockets import listening, token
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
LARGE = CSV * 20_000


@pytest_asyncio.fixture(loop_scope="session")
async def clerk(studio: World, ada: User) -> Clerk:
    return Clerk(studio, ada)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(studio: World) -> AsyncIterator[str]:
    async with serving(studio.gateway.app, listening()) as address:
        yield address


@pytest.fixture
def blocking(address: str, ada: User) -> Modelbourse:
    return Modelbourse(address, token(ada))


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    file = tmp_path / "acme.csv"
    file.write_text(LARGE)
    return file


async def test_a_file_is_sent_from_the_disk_checked_listed_saved_and_deleted(clerk: Clerk, blocking: Modelbourse, csv: Path) -> None:
    told: list[tuple[int, int | None]] = []

    def send() -> Any:
        return blocking.datasets.upload(
            csv, symbol="ACME", timeframe="1h", name="ACME", columns={"close": "close"}, on_progress=lambda *each: told.append(each)
        )

    accepted = await asyncio.to_thread(send)
    waiting = asyncio.create_task(asyncio.to_thread(blocking.datasets.wait, accepted.dataset_id))
    await clerk.complete(accepted.as_json(), findings=(GAP,), content=b"the rows" * 500_000)
    dataset = await waiting
    listed = await asyncio.to_thread(lambda: [each.id for each in blocking.datasets.list(source="uploaded")])
    saved = await asyncio.to_thread(blocking.datasets.download, dataset.id, csv.parent)
    versions = await asyncio.to_thread(lambda: list(blocking.datasets.versions(dataset.id)))
    page = await asyncio.to_thread(blocking.datasets.health_page, dataset.id)
    renamed = await asyncio.to_thread(blocking.datasets.rename, dataset.id, "ACME, cleaned")
    gone = await asyncio.to_thread(blocking.datasets.delete, dataset.id)

    spec = await clerk.spec(accepted.job_id)
    assert (spec.upload.size, spec.upload.format, spec.columns) == (len(LARGE), "csv", {"close": "close"})
    assert told[-1] == (len(LARGE), len(LARGE))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert accepted.preview is not None
    assert dataset.health is not None
    assert (dataset.status, dataset.version, [each.code for each in dataset.health.warnings]) == ("ready", 1, ["gap"])
    assert (listed, [each.version for each in versions]) == ([dataset.id], [1])
    assert (saved, saved.read_bytes()) == (csv.parent / f"{dataset.id}.parquet", b"the rows" * 500_000)
    assert sorted(each.name for each in csv.parent.iterdir()) == sorted(["acme.csv", saved.name])
    assert (page.startswith(b"<!doctype html>"), renamed.name, gone.id) == (True, "ACME, cleaned", dataset.id)


async def test_what_an_awaiting_client_waits_for_and_is_refused_is_told_with_its_reasons(
    clerk: Clerk, ada: User, address: str, csv: Path
) -> None:
    async with AsyncModelbourse(address, token(ada)) as client:
        with csv.open("rb") as opened:
            accepted = await client.datasets.upload(opened, symbol="BAD", timeframe="1h")
        assert (await client.datasets.get(accepted.dataset_id)).status == "checking"
        await clerk.complete(accepted.as_json(), findings=(BROKEN,))
        with pytest.raises(DatasetRefusedError) as caught:
            await client.datasets.wait(accepted.dataset_id)

    assert str(caught.value) == f"BAD ({accepted.dataset_id}) cannot be used: High is below low in line 3."
    assert caught.value.dataset.health is not None


async def test_rows_are_appended_to_a_dataset(clerk: Clerk, blocking: Modelbourse, csv: Path) -> None:
    sent = await clerk.sent(symbol="MORE")
    await clerk.complete(sent)

    accepted = await asyncio.to_thread(lambda: blocking.datasets.append(sent["dataset_id"], csv, revise=True))
    await clerk.complete(accepted.as_json(), rows=16)

    spec = await clerk.spec(accepted.job_id)
    assert (accepted.version, spec.revise, spec.base is not None) == (2, True, True)
    assert (await asyncio.to_thread(blocking.datasets.get, sent["dataset_id"])).rows == 16


async def test_what_comes_out_of_a_pipe_is_sent_as_it_comes(clerk: Clerk, blocking: Modelbourse) -> None:
    reading, writing = os.pipe()

    def fill() -> None:
        with os.fdopen(writing, "wb") as end:
            end.write(LARGE.encode())

    threading.Thread(target=fill).start()
    with os.fdopen(reading, "rb") as end:
        accepted = await asyncio.to_thread(lambda: blocking.datasets.upload(end, symbol="PIPE", timeframe="1h"))

    assert (await clerk.spec(accepted.job_id)).upload.size == len(LARGE)


@pytest.mark.parametrize("given", [5, io.StringIO("a,b\n"), None])
async def test_what_is_no_file_of_bytes_is_not_sent(blocking: Modelbourse, given: Any) -> None:
    with pytest.raises(UnsendableError, match="a file is given by its path"):
        await asyncio.to_thread(lambda: blocking.datasets.upload(given, symbol="ACME"))


async def test_what_is_wrong_is_told_by_field_before_the_file_has_come(blocking: Modelbourse, csv: Path) -> None:
    told: list[int] = []

    def send() -> Any:
        return blocking.datasets.upload(csv, symbol="acme", timeframe="1hr", on_progress=lambda done, _: told.append(done))

    with pytest.raises(InvalidRequestError) as caught:
        await asyncio.to_thread(send)

    assert set(caught.value.details) == {"symbol", "timeframe"}
    assert "Did you mean 'ACME'?" in caught.value.details["symbol"][0]


async def test_a_file_is_sent_again_from_its_beginning_when_the_gateway_was_not_to_be_had(clerk: Clerk, ada: User, csv: Path) -> None:
    """The first attempt meets a server that goes away while the file is sent."""
    attempted = asyncio.Event()

    async def go_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(200_000)
        attempted.set()
        writer.close()

    server = await asyncio.start_server(go_away, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = Modelbourse(f"http://127.0.0.1:{port}", token(ada))
    sending = asyncio.create_task(asyncio.to_thread(lambda: client.datasets.upload(csv, symbol="AGAIN", timeframe="1h")))
    await attempted.wait()
    server.close()
    async with serving(clerk.world.gateway.app, listening().model_copy(update={"port": port})):
        accepted = await sending

    assert (await clerk.spec(accepted.job_id)).upload.size == len(LARGE)
