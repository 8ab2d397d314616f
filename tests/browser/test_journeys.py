"""Journeys in a real browser."""

import pytest

from tests.browser.conftest import Screen

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHOTS = "/tmp/uiwork/shots"


async def test_try(screen: Screen) -> None:
    page = screen.page
    await screen.open("/app/register")
    await page.get_by_label("Username").fill("quant-1")
    await page.get_by_label("Email").fill("quant-1@example.com")
    await page.get_by_label("Password").fill("three-blind-mice")
    await page.screenshot(path=f"{SHOTS}/register.png")
    print(await screen.is_accessible())
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/app")
    await page.screenshot(path=f"{SHOTS}/empty.png")
    print(await screen.is_accessible())
    await page.get_by_role("link", name="New model").click()
    await page.get_by_label("Name", exact=True).fill("<script>alert(1)</script>")
    await page.get_by_role("checkbox", name="AAPL").check()
    await page.get_by_role("checkbox", name="rsi_14").check()
    await page.screenshot(path=f"{SHOTS}/new.png", full_page=True)
    print(await screen.is_accessible())
    await page.get_by_role("button", name="Make the model").click()
    await page.wait_for_url("**/app/models/model_*")
    print(await screen.is_accessible())
    await page.get_by_role("button", name="Train").click()
    await page.wait_for_url("**/app/jobs/job_*")
    job = page.url.rpartition("/")[2]
    await page.screenshot(path=f"{SHOTS}/job0.png")
    print(await screen.is_accessible())
    await screen.world.training.complete(job)
    await page.get_by_text("100 %").first.wait_for(timeout=8000)
    await page.screenshot(path=f"{SHOTS}/job1.png", full_page=True)
    await page.locator("dd a").first.click()
    await page.wait_for_url("**/app/models/model_*")
    await page.wait_for_timeout(800)
    await page.screenshot(path=f"{SHOTS}/model.png", full_page=True)
    print(await screen.is_accessible())
    await page.get_by_role("button", name="Dark").click()
    await page.wait_for_timeout(800)
    await page.screenshot(path=f"{SHOTS}/model-dark.png", full_page=True)
    print(await screen.is_accessible())
    await screen.open("/app")
    await page.wait_for_timeout(500)
    await page.screenshot(path=f"{SHOTS}/dash.png")
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.screenshot(path=f"{SHOTS}/dash360.png")
    print(await page.evaluate("document.documentElement.scrollWidth"))
    await screen.open("/app/models")
    await page.screenshot(path=f"{SHOTS}/models360.png")
    print(await page.evaluate("document.documentElement.scrollWidth"))
    print("WRONG", screen.wrong)
