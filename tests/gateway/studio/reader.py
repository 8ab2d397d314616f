"""Somebody who reads pages: a browser without scripts, with a cookie jar, that sends the forms it was shown."""

import re
import secrets
from dataclasses import dataclass
from html import unescape

import httpx

from tests.gateway.studio.world import World

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


async def reader(world: World) -> Reader:
    """Return somebody who has registered and signed in."""
    found = stranger(world)
    found.username = f"reader-{secrets.token_hex(4)}"
    answer = await found.send("/app/register", username=found.username, email=f"{found.username}@example.com", password=PASSWORD)
    assert answer.status_code == 303, text_of(answer.text)
    return found
