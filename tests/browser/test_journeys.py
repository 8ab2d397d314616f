"""Journeys in a real browser: what readers do from end to end, with the keyboard, live, and with hostile names."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Screen
from tests.gateway.studio.reader import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="session")
HOSTILE = "<script>alert(1)</script>"


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(120):
        await page.keyboard.press("Tab")
        # A group that scrolls has the focus, too, and begins with the text of its first member.
        named = "e => e.role === 'group' ? '' : (e.labels?.[0]?.textContent ?? e.textContent ?? '').trim()"
        if (await page.evaluate(f"({named})(document.activeElement)")).startswith(name):
            return
    pytest.fail(f"no way by Tab to {name}")


async def test_a_quant_registers_makes_a_model_and_sees_it_trained_live_by_keyboard_alone(screen: Screen) -> None:
    page = screen.page

    # given an account
    await screen.open("/app/models")
    await tab_to(page, "Create one")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/app/register*")
    await tab_to(page, "Username")
    await page.keyboard.type("quant-by-keyboard")
    await tab_to(page, "Email")
    await page.keyboard.type("quant@example.com")
    await tab_to(page, "Password")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")

    # when a model is made, whose name would run, and its training is started
    await page.wait_for_url("**/app/models")
    await tab_to(page, "New model")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/app/models/new")
    await tab_to(page, "Name")
    await page.keyboard.type(HOSTILE)
    await tab_to(page, "AAPL")
    await page.keyboard.press("Space")
    await tab_to(page, "cci_20")
    await page.keyboard.press("Space")
    await tab_to(page, "Make the model")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/app/models/model_*")
    await tab_to(page, "Train")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/app/jobs/job_*")
    job_id = page.url.rpartition("/")[2]
    live = page.locator("#live")
    await expect(live).to_contain_text("Queued")
    await screen.world.training.complete(job_id)

    # then the page of the job tells of its end by itself, and the model's what was measured
    await expect(live).to_contain_text("Succeeded")
    await expect(live).to_contain_text("done")
    # Times are the reader's: it is nine hours later in Tokyo.
    await expect(live.locator("time").first).to_have_attribute("data-local", "")
    await tab_to(page, "model_")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/app/models/model_*")
    await expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    await expect(page.locator("mb-chart canvas").first).to_be_visible()
    await page.go_back()
    await expect(live).to_contain_text("Succeeded")


async def test_charts_take_the_colours_of_the_scheme_and_stand_a_swap(screen: Screen) -> None:
    # given a page with a chart in the light
    user = await screen.signed_in()
    await screen.world.trained(user)
    await screen.page.emulate_media(color_scheme="light")
    await screen.open("/app")
    canvas = screen.page.locator("mb-chart canvas").first
    await expect(canvas).to_be_visible()
    light = await canvas.evaluate("each => each.toDataURL()")

    # when it becomes dark, and its JSON is put anew
    await screen.page.emulate_media(color_scheme="dark")
    other = "before => document.querySelector('mb-chart').shadowRoot.querySelector('canvas')?.toDataURL() !== before"
    await screen.page.wait_for_function(other, arg=light)
    await screen.page.evaluate("() => { const chart = document.querySelector('mb-chart'); chart.innerHTML = chart.innerHTML }")

    # then it is drawn again
    await expect(canvas).to_be_visible()
    assert await screen.page.evaluate("document.querySelector('mb-chart script') !== null")
