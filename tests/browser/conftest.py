"""A browser for all stories of pages: Debian's chromium, headless, before a gateway on real stores with doubles of the other services."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from services.gateway.domain.accounts.account import Role
from services.gateway.inbound.pages.session import COOKIE
from services.gateway.serving import serving
from tests.browser.axe import violations
from tests.browser.loading import CHROMIUM
from tests.conftest import NewFolder
from tests.gateway.studio.reader import SEALS, as_user, reader
from tests.gateway.studio.sockets import listening
from tests.gateway.studio.world import Places, User, World, world

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

    async def open(self, path: str) -> int | None:
        """Go to a page and wait until it is there; return its status."""
        answer = await self.page.goto(f"{self.base}{path}")
        return answer.status if answer else None

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

    async def is_accessible(self) -> list[str]:
        """Return what axe finds serious or critical on the page."""
        return await violations(self.page)


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
