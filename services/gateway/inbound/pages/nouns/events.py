"""Events: what happens to what is the reader's, as it happens."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import Route

from services.gateway.inbound.pages.page import Page
from services.gateway.inbound.pages.showing import Pages

PAGES: Final[Sequence[Page]] = ()


def live_routes(_: Pages) -> list[Route]:
    """Return the routes of what comes as it happens."""
    return []
