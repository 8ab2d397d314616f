"""Amounts in the platform's currency, whichever it is: in answers, on pages, and in what the command says."""

import asyncio
import json
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
from jinja2 import Environment, nodes

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
from tests.gateway.studio import predicting, text_checks, text_runs
from tests.gateway.studio.reader import as_user, reader, stranger, text_of
from tests.gateway.studio.recipe_runs import RECIPE, VERSION, answered, complete, registered, started
from tests.gateway.studio.selling import a_reviewer, listed, submitted
from tests.gateway.studio.sockets import listening
from tests.gateway.studio.subscribers import subscribed
from tests.gateway.studio.test_pages_files import send_file
from tests.gateway.studio.world import Places, User, World, world

pytestmark = pytest.mark.asyncio(loop_scope="session")
# A dollar before anything but the name of a shell's variable.
DOLLAR = re.compile(r"\$(?!MODELBOURSE_)")
LIBRARY = "/model-development"
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
    assert "0.00 EUR" in pages["buyer /app/account/receipts"]
    # and so say the answers
    assert bought.json()["currency"] == (await selling.get("/analytics/leasing/"))["currency"] == "EUR"
    assert await buying.get("/compute/prices/") == {"price_per_hour": "5.00", "currency": "EUR"}


async def test_guests_see_the_currency_of_recipes_and_texts_have_it_too(euros: World) -> None:
    # given a guest with a model of a recipe, which was asked something, and somebody with texts
    guest, somebody = stranger(euros), await reader(euros)
    nobody = User("", guest.http)
    model = await registered(nobody)
    await complete(euros, nobody, await started(nobody, model_id=model))
    asked = await answered(nobody, "POST", f"/models/{model}/predict", {"rows": predicting.ROWS})
    await predicting.answered_as(euros, nobody, asked, predicting.an_answer(euros))
    await send_file(somebody, "/app/files", text=json.dumps(text_checks.NEWS), folder="data")
    training = (await somebody.send("/app/texts/new", action="start", data_path="data/candles.csv")).headers["location"]
    await text_runs.complete(euros, as_user(euros, somebody), training.rpartition("/")[2])
    asking = {"model": training.rpartition("/")[2], "data_path": "data/candles.csv", "dataset_name": "News"}
    scoring = (await somebody.send("/app/texts/scores", action="score", **asking)).headers["location"]

    # when pages with amounts are read
    run = (await answered(nobody, "GET", "/runs"))["runs"][0]["id"]
    form = {"action": "estimate", "recipe_id": RECIPE, "recipe_version_id": VERSION, "run_type": "train"}
    pages = [(await guest.send(f"{LIBRARY}/{each}", **form)).text for each in (f"recipes/{RECIPE}", f"models/{model}")]
    pages += [await guest.open(f"{LIBRARY}/{each}") for each in (f"runs/{run}", f"models/{model}/predictions/{asked['id']}")]
    pages += [await somebody.open(each) for each in (training, scoring)]

    # then each of them has euros alone
    assert [number for number, page in enumerate(pages) if not re.search(r"\d\.\d\d EUR", text_of(page))] == []
    assert [number for number, page in enumerate(pages) if "USD" in text_of(page) or DOLLAR.search(text_of(page))] == []


