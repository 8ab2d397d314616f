"""A quant's own data in a real browser: sent from a file, checked while they look, learned from, and taken away again."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Screen
from tests.gateway.datasets.desk import CSV, GAP, Clerk
from tests.gateway.datasets.test_downloading import a_canonical_file

pytestmark = pytest.mark.asyncio(loop_scope="session")
HOSTILE = "ACME <img src=x onerror=\"document.title='taken'\">"


async def test_a_file_is_sent_seen_checked_live_learned_from_and_downloaded(screen: Screen, tmp_path: Path) -> None:
    # given a file of candles with a column more
    page, clerk, content = screen.page, Clerk(screen.world, await screen.signed_in()), a_canonical_file(tmp_path)
    (tmp_path / "prices.csv").write_text(CSV)

    # when it is chosen and sent
    await screen.open("/app/datasets")
    await page.get_by_text("Send a file", exact=True).click()
    await page.get_by_label("Name").fill(HOSTILE)
    await page.get_by_placeholder("ACME").fill("ACME")
    await page.get_by_label("Timeframe").fill("1h")
    await page.get_by_label("File").set_input_files(tmp_path / "prices.csv")
    await page.get_by_role("button", name="Send it").click()
    await page.wait_for_url("**/app/datasets/dataset_*")
    await expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    await expect(page.get_by_text("Checking", exact=True).first).to_be_visible()
    dataset = await clerk.get(f"/{page.url.rpartition('/')[2]}")
    await clerk.complete({"dataset_id": dataset["id"], "job_id": dataset["job_id"]}, content=content, findings=(GAP,))

    # then its page tells of the check's end by itself, and hands the rows out
    await expect(page.get_by_text("Two candles are missing.")).to_be_visible()
    await expect(page.get_by_text("Its check is under way")).to_have_count(0)
    assert not (await page.title()).startswith("taken")
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Download").click()
    download = await downloading.value
    assert (download.suggested_filename, (await download.path()).read_bytes()) == ("ACME_1h_v1.parquet", content)

    # and a model can learn from it, and from what stands in its own column
    await page.get_by_role("link", name="New model of it").click()
    await expect(page.get_by_role("checkbox", name="ACME")).to_be_checked()
    await page.get_by_label("Name", exact=True).fill("From our desk")
    await page.get_by_text("Your own columns").click()
    await page.get_by_role("checkbox", name="mood").check()
    await page.get_by_role("button", name="Make the model").click()
    await page.wait_for_url("**/app/models/model_*")
    await expect(page.get_by_text("ACME (1h)")).to_be_visible()
