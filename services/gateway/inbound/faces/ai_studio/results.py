"""What a training measured: the test's trades and equity, as JSON or as CSV; what the model rests on; and plots of it."""

import asyncio
import csv
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from io import StringIO
from typing import Annotated, Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from libs.chassis.errors import InvalidError
from libs.chassis.stores.parts import Key
from libs.contracts.plots import REPORT, TRADING_PLOTS, Plot
from libs.contracts.tables import Table, TableFile
from libs.market.age import Ages, age_fields, reasons_of
from libs.quant.columns import describe_feature
from modelbourse.answers import results as answers
from modelbourse.answers.answer import MODEL_ID, Answer
from services.gateway.domain.models.data_age import age_of
from services.gateway.domain.models.errors import ModelNotFoundError, PlotMissingError, TableMissingError
from services.gateway.domain.models.model import Model
from services.gateway.inbound.faces.ai_studio.face import FACE, NO_SUCH_PAGE, ModelId, Owner, Reader, make_routes
from services.gateway.inbound.http.paging import PAGES, STEERING, Paging, read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.representations import DRAWN_POLICY, HEADERS, PARAMETER, SAME, has, kept_answer, wants
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.windows import TRADE_FILTERS, read_trade_filter
from services.gateway.usecases.nouns import ModelUseCases

A = TypeVar("A", bound=Answer)
CSV: Final = "text/csv"
PNG, SVG, HTML = "image/png", "image/svg+xml", "text/html"
EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    PNG: {"schema": {"type": "string", "format": "binary"}, "example": "the bytes of a PNG file"},
    SVG: {"schema": {"type": "string"}, "example": "<svg xmlns='http://www.w3.org/2000/svg'></svg>"},
    HTML: {"schema": {"type": "string"}, "example": "<!DOCTYPE html><title>Momentum, version 1.0</title>"},
}
NOT_KEPT: Final = refused(FACE, TableMissingError("Version 1.0 was trained before trades were kept: train the model again to have them."))
NO_PLOT: Final = refused(FACE, PlotMissingError("Version 1.0 has no such plot: it was trained before plots were drawn."))
NOT_TRAINED: Final = "The model has not been trained yet."
NOT_TOLD: Final = "Version {version} does not tell it."
ABOUT: Final = {
    Plot.FEATURE_IMPORTANCE: ("Plot a model's feature importance", "Bars: each feature's share of the mean |SHAP value|, out of sample."),
    Plot.SHAP_SUMMARY: (
        "Plot a model's SHAP values",
        "A beeswarm for each class, or for the predicted value: a dot is a row out of sample, its colour the feature's value.",
    ),
    Plot.RELIABILITY: (
        "Plot how far a classifier's probabilities hold",
        "How often what was answered came true, by how sure it was, on the test part; of a calibrated model before and after, too.",
    ),
    Plot.EQUITY: (
        "Plot a model's equity and drawdown",
        "Equity after costs and how far it fell from its peak, on the test part, bar by bar, beside buy and hold of the same symbols.",
    ),
    Plot.DRAWDOWN: (
        "Plot a model's drawdown",
        "How far equity was below its peak on the test part, with its three deepest falls, beside buy and hold of the same symbols.",
    ),
    Plot.MONTHLY_RETURNS: ("Plot a model's returns by month", "A heat map of months and years of the test part, after costs."),
    Plot.TRADES: ("Plot a model's trades", "Entries and exits on the candles of the test part, for the symbols that were traded most."),
}


Use = Annotated[ModelUseCases, used(ModelUseCases)]
routes = make_routes("results")


def trades_of(table: TableFile, places: Sequence[int]) -> list[answers.Trade]:
    """Return the trades at some places; those that were not kept are counted."""
    return [_trade(row, number=table.left_out + place + 1) for place, row in zip(places, table.at(places), strict=True)]


def curve_of(model: Model, table: TableFile, *, ages: Ages) -> answers.EquityCurve:
    """Return the whole curve of the version that serves, and where its plot lies."""
    why, age, version = model.why_not_drawn(Plot.EQUITY), age_of(model, ages=ages), model.serving.name
    return answers.EquityCurve(
        points=points_of(table),
        count=len(table),
        equity_plot_url=_plot_url(model, Plot.EQUITY),
        model_version=version,
        timeframe=_timeframe(model),
        synthetic=_synthetic(model),
        left_out=table.left_out,
        **age_fields(age),
        reasons=({"equity_plot_url": why} if why else {}) | reasons_of(age, without=NOT_TOLD.format(version=version)),
    )


