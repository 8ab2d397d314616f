"""The world of AI Studio's stories, for the tables about its face."""

import pytest_asyncio

from tests.faces.made import MAKERS, Things
from tests.gateway.document import Document
from tests.gateway.studio.conftest import ada, eve, studio
from tests.gateway.studio.world import World

__all__ = ["ada", "document", "eve", "studio"]


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def document(studio: World) -> Document:
    """The OpenAPI document, to judge answers by."""
    async with studio.client() as http:
        return Document((await http.get("/openapi.json")).json())


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def adas(studio: World) -> Things:
    """One of everything that a path of AI Engine or Model Builder can name; nothing changes any of it."""
    things = Things(studio, await studio.user())
    for place in MAKERS:
        await things.one(place)
    await studio.broker.all_heard()  # What is charged for the last of them too.
    return things
