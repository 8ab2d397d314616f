"""A browser for all stories of pages: Debian's chromium, headless, before a gateway on real stores with doubles of the other services."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from services.gateway.domain.accounts.account import Role
from services.gateway.inbound.pages.face import LIBRARY
from services.gateway.inbound.pages.session import COOKIE
from services.gateway.serving import serving
from tests.browser.axe import violations
from tests.conftest import NewFolder
from tests.gateway.agents.coach import Coach
from tests.gateway.studio import predicting, text_runs
from tests.gateway.studio.reader import SEALS, as_user, reader
from tests.gateway.studio.recipe_runs import RECIPE, complete, registered, started
from tests.gateway.studio.registering import registered as named
from tests.gateway.studio.registering import told
from tests.gateway.studio.sockets import listening
from tests.gateway.studio.watching import BEGAN, found, taken
from tests.gateway.studio.world import Places, User, World, world

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Playwright's own are 5 s for what is expected of a page, and 30 s for a page: too few on a machine that has much to do.
PATIENCE_MS = 120_000
WHY_NOT = "there is no chromium: deploy/install-debian-packages.sh browser"


@dataclass(repr=False)
class Screen:
    """A browser's window before the platform, and all that went wrong in it."""

    page: Page
    base: str
    world: World
    wrong: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        """Go to a page and wait until it is there."""
        await self.page.goto(f"{self.base}{path}")

    async def signed_in(self, role: Role = Role.USER) -> User:
        """Sign somebody in, and return them as a user of the API."""
        somebody = await reader(self.world, role)
        await self.page.context.add_cookies([{"name": COOKIE, "value": somebody.http.cookies[COOKIE], "url": self.base}])
        return as_user(self.world, somebody)

    async def whoever_is_here(self) -> User:
        """Return who has signed in by themselves as a user of the API."""
        cookies = {each["name"]: each["value"] for each in await self.page.context.cookies()}
        session = SEALS.open(cookies[COOKIE])
        assert session
        return User("", self.world.client(headers={"Authorization": f"Bearer {session.access_token}"}))

    async def with_something_of_everything(self, user: User, *, whole: bool) -> list[str]:
        """Make a trained model, and a recipe's model with a run that ended; return pages of each kind, or all there are."""
        model = await self.world.trained(user)
        job = (await user.get("/training-jobs/"))["results"][0]["id"]
        shelf = await registered(user)
        run = await complete(self.world, user, await started(user, model_id=shelf))
        of_kinds = [f"/app/models/{model}", f"/app/jobs/{job}", f"{LIBRARY}/models/{shelf}", f"{LIBRARY}/runs/{run['id']}"]
        of_kinds += ["/app", "/app/models", "/app/models/new", LIBRARY, f"{LIBRARY}/recipes/{RECIPE}", f"{LIBRARY}/chat"]
        asked = await predicting.asked(user, shelf, {"rows": predicting.ROWS})
        answer = await predicting.answered_as(self.world, user, asked, predicting.an_answer(self.world))
        of_kinds += [f"{LIBRARY}/models/{shelf}/predictions/{answer['id']}"]
        of_kinds += ["/app/account", "/app/admin/accounts", "/app/nothing"]
        others = [
            "jobs",
            "live",
            "webhooks",
            "backtests",
            "backtests/new",
            "datasets",
            "datasets/packaged_AAPL_1d",
            "marketplace",
            "subscriptions",
        ]
        others += [
            "health",
            "experiments",
            "experiments/new",
            f"models/compare?ids={model}",
            "admin",
            "admin/jobs",
            "marketplace/review",
            f"marketplace/sell/{model}",
        ]
        texts = await _of_texts(self.world, user)
        of_kinds.append(texts[0])
        bought = await user.call("POST", "/compute/purchase-credits/", {"hours": 2, "payment_method": "credit_card"})
        others += ["events", "account/receipts", f"account/receipts/{bought.json()['transaction_id']}"]
        more = [f"{LIBRARY}/{each}" for each in ("models", "runs", "recipes/new", "schemas/pricing")]
        others += [*await registry_pages(user, model), *await agent_pages(self.world, user), "signals"] if whole else []
        more += [*texts[1:], f"/app/models/{model}/trades"]
        if whole:
            await taken(self.world, user, model, found(rsi=0.5), at=BEGAN)
            more.append(f"/app/models/{model}/monitoring")
        return [*of_kinds, *(f"/app/{each}" for each in others), *more] if whole else of_kinds

    async def is_accessible(self) -> list[str]:
        """Return what axe finds serious or critical on the page."""
        return await violations(self.page)


