"""All pages, put together."""

from collections.abc import Mapping, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.gateway.inbound.http.app import Served
from services.gateway.inbound.pages import assets
from services.gateway.inbound.pages.face import FACE
from services.gateway.inbound.pages.nouns import (
    account,
    accounts,
    backtests,
    chat,
    dashboard,
    datasets,
    experiments,
    jobs,
    marketplace,
    models,
    operations,
    recipe_models,
    recipes,
)
from services.gateway.inbound.pages.page import Page
from services.gateway.inbound.pages.showing import Pages

# A page more is a line here.
PAGES: Final[Sequence[Page]] = (
    *dashboard.PAGES,
    *models.PAGES,
    *jobs.PAGES,
    *recipes.PAGES,
    *recipe_models.PAGES,
    *chat.PAGES,
    *backtests.PAGES,
    *datasets.PAGES,
    *experiments.PAGES,
    *marketplace.PAGES,
    *account.PAGES,
    *operations.PAGES,
)
FILES: Final[Mapping[str, str]] = {**models.FILES, **recipe_models.FILES, **backtests.FILES, **datasets.FILES, **experiments.FILES}


async def _icon(_: Request) -> Response:
    return RedirectResponse(assets.address_of("icon.svg"), status_code=308)


def serve_pages(pages: Pages) -> Served:
    """Return the web UI as something that is served."""
    routes = [assets.route, *accounts.routes(pages), *(pages.route(each) for each in PAGES), *jobs.live_routes(pages)]
    routes += [pages.file(path, source) for path, source in FILES.items()]
    return Served(FACE, plain_routes=[*routes, Route("/favicon.ico", _icon, methods=["GET"])])
