"""What a model did on its test: every trade, and equity candle by candle beside buy and hold; as JSON or as CSV."""

import asyncio
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from libs.chassis.errors import InvalidError
from libs.chassis.parts import Key
from libs.contracts.tables import Table
from services.gateway.domain.model_errors import TableMissingError
from services.gateway.inbound.faces.ai_studio import examples_results as examples
from services.gateway.inbound.faces.ai_studio.answers_results import EquityCurve, TradePage
from services.gateway.inbound.faces.ai_studio.documents import ModelId
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.routes_models import NO_SUCH_PAGE, PREFIX, TAG, Reader, check_model_id
from services.gateway.inbound.faces.ai_studio.translate_results import POINT, TRADE, as_csv, equity_curve, kept, points, trades
from services.gateway.inbound.http.accepting import wants
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PAGES, STEERING, Paging, read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.show_table import ShowTable

CSV: Final = "text/csv"
NOT_KEPT: Final = refused(FACE, TableMissingError("Version 1.0 was trained before trades were kept: train the model again to have them."))


def make_result_routes(show: ShowTable) -> APIRouter:
    """Return `/models/{model_id}/trades/` and `/models/{model_id}/equity-curve/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])
    _add_trades(routes, show)
    _add_curve(routes, show)
    return routes


def _add_trades(routes: APIRouter, show: ShowTable) -> None:
    @routes.get(
        "/models/{model_id}/trades/",
        summary="List a model's trades",
        description="What trading by the version that serves did on its test part, costs included: what its `backtest_results` and "
        f"`total_return` are made of. With `Accept: {CSV}` all of them, or the page that is asked for, as CSV.",
        response_description="A page of trades, in the order in which they ended.",
        responses=NO_SUCH_PAGE | NOT_KEPT | _described(as_csv(TRADE, [examples.TRADE])),
        openapi_extra={"parameters": PAGES},
    )
    async def list_trades(model_id: ModelId, request: Request, caller: Reader) -> Annotated[Any, ShownAs(TradePage)]:
        """See `description`."""
        paging = read_paging(request)
        model, table = await show(check_model_id(model_id), account_id=caller.account_id, table=Table.TRADES)
        start, stop, after = _place(paging, version=model.serving.name, count=len(table))
        page = paging.answer(trades(table, start=start, stop=stop), count=len(table), after=after)
        if wants(request.headers.get("accept"), CSV):
            if request.query_params.keys() & STEERING:
                return _csv(as_csv(TRADE, page["results"]))
            return await asyncio.to_thread(lambda: _csv(as_csv(TRADE, trades(table, start=0, stop=len(table)))))
        return page | kept(model, table)


def _add_curve(routes: APIRouter, show: ShowTable) -> None:
    @routes.get(
        "/models/{model_id}/equity-curve/",
        summary="Get a model's equity candle by candle",
        description="Equity and drawdown of the version that serves on its test part, after costs, and of buying and holding the same "
        f"symbols. Every candle, where a model's `equity_curve` has some of them. With `Accept: {CSV}` as CSV.",
        response_description="The curve, the oldest point first.",
        responses=NOT_KEPT | _described(as_csv(POINT, [examples.POINT])),
    )
    async def get_equity_curve(model_id: ModelId, request: Request, caller: Reader) -> Annotated[Any, ShownAs(EquityCurve)]:
        """See `description`."""
        model, table = await show(check_model_id(model_id), account_id=caller.account_id, table=Table.EQUITY_CURVE)
        if wants(request.headers.get("accept"), CSV):
            return await asyncio.to_thread(lambda: _csv(as_csv(POINT, points(table))))
        return await asyncio.to_thread(lambda: Response(orjson.dumps(equity_curve(model, table)), media_type="application/json"))


def _place(paging: Paging, *, version: str, count: int) -> tuple[int, int, Key | None]:
    """Return from where to where a part of a version's trades is, and what comes after it. Raise InvalidError for another version's."""
    start = (paging.part.page - 1) * paging.part.size
    if paging.part.after is not None:
        other, start = paging.part.after
        if other != version:
            msg = "Another version serves now; its trades are another list."
            raise InvalidError(msg, details={"cursor": [f"It is of version {other}, and {version} serves: begin without it."]})
    stop = min(start + paging.part.size, count)
    return start, stop, (version, stop) if stop < count else None


def _csv(data: bytes) -> Response:
    return Response(data, media_type=CSV)


def _described(example: bytes) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {CSV: {"schema": {"type": "string"}, "example": example.decode()}}}}