def points_of(table: TableFile) -> list[answers.Point]:
    """Return all points of a curve."""
    return [answers.Point(**row) for row in table.rows(0, len(table))]


def importance_of(model: Model) -> answers.FeatureImportance:
    """Return the serving version's features by rank, and the addresses of its plots. What is null has its reason under `reasons`."""
    result, version = model.result, model.in_service.name if model.in_service else None
    found = answers.FeatureImportance(
        feature_importance=_ranked(result.feature_importance) if result else None,
        importance_plot_url=_plot_url(model, Plot.FEATURE_IMPORTANCE),
        shap_summary_plot_url=_plot_url(model, Plot.SHAP_SUMMARY),
        plots={plot.value: _plot_url(model, plot) for plot in Plot},
        model_version=version,
        measured=result.run_card.get("feature_importance") if result else None,
        synthetic=result.run_card.get("synthetic") if result else None,
        reasons={},
    )
    not_drawn = {plot: why for plot in Plot if (why := model.why_not_drawn(plot))}
    no_plot = {"importance_plot_url": not_drawn.get(Plot.FEATURE_IMPORTANCE), "shap_summary_plot_url": not_drawn.get(Plot.SHAP_SUMMARY)}
    why = NOT_TOLD.format(version=version) if result else NOT_TRAINED
    reasons = {name: no_plot.get(name) or why for name, value in found if value is None}
    reasons |= {f"plots.{plot}": no for plot, no in not_drawn.items()}
    if result and (all_zero := result.reasons.get("feature_importance")):
        reasons["feature_importance"] = all_zero
    return found.model_copy(update={"reasons": reasons})


def as_csv(kind: type[Answer], rows: Iterable[Answer]) -> bytes:
    """Return rows of a kind as CSV (RFC 4180) with a line of names; numbers to their last digit."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(kind.model_fields)
    writer.writerows([row[name] for name in kind.model_fields] for row in (each.model_dump(mode="json") for each in rows))
    return text.getvalue().encode()


def _trade(row: Mapping[str, Any], *, number: int) -> answers.Trade:
    words = {name: row[name].upper() for name in ("side", "exit_reason")}
    return answers.Trade(**{"number": number, **row, **words})


def _ranked(shares: Mapping[str, float]) -> dict[str, answers.RankedFeature]:
    """Rank from 1, the most important first; equal ones as the model has its features."""
    ordered = enumerate(sorted(shares.items(), key=lambda each: -each[1]), start=1)
    return {name: answers.RankedFeature(importance=share, rank=rank, description=describe_feature(name)) for rank, (name, share) in ordered}


def _plot_url(model: Model, plot: Plot) -> str | None:
    return None if model.why_not_drawn(plot) else f"{FACE.prefix}/models/{model.id}/plots/{plot}.png"


def _timeframe(model: Model) -> Any:
    return model.serving.market.training_config.get("timeframe", "1d")


def _synthetic(model: Model) -> bool:
    return bool(model.result and model.result.run_card.get("synthetic"))


def _csv(kind: type[Answer], rows: Iterable[Answer]) -> Response:
    return Response(as_csv(kind, rows), media_type=CSV)


def _or_csv(kind: type[Answer]) -> dict[int | str, dict[str, Any]]:
    """Describe the same answer as CSV, by the examples of the row's fields."""
    row = kind.model_validate({name: (field.examples or [None])[0] for name, field in kind.model_fields.items()})
    return {200: {"content": {CSV: {"schema": {"type": "string"}, "example": as_csv(kind, [row]).decode()}}}}


