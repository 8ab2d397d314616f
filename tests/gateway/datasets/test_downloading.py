"""The rows of a dataset as files, and the page of its health check."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from libs.contracts.datasets import DatasetKind
from libs.market.datasets.canonical import Facts, write
from tests.gateway.datasets.desk import BEGIN, DATASETS, Clerk, columns, error_of
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
HOUR = 3_600_000_000_000


@pytest_asyncio.fixture(loop_scope="session")
async def clerk(studio: World, ada: User) -> Clerk:
    return Clerk(studio, ada)


def a_canonical_file(folder: Path, *, timeframe: str = "1h", rows: int = 8) -> bytes:
    kinds = [("time", "time", "time"), *((each.name, each.role, "number") for each in columns()[1:6]), ("segment", "segment", "integer")]
    facts = Facts(
        kind=DatasetKind.CANDLES,
        columns=(*kinds, ("mood", "feature", "number")),
        symbol="ACME",
        timeframe=timeframe,
        calendar="24/7",
        bars_per_year=8760.0,
    )
    closes = int(BEGIN.timestamp()) * 10**9 + HOUR * np.arange(1, rows + 1)
    prices = {name: np.arange(rows, dtype=np.float64) + 1.5 for name in ("open", "high", "low", "close", "volume")}
    mood = np.where(np.arange(rows) % 2, np.nan, 0.5)
    held: dict[str, Any] = {"time": closes, **prices, "segment": np.zeros(rows, dtype=np.int32), "mood": mood}
    write(folder / "rows.parquet", facts=facts, rows=rows, part=lambda start, stop: {name: each[start:stop] for name, each in held.items()})
    return (folder / "rows.parquet").read_bytes()


async def test_rows_are_downloaded_as_they_are_kept_or_as_csv_that_can_be_sent_again(clerk: Clerk, tmp_path: Path) -> None:
    content, sent = a_canonical_file(tmp_path), await clerk.sent()
    await clerk.complete(sent, content=content)
    path = f"{DATASETS}/{sent['dataset_id']}/download"

    parquet = await clerk.user.http.get(path)
    text = await clerk.user.http.get(path, params={"format": "csv"})

    assert parquet.content == content
    assert parquet.headers["content-disposition"] == 'attachment; filename="ACME_1h_v1.parquet"'
    assert text.headers["content-disposition"] == 'attachment; filename="ACME_1h_v1.csv"'
    rows = list(csv.DictReader(io.StringIO(text.text)))
    assert list(rows[0]) == ["time", "open", "high", "low", "close", "volume", "mood"]
    assert (rows[0]["time"], rows[-1]["time"], len(rows)) == ("2026-01-05T09:00:00Z", "2026-01-05T16:00:00Z", 8)
    assert (rows[0]["mood"], rows[1]["mood"], float(rows[1]["close"])) == ("0.5", "", 2.5)


async def test_who_reads_slowly_keeps_nobody_from_a_csv_but_themselves(clerk: Clerk, tmp_path: Path) -> None:
    sent = await clerk.sent()
    dataset = await clerk.complete(sent, content=a_canonical_file(tmp_path, rows=60_000))
    files = clerk.world.gateway.platform.datasets.files

    slow = [files.csv(dataset["sha256"], account_id=clerk.user.account_id) for _ in range(2)]
    begun = [await anext(each) for each in slow]
    refused = await clerk.user.http.get(f"{DATASETS}/{sent['dataset_id']}/download", params={"format": "csv"})
    other = [piece async for piece in files.csv(dataset["sha256"], account_id="another")]
    for each in slow:
        await each.aclose()
    after = await clerk.user.http.get(f"{DATASETS}/{sent['dataset_id']}/download", params={"format": "csv"})

    assert error_of(refused)[:2] == (
        429,
        "2 datasets of this account are being downloaded as CSV already; try again when one has come.",
    )
    assert int(refused.headers["retry-after"]) >= 1
    assert len(other) > 1
    assert begun == [other[0]] * 2
    assert after.content == b"".join(other)


async def test_a_file_that_is_gone_is_told_before_the_answer_begins(clerk: Clerk) -> None:
    sent = await clerk.sent()
    dataset = await clerk.complete(sent)
    folder = Path(clerk.world.training.artifacts._root)
    (folder / "sha256" / dataset["sha256"][:2] / dataset["sha256"]).unlink()

    answers = [
        await clerk.user.http.get(f"{DATASETS}/{sent['dataset_id']}/download", params={"format": each}) for each in ("parquet", "csv")
    ]

    assert {error_of(answer)[:2] for answer in answers} == {(404, "The file is no longer in the artifact store: send it again to have it.")}


async def test_the_page_of_a_health_check_may_run_nothing(clerk: Clerk) -> None:
    sent = await clerk.sent(name="ACME")
    await clerk.complete(sent)

    page = await clerk.user.http.get(f"{DATASETS}/{sent['dataset_id']}/health.html")

    assert page.text == "<!doctype html><title>ACME</title>"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "script" not in page.headers["content-security-policy"]
