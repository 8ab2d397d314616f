"""A browser for all stories of pages: Debian's chromium, headless, before a gateway on real stores with doubles of the other services."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from services.gateway.inbound.pages.session import COOKIE, Seals
from services.gateway.serving import serving
from tests.browser.axe import violations
from tests.gateway.studio.reader import reader
from tests.gateway.studio.recipe_runs import RECIPE, complete, registered, started
from tests.gateway.studio.sockets import listening
from tests.gateway.studio.world import KEYS, Places, User, World, world

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
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

    async def signed_in(self) -> User:
        """Sign somebody in, and return them as a user of the API."""
        somebody = await reader(self.world)
        cookie = somebody.http.cookies[COOKIE]
        await self.page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": self.base}])
        session = Seals([secret for _, secret in KEYS]).open(cookie)
        assert session
        return User("", self.world.client(headers={"Authorization": f"Bearer {session.access_token}"}))

    async def with_something_of_everything(self, user: User) -> list[str]:
        """Make a trained model, a recipe's model with a run that ended; return the pages that show them, and all others."""
        model = await self.world.trained(user)
        job = (await user.get("/training-jobs/"))["results"][0]["id"]
        shelf = await registered(user)
        run = await complete(self.world, user, await started(user, model_id=shelf))
        library = "/model-development"
        own = [f"/app/models/{model}", f"/app/jobs/{job}", f"{library}/models/{shelf}", f"{library}/runs/{run['id']}"]
        lists = ["/app", "/app/models", "/app/models/new", "/app/jobs", library, f"{library}/models", f"{library}/runs"]
        return [*own, *lists, f"{library}/recipes/{RECIPE}", f"{library}/recipes/new", f"{library}/chat", "/app/nothing"]

    async def is_accessible(self) -> list[str]:
        """Return what axe finds serious or critical on the page."""
        return await violations(self.page)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browsed(mongo_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Browser, str, World]]:
    """Return the browser, where the platform is, and the platform."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail(WHY_NOT)
        pytest.skip(WHY_NOT)
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(world(Places(mongo_url, redis_url, tmp_path_factory.mktemp("pages"))))
        base = await stack.enter_async_context(serving(made.gateway.app, listening()))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        stack.push_async_callback(browser.close)
        yield browser, base, made


@pytest_asyncio.fixture(loop_scope="session")
async def screen(browsed: tuple[Browser, str, World]) -> AsyncIterator[Screen]:
    """A window of a browser of its own, without cookies. What a page breaks of its policy, and what its scripts raise, fails the story."""
    browser, base, made = browsed
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="Asia/Tokyo", locale="en-GB")
    found = Screen(await context.new_page(), base, made)
    await _watch(context, found.wrong)
    yield found
    await context.close()
    assert found.wrong == []


async def _watch(context: BrowserContext, wrong: list[str]) -> None:
    context.on("weberror", lambda error: wrong.append(f"script: {error.error}"))
    context.on("console", lambda message: wrong.append(f"console: {message.text}") if _is_wrong(message) else None)


def _is_wrong(message: Any) -> bool:
    # A page that answers 404 is written there as well, and may be what a story wants.
    return message.type in {"error", "warning"} and "Failed to load resource" not in message.text
