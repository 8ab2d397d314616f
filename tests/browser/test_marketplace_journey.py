"""A seller, a reviewer and a buyer on one platform, each in a browser of their own: from a trained model to what it has earned."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from services.gateway.domain.accounts.account import Role
from tests.browser.conftest import Screen, row_of
from tests.gateway.studio.selling import measure

pytestmark = pytest.mark.asyncio(loop_scope="session")
HOSTILE = "Swings <img src=x onerror=\"document.title='taken'\"> of two"


async def is_text(page: Page) -> None:
    """The hostile title is read as it is written, and nothing was made of it."""
    await expect(page.get_by_text(HOSTILE).first).to_be_visible()
    await expect(page.locator("img[src=x]")).to_have_count(0)
    assert not (await page.title()).startswith("taken")


async def puts_on_sale(screen: Screen, model_id: str) -> None:
    """Offer a model, from its page."""
    page = screen.page
    await screen.open(f"/app/models/{model_id}")
    await page.get_by_role("link", name="Sell it").click()
    await page.get_by_label("Title").fill(HOSTILE)
    await page.get_by_label("Price a month").fill("29.00")
    await page.get_by_label("Description").fill("By two indicators.")
    await page.get_by_label("Equity").check()
    await page.get_by_label("I know that its candles have no live source").check()
    await page.get_by_role("button", name="Submit it for review").click()


async def approves(screen: Screen) -> None:
    """Go to the desk, look at a listing with its record, and let it in."""
    page = screen.page
    await screen.open("/app/marketplace")
    await page.get_by_role("link", name="Review desk").click()
    await is_text(page)
    await page.get_by_role("link", name=HOSTILE).click()
    await expect(page.get_by_role("img", name="What a capital of 1 has become").locator("canvas").first).to_be_visible()
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("status")).to_have_text("The listing is on sale.")


async def finds_and_buys(screen: Screen) -> None:
    """Search the marketplace, read a listing's record, and pay for a month."""
    page = screen.page
    await screen.open("/app")
    await page.get_by_role("link", name="Marketplace", exact=True).click()
    await page.get_by_label("Words").fill("swings")
    await page.get_by_label("Words").press("Enter")
    await is_text(page)
    await page.get_by_role("link", name=HOSTILE).click()
    await expect(page.get_by_role("region", name="Record")).to_contain_text("Sharpe ratio")
    await expect(page.get_by_role("button", name="Predict")).to_have_count(0)
    await page.get_by_role("button", name="Subscribe").click()
    await expect(page.get_by_role("status")).to_have_text("You are subscribed.")
    await expect(row_of(page, HOSTILE)).to_contain_text("Active")


async def test_a_model_is_sold_reviewed_bought_asked_and_rated_by_people_in_browsers(new_screen: Callable[[], Awaitable[Screen]]) -> None:
    # given a seller with a trained model, a reviewer and a buyer
    selling, reviewing, buying = [await new_screen() for _ in range(3)]
    world, seller, buyer = selling.world, selling.page, buying.page
    model_id = await world.trained(await selling.signed_in())
    await reviewing.signed_in(Role.ADMIN)
    await buying.signed_in()

    # when the seller puts it on sale from its page
    await puts_on_sale(selling, model_id)
    await seller.wait_for_url("**/app/marketplace/listing_*")
    await is_text(seller)
    await expect(seller.get_by_role("button", name="Subscribe")).to_have_count(0)
    await measure(world, seller.url.rpartition("/")[2], model_id)

    # and the reviewer looks at what the platform has measured, and approves
    await approves(reviewing)

    # and the buyer finds it by its words, reads its record and pays for a month
    await finds_and_buys(buying)

    # then they ask it, from the listing, and say what they think of it
    await buyer.get_by_role("link", name=HOSTILE).click()
    await buyer.get_by_label("Symbols").fill("AAPL")
    await buyer.get_by_role("button", name="Predict").click()
    await expect(buyer.get_by_text("AAPL:")).to_be_visible()
    await expect(buyer.get_by_role("img", name="for AAPL").locator("canvas").first).to_be_visible()
    await buyer.get_by_text("Rate it").click()
    await buyer.get_by_label("Stars").select_option("4")
    await buyer.get_by_label("In words").fill(HOSTILE)
    await buyer.get_by_role("button", name="Rate", exact=True).click()
    await expect(buyer.get_by_role("status")).to_have_text("Your rating is kept.")
    await expect(buyer.get_by_role("definition").filter(has_text=HOSTILE)).to_be_visible()
    await is_text(buyer)

    # and the seller sees what it has earned
    await seller.reload()
    await expect(seller.get_by_text("1 subscriber uses it.")).to_be_visible()
    await seller.get_by_role("link", name="What it has earned").click()
    await expect(row_of(seller, HOSTILE)).to_contain_text("29.00 USD")
    await is_text(seller)