@routes.get(
    "/models/{model_id}/trades/",
    summary="List a model's trades",
    description="What trading by the version that serves did on its test part, costs included: what its `backtest_results` and "
    f"`total_return` are made of; `count` is of those that are asked for. With `Accept: {CSV}` all of these, or the page that is asked "
    "for, as CSV.",
    response_description="A page of trades, in the order in which they ended.",
    response_model=answers.TradePage,
    responses=NO_SUCH_PAGE | NOT_KEPT | _or_csv(answers.Trade),
    openapi_extra={"parameters": [*TRADE_FILTERS, *PAGES]},
)
async def list_trades(model_id: ModelId, request: Request, caller: Reader, use: Use) -> answers.TradePage | Response:
    """See `description`."""
    paging = read_paging(request)
    model, table = await use.results.table(model_id, account_id=caller.account_id, table=Table.TRADES)
    wanted = read_trade_filter(request, symbols=model.serving.market.training_config["symbols"])
    places = wanted.places(table, symbols=table.columns["symbol"], entered="entry_time", left="exit_time")
    start, stop, after = _place(paging, version=model.serving.name, count=len(places))
    page = answers.TradePage(
        **paging.answer(trades_of(table, places[start:stop]), count=len(places), after=after),
        model_version=model.serving.name,
        timeframe=_timeframe(model),
        synthetic=_synthetic(model),
        left_out=table.left_out,
        **age_fields(age_of(model, ages=use.ages)),
    )
    if not wants(request.headers.get("accept"), CSV):
        return page
    if request.query_params.keys() & STEERING:
        return _csv(answers.Trade, page.results)
    return await asyncio.to_thread(lambda: _csv(answers.Trade, trades_of(table, places)))


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


@routes.get(
    "/models/{model_id}/equity-curve/",
    summary="Get a model's equity candle by candle",
    description="Equity and drawdown of the version that serves on its test part, after costs, and of buying and holding the same "
    f"symbols. Every candle, where a model's `equity_curve` has some of them. With `Accept: {CSV}` as CSV.",
    response_description="The curve, the oldest point first.",
    response_model=answers.EquityCurve,
    responses=NOT_KEPT | _or_csv(answers.Point),
)
async def get_equity_curve(model_id: ModelId, request: Request, caller: Reader, use: Use) -> Response:
    """See `description`."""
    model, table = await use.results.table(model_id, account_id=caller.account_id, table=Table.EQUITY_CURVE)
    if wants(request.headers.get("accept"), CSV):
        return await asyncio.to_thread(lambda: _csv(answers.Point, points_of(table)))
    # A long curve is written beside the loop, too.
    return await asyncio.to_thread(lambda: Response(curve_of(model, table, ages=use.ages).model_dump_json(), media_type="application/json"))


@routes.get(
    "/models/{model_id}/feature-importance/",
    summary="Get a model's feature importance",
    response_description="Features of the version that serves, the most important first, and where their plots are.",
    response_model_exclude_unset=True,
    responses=refused(FACE, ModelNotFoundError(MODEL_ID)),
)
async def get_feature_importance(model_id: ModelId, caller: Owner, use: Use) -> answers.FeatureImportance:
    """Shares of the mean |SHAP value| over rows that the model was not trained on; what is null has its reason under `reasons`."""
    return importance_of(await use.models.get(model_id, account_id=caller.account_id))


def _add_file(path: str, *, name: str, kept_as: str, media_type: str, summary: str, description: str) -> None:
    """Serve a file that the training of the serving version drew, kept under the name `kept_as`."""
    found = {"description": "The file.", "headers": HEADERS, "content": {media_type: EXAMPLES[media_type]}}

    @routes.get(
        f"/models/{{model_id}}/{path}",
        summary=summary,
        description=f"{description} Of the version that serves; keep it, and ask again with `If-None-Match`.",
        name=name,
        response_class=Response,
        responses={200: found, 304: SAME, **NO_PLOT},
        openapi_extra={"parameters": [PARAMETER]},
    )
    async def get_file(request: Request, model_id: ModelId, caller: Owner, use: Use) -> Response:
        shown = await use.results.drawn(model_id, account_id=caller.account_id, name=kept_as, has=partial(has, request))
        return kept_answer(shown.body, sha256=shown.sha256, media_type=media_type, policy=None if media_type == PNG else DRAWN_POLICY)


for _plot in Plot:
    _summary, _about = ABOUT[_plot]
    _name = f"get_{_plot.name.lower()}_plot"
    _add_file(f"plots/{_plot}.png", name=_name, kept_as=_plot.value, media_type=PNG, summary=_summary, description=_about)
    if _plot in TRADING_PLOTS:
        _vector = f"{_summary} as SVG"
        _add_file(f"plots/{_plot.vector}", name=f"{_name}_svg", kept_as=_plot.vector, media_type=SVG, summary=_vector, description=_about)
_add_file(
    REPORT,
    name="get_report",
    kept_as=REPORT,
    media_type=HTML,
    summary="Get the report of a model's test",
    description="One page that stands alone: equity, drawdown, months and trades of the test part as pictures, and all numbers in tables.",
)
