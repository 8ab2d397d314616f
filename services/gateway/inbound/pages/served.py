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
    agents,
    backtests,
    chat,
    dashboard,
    datasets,
    events,
    experiments,
    files,
    jobs,
    marketplace,
    models,
    operations,
    receipts,
    recipe_models,
    recipes,
    registry,
    signals,
    text_exports,
    text_models,
    trades,
    watching,
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
    *text_models.PAGES,
    *text_exports.PAGES,
    *files.PAGES,
    *registry.PAGES,
    *watching.PAGES,
    *agents.PAGES,
    *signals.PAGES,
    *trades.PAGES,
    *receipts.PAGES,
    *events.PAGES,
)
FILES: Final[Mapping[str, str]] = {
    **models.FILES,
    **recipe_models.FILES,
    **backtests.FILES,
    **datasets.FILES,
    **experiments.FILES,
    **files.FILES,
    **registry.FILES,
    **watching.FILES,
    **agents.FILES,
}


async def _icon(_: Request) -> Response:
    return RedirectResponse(assets.address_of("icon.svg"), status_code=308)


def serve_pages(pages: Pages) -> Served:
    """Return the web UI as something that is served."""
    uploads = [pages.route(each) for each in PAGES if each.upload]
    routes = [assets.route, *accounts.routes(pages), *uploads, *(pages.route(each) for each in PAGES if not each.upload)]
    routes += [*jobs.live_routes(pages), *events.live_routes(pages), *(pages.file(path, source) for path, source in FILES.items())]
    return Served(FACE, plain_routes=[*routes, Route("/favicon.ico", _icon, methods=["GET"])], uploads=uploads)
