"""Amounts in the platform's currency, whichever it is: in answers, on pages, and in what the command says."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from libs.chassis.bus.port import AskTimeoutError
from libs.contracts.marketplace import Prices
from services.gateway.domain.accounts.account import Role
from services.gateway.domain.services import Marketplace
from services.gateway.inbound.pages import rendering
from services.gateway.inbound.pages.served import PAGES
from services.gateway.serving import serving
from services.gateway.usecases.marketplace.know_prices import KnowPrices
from tests.client.command import Command, Done
from tests.conftest import NewFolder
from tests.gateway.studio.reader import as_user, reader, text_of
from tests.gateway.studio.selling import a_reviewer, listed, submitted
from tests.gateway.studio.sockets import listening
from tests.gateway.studio.subscribers import subscribed
from tests.gateway.studio.world import Places, User, World, world

pytestmark = pytest.mark.asyncio(loop_scope="session")
# A dollar before anything but the name of a shell's variable.
DOLLAR = re.compile(r"\$(?!MODELBOURSE_)")
TEMPLATES = Path(rendering.__file__).with_name("templates")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def euros(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[World]:
    """A platform that charges in euros."""
    async with world(Places(mongo_url, redis_url, new_folder()), gateways=1, currency="eur") as made:
        yield made


async def test_no_page_with_an_amount_of_the_platforms_money_shows_another_currency(euros: World) -> None:
    # given a seller with an untrained model and one on sale, a subscriber to it, and somebody with a training that was charged
    seller, buyer, desk = await reader(euros), await reader(euros), await reader(euros, Role.ADMIN)
    selling, buying = as_user(euros, seller), as_user(euros, buyer)
    _, listing_id = await listed(euros, selling, await a_reviewer(euros), monthly_price="30.00")
    await submitted(euros, selling)
    draft, trained = await selling.make_model(), await euros.trained(selling)
    await subscribed(buying, listing_id)
    bought = await buying.call("POST", "/compute/purchase-credits/", {"hours": 2, "payment_method": "credit_card"})
    job_id = (await selling.get("/training-jobs/"))["results"][0]["id"]

    # when pages that show amounts are read
    of_buyer = ["/app/marketplace", f"/app/marketplace/{listing_id}", "/app/subscriptions", "/app/account", "/app/account/receipts"]
    of_seller = ["/app", f"/app/marketplace/{listing_id}", "/app/account", "/app/jobs", f"/app/jobs/{job_id}", f"/app/models/{draft}"]
    of_seller.append(f"/app/marketplace/sell/{trained}")
    pages = {f"buyer {path}": text_of(await buyer.open(path)) for path in of_buyer}
    pages |= {f"seller {path}": text_of(await seller.open(path)) for path in of_seller}
    pages |= {"desk": text_of(await desk.open("/app/marketplace/review"))}

    # then each of them has euros, and none has dollars
    assert [where for where, text in pages.items() if "EUR" not in text] == []
    assert [(where, text) for where, text in pages.items() if "USD" in text or DOLLAR.search(text)] == []
    assert "30.00 EUR a month" in pages["buyer /app/marketplace"]
    assert "Earned, net 24.00 EUR 6.00 EUR fees" in pages["seller /app/account"]
    # and so say the answers
    assert bought.json()["currency"] == (await selling.get("/analytics/leasing/"))["currency"] == "EUR"
    assert await buying.get("/compute/prices/") == {"price_per_hour": "5.00", "currency": "EUR"}


async def test_the_command_says_the_currency_of_what_it_shows(euros: World, tmp_path: Path) -> None:
    owner, operator = await euros.user(), await euros.user(role=Role.ADMIN)
    job_id = await owner.train(await owner.make_model())
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(serving(euros.gateway.app, listening()))
        command = Command(address, tmp_path / "home")

        async def run(user: User, *words: str) -> Done:
            token = user.http.headers["Authorization"].partition(" ")[2]
            return await asyncio.to_thread(lambda: command(*words, MODELBOURSE_TOKEN=token))

        stopped = await run(operator, "admin", "jobs", "stop", job_id, "--reason", "Repairs.")
        bought = await run(owner, "credits", "purchase", "2", "--yes")
        usage = await run(owner, "credits", "usage")
        earned = await run(owner, "market", "earnings")

    assert re.search(r"given back to \S+: \d+\.\d\d EUR\n$", stopped.out), stopped
    assert "bought 2 hours for 10.00 EUR" in bought.out, bought
    assert re.search(r"cost\s+\d\.\d\d EUR", usage.out), usage
    assert re.search(r"net\s+0\.00 EUR", earned.out), earned


async def test_every_page_that_shows_amounts_reads_their_currency() -> None:
    sources = {path.name: path.read_text() for path in TEMPLATES.glob("*.html")}
    written = {
        page.template: sources[page.template] + (sources["running.html"] if "run_form(" in sources[page.template] else "") for page in PAGES
    }

    assert [page.path for page in PAGES if "money(currency" in written[page.template] and "prices" not in page.reads] == []
    assert [name for name, source in sources.items() if DOLLAR.search(source)] == []


@dataclass
class Away:
    """A marketplace that answers while it is there."""

    there: bool = False
    asked: int = 0

    async def prices(self) -> Prices:
        self.asked += 1
        if not self.there:
            msg = "Nobody has answered."
            raise AskTimeoutError(msg)
        return Prices(price_per_hour=Decimal("5.00"), currency="EUR")


@dataclass
class Time:
    """A clock that stands until it is moved."""

    at: datetime = field(default_factory=lambda: datetime(2026, 1, 15, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at


async def test_while_the_marketplace_is_away_prices_are_the_last_known_and_it_is_not_waited_for_each_time() -> None:
    away, clock = Away(), Time()
    prices = KnowPrices(cast("Marketplace", away), clock)

    for _ in range(3):
        with pytest.raises(AskTimeoutError):
            await prices()
    clock.at += timedelta(seconds=10)
    away.there = True
    found = [await prices() for _ in range(3)]
    clock.at += timedelta(minutes=10)
    away.there = False
    later = [await prices() for _ in range(3)]

    assert {each.currency for each in (*found, *later)} == {"EUR"}
    assert away.asked == 3