async def registry_pages(user: User, model: str) -> list[str]:
    """Register a model under a name with a gate; return the registry's pages."""
    await named(user, "shown", model)
    await told(user, "PUT", "/shown/gate", {"rules": [{"metric": "accuracy", "op": ">=", "value": 0.5}]})
    return ["registry", "registry/shown", "registry/shown/versions/1", "registry/shown/compare?a=1&b=1", "admin/registry"]


async def agent_pages(made: World, user: User) -> list[str]:
    """Train an agent and let it loose; return the pages of agents."""
    coach = Coach(made, user)
    agent = await coach.trained(await coach.make())
    at = f"/{agent['environment_id']}/agents/{agent['id']}"
    run = (await coach.call("POST", f"{at}/run", {"render": True})).json()["run_id"]
    await coach.complete(run.replace("run_", "job_"), coach.played())
    await coach.becomes(f"{at}/runs/{run}", "completed")
    of_one = [f"agents/{agent['environment_id']}", f"agents/{agent['environment_id']}/train/{agent['job_id']}"]
    return ["agents", "agents/new", *of_one, f"agents{at}", f"agents{at}/runs/{run}"]


async def _of_texts(made: World, user: User) -> list[str]:
    """Train on texts, check and export; return the pages of texts and files, the training's first."""
    await text_runs.send_news(user)
    training = str((await text_runs.begun(user, experiment_name="desk"))["job_id"])
    await text_runs.complete(made, user, training)
    asked = {"data_path": "data/news.json"}, {"model_path": f"outputs/{training}/model", "format": "onnx"}
    check, export = [
        (await text_runs.call(user, "POST", *each)).json()["data"] for each in zip(("/data/validate", "/export"), asked, strict=True)
    ]
    jobs = [f"trainings/{training}", f"checks/{check['check_id']}", f"exports/{export['export_id']}"]
    lists = ["new", f"ask?model={training}", "checks", "scores", "exports"]
    return [*(f"/app/texts/{each}" for each in [*jobs, *lists]), "/app/texts", "/app/files", "/app/files?prefix=outputs/"]


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browsed(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[tuple[Browser, str, World]]:
    """Return the browser, where the platform is, and the platform."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail(WHY_NOT)
        pytest.skip(WHY_NOT)
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(world(Places(mongo_url, redis_url, new_folder())))
        base = await stack.enter_async_context(serving(made.gateway.app, listening()))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"], timeout=PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        stack.push_async_callback(browser.close)
        yield browser, base, made


@pytest_asyncio.fixture(loop_scope="session")
async def new_screen(browsed: tuple[Browser, str, World]) -> AsyncIterator[Callable[[], Awaitable[Screen]]]:
    """Open windows of browsers of their own, without cookies.

    What a page breaks of its policy, and what its scripts raise, fails the story.
    """
    browser, base, made = browsed
    screens: list[Screen] = []

    async def open_one() -> Screen:
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="Asia/Tokyo", locale="en-GB")
        context.set_default_timeout(PATIENCE_MS)
        screens.append(Screen(await context.new_page(), base, made))
        await _watch(context, screens[-1].wrong)
        return screens[-1]

    yield open_one
    for each in screens:
        await each.page.context.close()
    assert [each.wrong for each in screens if each.wrong] == []


@pytest_asyncio.fixture(loop_scope="session")
async def screen(new_screen: Callable[[], Awaitable[Screen]]) -> Screen:
    """Return the one window of a story with one reader."""
    return await new_screen()


def row_of(page: Page, name: str) -> Locator:
    """Return the row of a table that begins with this."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


async def _watch(context: BrowserContext, wrong: list[str]) -> None:
    context.on("weberror", lambda error: wrong.append(f"script: {error.error}"))
    context.on("console", lambda message: wrong.append(f"console: {message.text}") if _is_wrong(message) else None)


def _is_wrong(message: Any) -> bool:
    # A page that answers 404 is written there as well, and may be what a story wants.
    return message.type in {"error", "warning"} and "Failed to load resource" not in message.text
