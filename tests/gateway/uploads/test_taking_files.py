"""Stories of files over real connections: taken in as they come, beyond what other bodies may have, and no faster than the store."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.gateway.conftest import bearer
from tests.gateway.uploads.counters import CSV, CSV_TYPE, Counter
from tests.gateway.uploads.parcels import CRATE_MOST, HeldArtifacts
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_file_in_a_form_is_taken_in_whole_with_what_came_beside_it(counter: Counter) -> None:
    parts: dict[str, Any] = {"file": ("acme.csv", CSV, "text/csv")}

    answer = await counter.http.post("/parcels", headers=counter.ada, data={"to": "Zürich", "weight": "light"}, files=parts)

    told = answer.json()
    assert answer.status_code == 202, told
    assert (told["sha256"], told["size"], told["format"]) == (hashlib.sha256(CSV).hexdigest(), len(CSV), "csv")
    assert (told["fields"], told["head"]) == ({"to": "Zürich", "weight": "light"}, 65_536)
    assert counter.desk.chassis.artifacts.read_named(told["path"]) == CSV


@pytest.mark.parametrize("sent", ["by its length", "in chunks"])
async def test_a_file_can_be_the_body_itself_described_by_the_query(counter: Counter, sent: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(CSV), 77_777):
            yield CSV[start : start + 77_777]

    body = CSV if sent == "by its length" else pieces()
    answer = await counter.send(body, params={"to": "Bern"}, headers={"content-type": "application/octet-stream"})

    told = answer.json()
    assert (answer.status_code, told["format"], told["fields"]) == (202, "csv", {"to": "Bern"})
    assert counter.desk.chassis.artifacts.read_named(told["path"]) == CSV


@pytest.mark.parametrize(
    ("content_type", "name", "body", "understood"),
    [
        ("application/octet-stream", "a.csv", b"a,b\n1,2\n", "csv"),
        ("application/octet-stream", "a", b"PAR1....PAR1", "parquet"),
        ("text/csv", "a.csv", b"PAR1....PAR1", "parquet"),
        ("application/vnd.apache.parquet", "a", b"PAR1....PAR1", "parquet"),
        ("text/plain", "prices.tsv", b"a\tb\n", "csv"),
    ],
)
async def test_the_format_is_known_by_its_bytes_its_type_and_its_name(
    counter: Counter, content_type: str, name: str, body: bytes, understood: str
) -> None:
    answer = await counter.http.post("/parcels", headers=counter.ada, files={"file": (name, body, content_type)})

    assert (answer.status_code, answer.json()["format"]) == (202, understood)


async def test_the_same_file_with_the_same_key_is_taken_once(counter: Counter) -> None:
    before = counter.kept()

    first = await counter.send(CSV, key="once", headers=CSV_TYPE, params={"to": "Bern"})
    again = await counter.send(CSV, key="once", headers=CSV_TYPE, params={"to": "Bern"})
    other_file = await counter.send(CSV + b"!", key="once", headers=CSV_TYPE, params={"to": "Bern"})
    other_field = await counter.send(CSV, key="once", headers=CSV_TYPE, params={"to": "Basel"})

    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
    assert (other_file.status_code, other_field.status_code) == (409, 409)
    assert len(counter.kept()) - len(before) == 1
    assert counter.desk.chassis.artifacts.read_named(first.json()["path"]) == CSV


async def test_the_document_shows_both_ways_of_sending_a_file(counter: Counter) -> None:
    described = (await counter.http.get("/openapi.json")).json()["paths"]["/parcels"]["post"]

    form = described["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert (form["required"], set(form["properties"])) == (["file"], {"file", "to", "weight"})
    assert described["requestBody"]["content"]["text/csv"]["schema"]["format"] == "binary"
    assert {"400", "409", "413", "415"} <= set(described["responses"])


async def test_a_slow_store_slows_the_sender(held: tuple[Counter, HeldArtifacts]) -> None:
    counter, store = held
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < CRATE_MOST:
            sent += 1_000_000
            yield b"a,b\n" * 250_000

    async def is_waiting() -> bool:
        return len(store.waiting) == 1

    sending = asyncio.create_task(counter.http.post("/parcels/crates", headers=counter.ada | CSV_TYPE, content=pieces()))
    await until(is_waiting, what="a file that waits for the store")
    for _ in range(50):  # The gateway could read on, if it did not wait.
        assert (await counter.http.get("/livez")).status_code == 200
    before = sent
    store.released.set()
    answer = await sending

    # What the kernel holds for both ends is a few MB.
    assert before < CRATE_MOST / 2
    assert (answer.status_code, answer.json()) == (202, CRATE_MOST)


async def test_an_account_sends_two_files_at_once_and_others_are_not_held_up(held: tuple[Counter, HeldArtifacts]) -> None:
    counter, store = held
    store.released.clear()
    store.waiting.clear()
    eve = bearer(await counter.desk.user())

    async def are_waiting() -> bool:
        return len(store.waiting) == 2

    two = [asyncio.create_task(counter.send(CSV, headers=CSV_TYPE)) for _ in range(2)]
    await until(are_waiting, what="two files that wait for the store")
    third = await counter.send(CSV, headers=CSV_TYPE)
    others = asyncio.create_task(counter.send(CSV, headers=CSV_TYPE | eve))
    store.released.set()

    assert (third.status_code, third.headers["retry-after"]) == (429, "5")
    assert third.json()["sorry"] == "2 files of this account are being sent already; try again when one has come."
    assert [each.status_code for each in await asyncio.gather(*two, others)] == [202, 202, 202]
    assert (await counter.send(CSV, headers=CSV_TYPE)).status_code == 202
