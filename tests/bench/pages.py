"""The web UI: whole pages as a browser without scripts asks for them, each with all that it reads of the API, and as one with scripts loads them."""

import asyncio
import re
import secrets
import time
from statistics import median
from typing import Any, Final

import httpx
from playwright.async_api import async_playwright

from services.gateway.inbound.pages.session import COOKIE
from tests.browser.loading import CHROMIUM, loading

TIMES: Final = 40
VISITS: Final = 9
PAGES: Final = {"dashboard": "/app", "models": "/app/models", "recipe": "/model-development/recipes/recipe_pricing_base"}


def measure_pages(gateway: str) -> dict[str, Any]:
    """Return milliseconds of each page, the bytes that a first visit loads, compressed, and how pages load in a browser."""
    rows: dict[str, Any] = {}
    with httpx.Client(base_url=gateway, timeout=60, headers={"accept-encoding": "gzip"}) as http:
        page = http.get("/app/register").raise_for_status()
        loaded = re.findall(r'(?:src|href)="(/app/static/[^"]+)"', page.text)
        sizes = [int(http.get(path).headers["content-length"]) for path in dict.fromkeys(loaded)]
        rows["first_page_bytes"] = int(page.headers["content-length"]) + sum(sizes)
        name, token = secrets.token_hex(6), re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
        assert token
        form = {"csrf": token[1], "username": name, "email": f"{name}@example.com", "password": secrets.token_urlsafe(16)}
        assert http.post("/app/register", data=form).status_code == 303
        for called, path in PAGES.items():
            rows[f"page_{called}_ms_p50"] = round(median(_took(http, path) for _ in range(TIMES)), 1)
        session = http.cookies[COOKIE]
    return rows | (asyncio.run(_in_a_browser(gateway, session)) if CHROMIUM else {"pages_in_a_browser": "left out: there is no chromium"})


def _took(http: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    http.get(path).raise_for_status()
    return (time.perf_counter() - began) * 1000


async def _in_a_browser(gateway: str, session: str) -> dict[str, dict[str, float]]:
    """Return how pages load for somebody whose browser has nothing of them yet."""
    rows = {}
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as browser,
    ):
        for called, path in [("first", "/app/register"), *PAGES.items()]:
            found = []
            for _ in range(VISITS):
                async with await browser.new_context() as context:
                    if called in PAGES:
                        await context.add_cookies([{"name": COOKIE, "value": session, "url": gateway}])
                    found.append(await loading(context, f"{gateway}{path}"))
            times = {name: round(median(getattr(each, name) for each in found)) for name in ("painted", "largest", "ready")}
            rows[f"page_{called}_in_a_browser"] = {
                **{f"{name}_ms_p50": value for name, value in times.items()},
                "bytes": max(each.size for each in found),
                "layout_shift": round(max(each.moved for each in found), 4),
            }
    return rows
