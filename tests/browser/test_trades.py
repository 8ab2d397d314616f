"""Trades on candles in a browser: drawn, zoomed by the wheel, walked by links and by the keyboard."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Screen

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHOWN = "document.querySelector('mb-chart').chart.getOption().dataZoom[0]"


async def test_a_trade_is_found_on_its_candles_and_looked_at_closely(screen: Screen) -> None:
    user = await screen.signed_in()
    model = await screen.world.trained(user)
    page = screen.page

    await screen.open(f"/app/models/{model}")
    await page.get_by_role("link", name="On candles").click()
    await page.wait_for_function("document.querySelector('mb-chart')?.chart?.getOption().series.length === 3")
    await page.get_by_role("link", name="3", exact=True).press("Enter")
    await expect(page).to_have_url(re.compile(r"symbol=AAPL&start=2011-11-06.*&trade=3#chart"))
    await page.wait_for_function(f"document.querySelector('mb-chart')?.chart && {SHOWN}.end === 100")
    chart = page.locator("mb-chart")
    await chart.scroll_into_view_if_needed()
    await chart.hover()
    await page.mouse.wheel(0, -400)
    await page.wait_for_function(f"{SHOWN}.end - {SHOWN}.start < 100")
    await page.get_by_role("link", name="Earlier").press("Enter")
    await expect(page.get_by_label("To", exact=True)).to_have_value("2011-11-07")
    await page.go_back()

    await expect(page).to_have_url(re.compile("trade=3"))
