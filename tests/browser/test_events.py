"""Events in a real browser: they show as they happen, the newest first, and with hostile names."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Screen
from tests.gateway.studio.selling import a_reviewer, listed

pytestmark = pytest.mark.asyncio(loop_scope="session")
HOSTILE = "<script>document.title = 'taken'</script>"


async def test_events_come_to_the_page_by_themselves_and_run_nothing(screen: Screen) -> None:
    user, page = await screen.signed_in(), screen.page
    job_id = await user.train(await user.make_model())
    await screen.open("/app/events")
    await expect(page.get_by_role("status")).to_have_text("Connected. Nothing has happened yet.")
    rows = page.get_by_role("log").locator("li")

    await screen.world.training.complete(job_id)
    await expect(rows).to_have_count(1)
    await listed(screen.world, user, await a_reviewer(screen.world), title=HOSTILE)

    await expect(rows.first).to_contain_text("model.published")
    await expect(rows.first).to_contain_text(HOSTILE)
    await expect(rows.last.get_by_role("link", name="Job")).to_have_attribute("href", f"/app/jobs/{job_id}")
    await expect(rows.first.locator("time").first).to_have_attribute("data-local", "")
    await expect(page).to_have_title("Events · Modelbourse")
    assert await screen.is_accessible() == []
