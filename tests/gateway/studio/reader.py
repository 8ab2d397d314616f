"""Somebody who reads pages: a browser without scripts, with a cookie jar, that sends the forms it was shown."""

import re
import secrets
import time
from dataclasses import dataclass
from html import unescape

import httpx

from services.gateway.domain.accounts.account import Role, Tier
from services.gateway.inbound.pages.session import COOKIE, Seals, Session
from tests.gateway.logged_in import logged_in
from tests.gateway.studio.world import KEYS, User, World

SEALS = Seals([secret for _, secret in KEYS])
PASSWORD = "three-blind-mice"
BASE = "http://studio.test"


@dataclass
class Reader:
    """See the module."""

    http: httpx.AsyncClient
    username: str

    async def open(self, path: str, *, status: int = 200) -> str:
        """Return the page at a path, which answers this status."""
        answer = await self.http.get(path, headers={"accept": "text/html"})
        assert answer.status_code == status, f"{answer.status_code} {answer.headers.get('location')} {text_of(answer.text)[:600]}"
        return answer.text

    async def send(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """Send a form of the page at a path."""
        page = await self.open(path)
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
        assert token, page
        return await self.http.post(path, data={"csrf": token[1], **fields})


def text_of(page: str) -> str:
    """Return what a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def stranger(world: World, **options: object) -> Reader:
    """Return a reader who has not signed in."""
    return Reader(httpx.AsyncClient(transport=httpx.ASGITransport(world.gateway.app), base_url=BASE, **options), "")  # type: ignore[arg-type] - httpx's own options


async def registered_reader(world: World) -> Reader:
    """Return somebody who has registered, and so signed in, by the page for it."""
    found = stranger(world)
    found.username = f"reader-{secrets.token_hex(4)}"
    answer = await found.send("/app/register", username=found.username, email=f"{found.username}@example.com", password=PASSWORD)
    assert answer.status_code == 303, text_of(answer.text)
    return found


async def reader(world: World, role: Role = Role.USER) -> Reader:
    """Return somebody who is signed in, kept as registering and signing in keep them, without their slow passwords."""
    found = stranger(world)
    found.username = f"reader-{secrets.token_hex(4)}"
    somebody = await logged_in(world.gateway.stores, found.username, keys=KEYS, role=role, tier=Tier.ELITE)
    tokens = {"access_token": somebody.access_token, "refresh_token": somebody.refresh_token, "ends": time.time() + 3000}
    session = Session(**tokens, username=found.username, role=role.value, tier="elite")  # type: ignore[arg-type] - of three types
    found.http.cookies.set(COOKIE, SEALS.seal(session), domain="studio.test")
    return found


def as_user(world: World, somebody: Reader) -> User:
    """Return a reader as a user of the API."""
    session = SEALS.open(somebody.http.cookies[COOKIE])
    assert session
    return User("", world.client(headers={"Authorization": f"Bearer {session.access_token}"}))
