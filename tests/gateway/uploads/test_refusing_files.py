"""Stories of files that are refused: with the reason, before they have come where that can be, and nothing of them is kept."""

from collections.abc import AsyncIterator

import pytest

from tests.gateway.uploads.counters import BOUNDARY, CSV, CSV_TYPE, Counter, answered
from tests.gateway.uploads.parcels import MOST, TOO_LARGE
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


def form(*parts: bytes, end: bytes = b"--b--\r\n") -> bytes:
    return b"".join(b"--b\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + end


FILE = b'name="file"; filename="a.csv"\r\n\r\na,b\n1,2\n'
BROKEN: list[tuple[dict[str, str], bytes, str, str]] = [
    (BOUNDARY, form(FILE, end=b""), "body", "ends before its last boundary"),
    (BOUNDARY, b"", "body", "ends before its last boundary"),
    (BOUNDARY, b"a,b\n1,2\n", "body", "It is no good multipart/form-data"),
    ({"content-type": "multipart/form-data"}, form(FILE), "body", "its Content-Type has no boundary"),
    (BOUNDARY, form(b'filename="a.csv"\r\n\r\na'), "body", "a part has no name"),
    (BOUNDARY, form(b'name="file"\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ=='), "body", "send it as it is"),
    (BOUNDARY, form(b'name="to"\r\n\r\nBern'), "file", "There is none; send it as the part 'file'"),
    (BOUNDARY, form(FILE, FILE), "file", "There are two; send one at a time."),
    (BOUNDARY, form(b'name="file"; filename="a.csv"\r\n\r\n'), "file", "It is empty."),
    (BOUNDARY, form(b'name="weigth"\r\n\r\n1', FILE), "weigth", "there are file, to, weight. Did you mean 'weight'?"),
    (BOUNDARY, form(b'name="data"; filename="a.csv"\r\n\r\na', FILE), "data", "A file is sent as 'file'."),
    (BOUNDARY, form(b'name="to"\r\n\r\na', b'name="to"\r\n\r\nb', FILE), "to", "It is given twice."),
    (BOUNDARY, form(b'name="to"\r\n\r\n' + b"x" * 40_000, FILE), "to", "It is too long; at most 32768 bytes are read."),
    (BOUNDARY, form(b'name="to"\r\n\r\n\xff\xfe', FILE), "to", "It is no UTF-8."),
    (CSV_TYPE, b"", "file", "It is empty."),
    ({"content-type": "application/json"}, b"{}", "Content-Type", "'application/json' is not understood; send multipart/form-data"),
    (CSV_TYPE, b"\x1f\x8b\x08" + b"x" * 200_000, "file", "It is compressed with gzip: send it unpacked."),
    (CSV_TYPE, b"PK\x03\x04", "file", "It is a ZIP archive or an Excel workbook"),
    ({"content-type": "application/vnd.apache.parquet"}, b"a,b\n", "file", "does not begin with PAR1"),
    (CSV_TYPE, b"a,b\n\0\0", "file", "It is neither CSV nor Parquet"),
]


@pytest.mark.parametrize(("headers", "body", "field", "sentence"), BROKEN)
async def test_what_is_no_file_is_refused_with_the_reason_and_nothing_is_kept(
    counter: Counter, headers: dict[str, str], body: bytes, field: str, sentence: str
) -> None:
    before = counter.kept()

    answer = await counter.send(body, headers=headers)

    assert answer.status_code == 400
    assert sentence in answer.json()["details"][field][0]
    assert counter.kept() == before


async def test_a_field_in_the_query_and_the_form_is_given_twice(counter: Counter) -> None:
    answer = await counter.send(form(b'name="to"\r\n\r\nBern', FILE), headers=BOUNDARY, params={"to": "Bern"})

    assert (answer.status_code, answer.json()["details"]) == (400, {"to": ["It is given twice."]})


@pytest.mark.parametrize("sent", ["raw by its length", "raw in chunks", "a form by its length", "a form in chunks"])
async def test_a_file_beyond_the_bound_is_refused_in_the_face_s_words_and_nothing_is_kept(counter: Counter, sent: str) -> None:
    before, file = counter.kept(), b"a,b\n" * (MOST // 4 + 100_000)
    body = form(b'name="file"; filename="a.csv"\r\n\r\n' + file) if sent.startswith("a form") else file

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1_000_000):
            yield body[start : start + 1_000_000]

    headers = BOUNDARY if sent.startswith("a form") else CSV_TYPE
    answer = await counter.send(body if sent.endswith("length") else pieces(), headers=headers)

    assert (answer.status_code, answer.json()) == (413, {"sorry": TOO_LARGE, "details": {"file": [TOO_LARGE]}})
    assert counter.kept() == before
    assert (await counter.send(b"a,b\n" * (MOST // 4), headers=CSV_TYPE)).status_code == 202


async def test_other_bodies_of_the_same_face_are_as_small_as_ever(counter: Counter) -> None:
    answer = await counter.http.post("/parcels/letters", headers=counter.ada, content=b" " * 200_000)

    assert (answer.status_code, answer.json()["sorry"]) == (413, "The request's body is too large; at most 100000 bytes are read.")


async def test_who_waits_to_be_asked_for_the_body_is_refused_without_sending_it(counter: Counter) -> None:
    reader, writer = await counter.connect(f"Content-Length: {MOST + 1}", "Expect: 100-continue")

    status, told = await answered(reader)
    writer.close()

    assert (status, told["sorry"]) == (413, TOO_LARGE)


async def test_who_waits_to_be_asked_for_the_body_is_asked(counter: Counter) -> None:
    reader, writer = await counter.connect(f"Content-Length: {len(CSV)}", "Expect: 100-continue")

    asked = await reader.readuntil(b"\r\n\r\n")
    writer.write(CSV)
    status, told = await answered(reader)
    writer.close()

    assert asked.startswith(b"HTTP/1.1 100 ")
    assert (status, told["size"]) == (202, len(CSV))


async def test_who_may_not_send_or_describes_it_wrongly_is_told_before_the_body_is_read(counter: Counter) -> None:
    body = {"content-type": "text/csv", "expect": "100-continue"}

    stranger = await counter.http.post("/parcels", content=CSV, headers=body)
    reader = await counter.http.post("/parcels", content=CSV, headers=counter.reader | body)
    nowhere = await counter.send(CSV, headers=body, params={"to": "nowhere"})
    early = await counter.send(form(b'name="to"\r\n\r\nnowhere', FILE), headers=BOUNDARY)

    assert [each.status_code for each in (stranger, reader, nowhere, early)] == [401, 403, 400, 400]
    assert nowhere.json() == early.json() == {"sorry": "Nobody lives there.", "details": {"to": ["There is no such place."]}}


@pytest.mark.parametrize("how", ["goes away", "stands still"])
async def test_of_a_sender_who_does_not_go_on_nothing_is_kept(counter: Counter, hurried: Counter, how: str) -> None:
    counter = hurried if how == "stands still" else counter
    before = counter.kept()
    reader, writer = await counter.connect(f"Content-Length: {MOST}")
    writer.write(b"a,b\n" * 400_000)
    await writer.drain()

    async def begun() -> bool:
        writer.write(b"a,b\n")  # It goes on until that was seen: who stands still is let go, and what has come of the file with them.
        return counter.kept() != before

    async def gone() -> bool:
        return counter.kept() == before

    await until(begun, what="a part of the file in the store")
    if how == "goes away":
        writer.close()
    else:
        status, told = await answered(reader)
        assert (status, told["error"]["code"]) == (408, "REQUEST_TIMEOUT")
    await until(gone, what="nothing of the file in the store")
    writer.close()


@pytest.mark.parametrize(("weight", "status", "more"), [("heavy", 400, 0), ("unknown", 503, 1)])
async def test_what_an_endpoint_refuses_is_removed_and_what_nobody_knows_of_stays(
    counter: Counter, weight: str, status: int, more: int
) -> None:
    before = counter.kept()

    answer = await counter.send(CSV, headers=CSV_TYPE, params={"weight": weight})

    assert (answer.status_code, len(counter.kept()) - len(before)) == (status, more)
