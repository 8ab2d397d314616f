"""The web UI as a browser without scripts asks for it: whole pages, one after the other, each with all that it reads of the API."""

import re
import secrets
import time
from statistics import median
from typing import Any, Final

import httpx

TIMES: Final = 40
PAGES: Final = {"dashboard": "/app", "models": "/app/models", "recipe": "/model-development/recipes/recipe_pricing_base"}


def measure_pages(gateway: str) -> dict[str, Any]:
    """Return milliseconds of each page, and the bytes that a first visit loads, compressed."""
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
    return rows


def _took(http: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    http.get(path).raise_for_status()
    return (time.perf_counter() - began) * 1000
