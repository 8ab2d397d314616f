"""Backtests: ask for one, a sweep or a walk forward, wait for it, and get its figures, trades, pictures and report."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Literal, TypedDict

from typing_extensions import Unpack

from modelbourse.answers.trading_ai.backtest_findings import SweepPoint
from modelbourse.answers.trading_ai.backtests import AcceptedBacktest, Backtests, PlayedTrade, StrategyBacktest, SweepPage, TradePage
from modelbourse.asking import ask_for, given, path_to
from modelbourse.candles import When, window_of
from modelbourse.errors_jobs import WaitTimeoutError
from modelbourse.gateway import Gateway, new_key
from modelbourse.looking import Looks
from modelbourse.steps import Emit, Flow, Steps
from modelbourse.trading_ai.errors import BacktestFailedError

BACKTESTS: Final = "/api/backtests"
PAGE_MOST: Final = 100
Day = dt.date | str
Plot = Literal["equity", "drawdown", "monthly-returns", "trades"]


class Terms(TypedDict, total=False):
    """What a backtest can be asked for besides (docs/guides/backtests.md); what is left out has the platform's default."""

    initial_capital: float
    position_size: float
    commission: float
    direction: Literal["long", "short", "both"]
    slippage: Mapping[str, Any]
    sizing: Mapping[str, Any]
    stop_loss: float
    take_profit: float
    trailing_stop: float
    model_id: str
    rules: Mapping[str, str]
    walk_forward: Mapping[str, Any]
    lookahead_check: bool


def start_backtest(
    gateway: Gateway,
    /,
    strategy: str,
    symbol: str | Sequence[str],
    *,
    start_date: Day,
    end_date: Day,
    timeframe: str = "1d",
    parameters: Mapping[str, float | Sequence[float]] | None = None,
    idempotency_key: str | None = None,
    **terms: Unpack[Terms],
) -> Steps[AcceptedBacktest]:
    """Ask for a backtest of a strategy on a symbol, or on several that share one cash. Lists in `parameters` make a sweep.

    Raise InvalidRequestError that names each field. An account may ask for 20 a day.
    """
    played = {"symbol": symbol} if isinstance(symbol, str) else {"symbols": list(symbol)}
    body = {"strategy_name": strategy, "timeframe": timeframe, "start_date": str(start_date), "end_date": str(end_date)}
    values = {name: list(each) if isinstance(each, Sequence) else each for name, each in (parameters or {}).items()}
    whole = body | played | {"parameters": values} | terms
    return ask_for(gateway, AcceptedBacktest, "POST", BACKTESTS, body=whole, key=idempotency_key or new_key())


def list_backtests(
    gateway: Gateway,
    *,
    strategy: str | None = None,
    symbol: str | None = None,
    status: str | None = None,
    sort_by: str = "created_at",
    sort_order: Literal["asc", "desc"] = "desc",
    limit: int = 50,
    offset: int = 0,
) -> Steps[Backtests]:
    """Return a part of your backtests in short, the newest first where nothing else is asked for."""
    params = {"strategy_name": strategy, "symbol": symbol, "status": status, "sort_by": sort_by, "sort_order": sort_order}
    return ask_for(gateway, Backtests, "GET", BACKTESTS, params=params | {"limit": limit, "offset": offset})


def get_backtest(gateway: Gateway, backtest_id: str) -> Steps[StrategyBacktest]:
    """Return a backtest as it stands, by its readable id or its task's; raise NotFoundError."""
    return ask_for(gateway, StrategyBacktest, "GET", _path(backtest_id))


def wait_for_backtest(
    gateway: Gateway,
    backtest_id: str,
    *,
    timeout: float | None = None,
    progress: bool = False,
    watch: Callable[[StrategyBacktest], None] | None = None,
) -> Steps[StrategyBacktest]:
    """Wait until a backtest has ended well and return it; `progress` shows a bar on stderr, `watch` is called with what is seen.

    Raise BacktestFailedError or, after `timeout` seconds, WaitTimeoutError: the backtest goes on.
    """

    def too_late(_: StrategyBacktest | None) -> WaitTimeoutError:
        return WaitTimeoutError(f"the backtest {backtest_id} is not waited for any longer than {timeout:g} s; it goes on", None)

    looks = Looks(gateway, lambda: get_backtest(gateway, backtest_id), too_late, timeout)
    with _progress_of(backtest_id) if progress else nullcontext() as show:
        while True:
            seen = yield from looks.next()
            for told in (show, watch):
                if told is not None:
                    told(seen)
            if seen.status not in {"PENDING", "RUNNING"}:
                break
    if seen.status != "COMPLETED":
        msg = f"the backtest {backtest_id} has failed: {seen.error or 'no reason was given'}"
        raise BacktestFailedError(msg, seen)
    return seen


def cancel_backtest(gateway: Gateway, backtest_id: str) -> Steps[StrategyBacktest]:
    """End a backtest; the hours that it has not used come back. Raise InvalidRequestError when it has ended."""
    return ask_for(gateway, StrategyBacktest, "DELETE", _path(backtest_id))


def all_trades(
    gateway: Gateway, backtest_id: str, *, symbol: str | None = None, start: When | None = None, end: When | None = None
) -> Flow[PlayedTrade, None]:
    """Iterate over all trades of a backtest that are kept, in the order they ended; of one symbol, or those that were open in a window.

    Raise InvalidRequestError for a symbol that it has not played.
    """
    offset, total = 0, 1
    while offset < total:
        params = {"limit": PAGE_MOST, "offset": offset, **given(symbol=symbol), **window_of(start, end)}
        page = yield from ask_for(gateway, TradePage, "GET", _path(backtest_id, "trades"), params=params)
        for each in page.trades:
            yield Emit(each)
        offset, total = offset + PAGE_MOST, page.total


def all_sweep_points(gateway: Gateway, backtest_id: str) -> Flow[SweepPoint, None]:
    """Iterate over all points of a sweep, in the order of the grid."""
    offset, total = 0, 1
    while offset < total:
        params = {"limit": PAGE_MOST, "offset": offset}
        page = yield from ask_for(gateway, SweepPage, "GET", _path(backtest_id, "sweep"), params=params)
        for each in page.points:
            yield Emit(each)
        offset, total = offset + PAGE_MOST, page.total


def get_backtest_report(gateway: Gateway, backtest_id: str) -> Steps[bytes]:
    """Return a backtest's report, an HTML page that stands alone, as bytes; raise NotFoundError while there is none."""
    answer = yield from gateway.ask("GET", _path(backtest_id, "report.html"))
    return bytes(answer.content)


def get_plot(gateway: Gateway, backtest_id: str, plot: Plot = "equity", *, format: Literal["png", "svg"] = "png") -> Steps[bytes]:  # noqa: A002  # the word that plotting libraries have for it
    """Return a picture of a backtest as the bytes of a PNG or an SVG file; raise NotFoundError while there is none."""
    answer = yield from gateway.ask("GET", _path(backtest_id, "plots", f"{plot}.{format}"))
    return bytes(answer.content)


def _path(backtest_id: str, *parts: str) -> str:
    return path_to(f"{BACKTESTS}/", backtest_id, *parts, then="")


def _progress_of(backtest_id: str) -> AbstractContextManager[Callable[[StrategyBacktest], None]]:
    from modelbourse.trading_ai.progress import progress_of_backtest  # noqa: PLC0415  # rich takes a while to import, and most uses show nothing

    return progress_of_backtest(backtest_id)