async def test_the_command_says_the_currency_of_what_it_shows(euros: World, tmp_path: Path) -> None:
    owner, operator = await euros.user(), await euros.user(role=Role.ADMIN)
    lessor = await euros.user()
    _, listing_id = await listed(euros, lessor, operator, monthly_price="30.00")
    job_id, model_id = await owner.train(await owner.make_model()), await owner.make_model()
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(serving(euros.gateway.app, listening()))
        command = Command(address, tmp_path / "home")

        async def run(user: User, *words: str) -> Done:
            token = user.http.headers["Authorization"].partition(" ")[2]
            return await asyncio.to_thread(lambda: command(*words, MODELBOURSE_TOKEN=token))

        shown = await run(owner, "jobs", "show", job_id)
        stopped = await run(operator, "admin", "jobs", "stop", job_id, "--reason", "Repairs.")
        jobs = await run(operator, "admin", "jobs", "list", "--account", owner.account_id)
        bought = await run(owner, "credits", "purchase", "2", "--yes")
        subscribed_to = await run(owner, "market", "subscribe", listing_id, "--yes")
        usage = await run(owner, "credits", "usage")
        earned = await run(owner, "market", "earnings")
        lessor_earned = await run(lessor, "market", "earnings")
        begun = await run(owner, "train", model_id, "--detach")
        cancelled = await run(owner, "jobs", "cancel", begun.out.split()[1])

    assert "bought 2 hours for 10.00 EUR" in bought.out, bought
    # What has happened is said first, whoever may be asked for the currency after it.
    assert re.fullmatch(r"\S+ is CANCELLED\ngiven back to \S+: \d+\.\d\d EUR\n", stopped.out), stopped
    assert re.fullmatch(r"cancelled \S+\n\d+\.\d\d EUR came back\n", cancelled.out), cancelled
    assert re.fullmatch(r"Success[^\n]+, until [0-9-]+\n→ [^\n]+\npaid 30\.00 EUR\n", subscribed_to.out), subscribed_to
    assert re.search(r"reserved\s+\d+\.\d\d EUR", shown.out), shown
    assert re.search(r"\d\.\d\d EUR", jobs.out), jobs
    assert re.search(r"cost\s+\d\.\d\d EUR", usage.out), usage
    assert re.search(r"net\s+0\.00 EUR", earned.out), earned
    assert "churn -: Nobody was subscribed when this month began." in lessor_earned.out, lessor_earned
    assert f"modelbourse models show {model_id}" in begun.out, begun


async def test_every_page_that_shows_amounts_reads_their_currency() -> None:
    sources = {path.name: path.read_text() for path in TEMPLATES.glob("*.html")}

    trees = {name: Environment(autoescape=True).parse(source) for name, source in sources.items()}

    def shows_amounts(tree: nodes.Node) -> bool:
        """Tell whether a template uses the page's `currency`, itself or in a macro that it takes from another."""
        taken = [(trees[each.template.value], each.names) for each in tree.find_all(nodes.FromImport)]  # type: ignore[attr-defined]
        macros = [each for part, names in taken for each in part.find_all(nodes.Macro) if each.name in names]
        return any(each.name == "currency" for each in tree.find_all(nodes.Name)) or any(map(shows_amounts, macros))

    assert [page.path for page in PAGES if shows_amounts(trees[page.template]) and "prices" not in page.reads] == []
    assert [name for name, source in sources.items() if DOLLAR.search(source)] == []


@dataclass
class Away:
    """A marketplace that answers while it is there."""

    there: bool = False
    asked: int = 0
    asked_again: asyncio.Event = field(default_factory=asyncio.Event)
    answers: asyncio.Event | None = None

    async def prices(self) -> Prices:
        self.asked += 1
        if self.answers is not None:
            self.asked_again.set()
            await self.answers.wait()
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

    frames = []
    for _ in range(3):
        with pytest.raises(AskTimeoutError) as away_now:
            await prices()
        frames.append(len(away_now.traceback))
    clock.at += timedelta(seconds=10)
    away.there = True
    found = [await prices() for _ in range(3)]
    clock.at += timedelta(minutes=10)
    away.there = False
    later = [await prices() for _ in range(3)]

    assert {each.currency for each in (*found, *later)} == {"EUR"}
    assert away.asked == 3
    assert frames[2] == frames[1]


async def test_whoever_asks_for_prices_while_somebody_waits_for_the_marketplace_has_what_is_known() -> None:
    away, clock = Away(there=True), Time()
    prices = KnowPrices(cast("Marketplace", away), clock)
    known = await prices()
    clock.at += timedelta(minutes=10)
    away.answers, away.there = asyncio.Event(), False

    first = asyncio.create_task(prices())
    await away.asked_again.wait()
    second = await prices()
    away.answers.set()

    assert (await first, second) == (known, known)
    assert away.asked == 2
