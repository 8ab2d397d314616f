"""Pages as they load for the first time: light, and with nothing that moves under a reader's eyes."""

import pytest

from tests.browser.conftest import Screen
from tests.browser.loading import loading

pytestmark = pytest.mark.asyncio(loop_scope="session")
# What still counts as good of a page's shifts is 0.1.
FIRST_PAGE_BYTES, WITH_CHARTS_BYTES, MOVED = 30_000, 300_000, 0.02


async def test_pages_are_light_and_stand_still_while_they_load(screen: Screen) -> None:
    context = screen.page.context

    first = await loading(context, f"{screen.base}/app/register")
    model = await screen.world.trained(await screen.signed_in())
    drawn = [await loading(context, f"{screen.base}{path}") for path in ("/app", f"/app/models/{model}")]

    assert first.size < FIRST_PAGE_BYTES
    assert max(each.size for each in drawn) < WITH_CHARTS_BYTES
    assert max(each.moved for each in (first, *drawn)) < MOVED
