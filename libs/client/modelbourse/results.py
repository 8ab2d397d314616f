"""What a model did on its test: trades, the whole curve, and several models side by side."""

from collections.abc import Sequence
from typing import Final

from modelbourse.answers.results import Comparison, EquityCurve, Trade, TradePage
from modelbourse.asking import ask_for, get_all, given, path_to
from modelbourse.candles import When, window_of
from modelbourse.comparing import comparison_of
from modelbourse.gateway import Gateway
from modelbourse.models import MODELS, get_model
from modelbourse.steps import Flow, Steps

TRADES: Final = "/trades/"
CURVE: Final = "/equity-curve/"
CSV: Final = "text/csv"
FEWEST: Final = 2


def page_of_trades(
    gateway: Gateway,
    model_id: str,
    *,
    page: int = 1,
    page_size: int | None = None,
    symbol: str | None = None,
    start: When | None = None,
    end: When | None = None,
) -> Steps[TradePage]:
    """Return a page of the trades on the test part of the version that serves, in the order in which they ended.

    With `symbol` those of it alone, with `start` and `end`, days (UTC) or moments, those that were open then. Raise NotFoundError when it
    has none: it was trained before they were kept, or not at all; InvalidRequestError for a symbol that it does not trade.
    """
    params = {"page": page, "page_size": page_size, "symbol": symbol} | window_of(start, end)
    return ask_for(gateway, TradePage, "GET", path_to(MODELS, model_id, then=TRADES), params=params)


def all_trades(
    gateway: Gateway, model_id: str, *, symbol: str | None = None, start: When | None = None, end: When | None = None
) -> Flow[Trade, None]:
    """Iterate over all trades on the test part of the version that serves, or those that are asked for, as `page_of_trades` has them.

    Raise NotFoundError or InvalidRequestError.
    """
    return get_all(gateway, Trade, path_to(MODELS, model_id, then=TRADES), **given(symbol=symbol), **window_of(start, end))


def get_trades_csv(
    gateway: Gateway, model_id: str, *, symbol: str | None = None, start: When | None = None, end: When | None = None
) -> Steps[str]:
    """Return all trades as CSV, by one request, or those that are asked for; raise NotFoundError or InvalidRequestError."""
    return _csv(gateway, path_to(MODELS, model_id, then=TRADES), **given(symbol=symbol), **window_of(start, end))


def get_equity_curve(gateway: Gateway, model_id: str) -> Steps[EquityCurve]:
    """Return equity and drawdown candle by candle, beside buy and hold; raise NotFoundError when the model has none."""
    return ask_for(gateway, EquityCurve, "GET", path_to(MODELS, model_id, then=CURVE))


def get_equity_curve_csv(gateway: Gateway, model_id: str) -> Steps[str]:
    """Return the curve as CSV; raise NotFoundError when the model has none."""
    return _csv(gateway, path_to(MODELS, model_id, then=CURVE))


def compare_models(gateway: Gateway, model_ids: Sequence[str]) -> Steps[Comparison]:
    """Return models side by side; `warnings` say what speaks against it. Raise NotFoundError, ValueError for fewer than two."""
    if isinstance(model_ids, str) or len(set(model_ids)) < FEWEST:
        message = "there are at least two models to compare"
        raise ValueError(message)
    found = {}
    for model_id in dict.fromkeys(model_ids):
        found[model_id] = yield from get_model(gateway, model_id)
    return comparison_of(list(found.values()))


def _csv(gateway: Gateway, path: str, **params: str) -> Steps[str]:
    answer = yield from gateway.ask("GET", path, headers={"Accept": CSV}, params=params)
    return answer.text
