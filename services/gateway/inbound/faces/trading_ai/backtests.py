"""Trading AI's backtests: asked for, listed, shown, cancelled; each answer is made of a job."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Path, Query, status
from starlette.requests import Request
from starlette.responses import Response

from libs.contracts.backtests import BacktestResult, BacktestSpec, BacktestTrade
from libs.contracts.ids import is_id
from libs.contracts.job_kinds import JobKind, shown_spec
from libs.contracts.strategies import StrategyName
from libs.contracts.tables import TableFile
from libs.contracts.training import JobState
from libs.market.age import Ages
from modelbourse.answers.answer import MODEL_ID
from modelbourse.answers.trading_ai import backtests as answers
from modelbourse.answers.trading_ai.backtest_findings import SweepPoint
from services.gateway.domain.accounts import tier_limits
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.errors import TooManyRequestsError
from services.gateway.domain.jobs.errors import CancellationPendingError, JobEndedError, JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import JobFilter, JobOrder
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.errors import ModelNotFoundError, PlotMissingError, TableMissingError
from services.gateway.domain.models.ports import ArtifactFiles
from services.gateway.inbound.faces.trading_ai import examples, words
from services.gateway.inbound.faces.trading_ai.backtest_requests import BacktestIn
from services.gateway.inbound.faces.trading_ai.backtest_results import PREFIX, accepted_of, backtest_of, id_of, row_of, trade_of
from services.gateway.inbound.faces.trading_ai.face import FACE, PAGES, TOO_MANY_REQUESTS
from services.gateway.inbound.http.described import answered
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.face import Limit, Window
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.representations import HEADERS, PARAMETER, SAME, has, kept_answer
from services.gateway.inbound.http.security import OPEN, used, welcomes
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.inbound.http.windows import TRADE_FILTERS, read_trade_filter
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.jobs.stop_job import StopJob

A_DAY: Final = Limit(20, Window.DAY, refusal="Backtest limit reached. Maximum 20 backtests per day.")
NO_MORE_TODAY: Final = TooManyRequestsError(A_DAY.refusal or "", retry_after_s=3600)
TOO_MANY_JOBS: Final = tier_limits.TierLimits(tier_limits.DEFAULTS).refusal(tier_limits.Limit.JOBS, tier=Tier.FREE)
SHOWN: Final = Ages(3, clock=examples.ENDED.timestamp)


@dataclass(frozen=True, slots=True)
class BacktestUseCases:
    """What the handlers call."""

    jobs: Jobs
    start: StartJob
    stop: StopJob
    ages: Ages
    files: ArtifactFiles

    async def find(self, backtest_id: str, caller: Caller) -> Job:
        """Return a backtest of the caller by its readable id or its job's. Raise JobNotFoundError."""
        find = self.jobs.get if is_id(backtest_id, prefix="job") else self.jobs.named
        return await find(backtest_id, account_id=caller.account_id, kind=JobKind.BACKTEST)

    async def picture(self, job: Job, name: str, *, request: Request) -> Response:
        """Return a file that is shown. Raise PlotMissingError, UnavailableError or ArtifactDamagedError."""
        files = _files_of(job)
        if name not in files:
            raise PlotMissingError(_why_not(job, name, there=[each for each in files if "." in each]))
        sha256 = files[name]
        body = None if has(request, sha256) else await self.files.drawn(sha256)
        answer = kept_answer(body, sha256=sha256, media_type=MEDIA_TYPES[name.rpartition(".")[2]])
        # Nothing in it is run or fetched, whatever it is.
        answer.headers["content-security-policy"] = SAFE
        return answer

    async def table(self, job: Job, name: str) -> TableFile:
        """Return a table. Raise TableMissingError, UnavailableError or ArtifactDamagedError."""
        files = _files_of(job)
        if name not in files:
            raise TableMissingError(_why_not(job, name, there=[each for each in files if "." not in each]))
        return await self.files.table(files[name])


def _files_of(job: Job) -> dict[str, str]:
    return {name: file["sha256"] for name, file in (job.result or {}).get("files", {}).items()}


def _why_not(job: Job, name: str, *, there: Collection[str]) -> str:
    if not job.state.ended:
        return f"There is no {name[:80]} yet: the backtest is {words.STATUSES[job.state]}."
    known = f" There are {', '.join(sorted(there))}." if there else ""
    return f"The backtest has no {name[:80]}.{known}"


Use = Annotated[BacktestUseCases, used(BacktestUseCases)]
Trader = Annotated[Caller, welcomes(Scope.TRAIN)]
# Whoever may ask for backtests may look at them.
Reader = Annotated[Caller, welcomes(Scope.READ, Scope.TRAIN)]
BacktestId = Annotated[str, Path(description="As the answer to the request had it, or its task's id.", examples=[id_of(examples.QUEUED)])]
PlotName = Annotated[
    str, Path(max_length=40, description="equity, drawdown, monthly-returns or trades, with .png or .svg.", examples=["equity.png"])
]
NO_BACKTEST: Final = JobNotFoundError(id_of(examples.QUEUED), noun="backtest job")
MEDIA_TYPES: Final = {"html": "text/html", "png": "image/png", "svg": "image/svg+xml"}
SAFE: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
NO_MODEL: Final = ModelNotFoundError(MODEL_ID)
NO_FILE: Final = PlotMissingError("There is no report.html yet: the backtest is RUNNING.")
EXAMPLE_TRADE: Final = BacktestTrade.model_validate(BacktestResult.model_validate(examples.COMPLETED.result).trades[0])
EXAMPLE_POINT: Final = SweepPoint(parameters={"period": 14}, sharpe_ratio=0.4, net_profit=812.5, max_drawdown=0.08, total_trades=21)


def _file(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Describe the answer of a route that shows a file."""
    media = {MEDIA_TYPES[kind]: {"schema": {"type": "string", "format": "binary"}, "example": f"a {kind} file"} for kind in kinds}
    return {200: {"description": "The file.", "headers": HEADERS, "content": media}, 304: SAME}


routes = make_router(prefix=PREFIX, tags=[FACE.tag("backtests")])


@routes.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Ask for a backtest",
    response_description="It is accepted and waits for a worker.",
    responses=answered(accepted_of(examples.QUEUED), status=202) | refused(FACE, 402, TOO_MANY_JOBS, NO_MODEL, NO_MORE_TODAY, 504),
    openapi_extra=OPEN,
)
@starts_work
async def create_backtest(request: Request, body: BacktestIn, caller: Trader, work: CurrentWork, use: Use) -> answers.AcceptedBacktest:
    """Play a strategy on candles of the past. 20 a day by account, or by address; compute hours that it does not use come back."""
    spec = body.spec(own=(await use.start.own(caller.account_id)).candles)
    slug = f"backtest_{spec.strategy.name}_{words.pair_of(spec.symbol)}_{use.ages.today:%Y%m%d}"
    order = Order(kind=JobKind.BACKTEST, spec=spec, slug=slug)
    exchange = exchange_of(request.scope)
    # Counted here and not at the door (`@limited`): what cannot be done, or not now, is no backtest.
    started = await use.start(order, caller=caller, work=work, admit=lambda: exchange.count_for_now([A_DAY], route=f"POST {PREFIX}"))
    return accepted_of(started.job)


@routes.get(
    "",
    summary="List your backtests",
    response_description="A part of the list, the newest first where nothing else is asked for.",
    responses=answered(answers.Backtests(total=1, limit=PAGES.size, offset=0, backtests=[row_of(examples.COMPLETED)]))
    | refused(FACE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN | {"parameters": PAGES.parameters},
    response_model_exclude_unset=True,
)
async def list_backtests(
    request: Request,
    caller: Reader,
    use: Use,
    *,
    strategy_name: Annotated[StrategyName | None, Query(description="Only of this strategy.")] = None,
    symbol: Annotated[str | None, Query(max_length=40, description="Only on this symbol; of several, by the first.")] = None,
    status: Annotated[answers.Status | None, Query(description="Only in this status.")] = None,
    sort_by: Annotated[words.SortBy, Query(description="What they are ordered by; no value counts as the lowest.")] = "created_at",
    sort_order: Annotated[words.SortOrder, Query(description="Lowest or highest first.")] = "desc",
) -> answers.Backtests:
    """Backtests that the caller asked for; callers without a credential share theirs."""
    part = PAGES.read(request)
    spec = {"symbol": words.known_symbol(symbol, own=(await use.start.own(caller.account_id)).candles)} if symbol else {}
    spec |= {"strategy.name": strategy_name} if strategy_name else {}
    wanted = JobFilter(kind=JobKind.BACKTEST, states=words.states_of(status) if status else (), spec=spec)
    page = await use.jobs.find(caller.account_id, part, wanted, JobOrder(words.ORDERS[sort_by], descending=sort_order == "desc"))
    return answers.Backtests(total=page.count, limit=part.size, offset=part.skipped, backtests=[row_of(job) for job in page.items])


@routes.get(
    "/{backtest_id}",
    summary="Get a backtest",
    response_description="How it stands; when it has ended well, all that it has measured.",
    responses=answered(backtest_of(examples.COMPLETED, ages=SHOWN)) | refused(FACE, NO_BACKTEST, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
    response_model_exclude_unset=True,
)
async def get_backtest(backtest_id: BacktestId, caller: Reader, use: Use) -> answers.StrategyBacktest:
    """Progress, then results: performance, risk, trades and equity. A value that cannot be computed is null, and `reasons` says why."""
    return backtest_of(await use.find(backtest_id, caller), ages=use.ages)


@routes.get(
    "/{backtest_id}/report.html",
    summary="Get a backtest's report",
    response_class=Response,
    responses=_file("html") | refused(FACE, NO_BACKTEST, NO_FILE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN | {"parameters": [PARAMETER]},
)
async def get_backtest_report(request: Request, backtest_id: BacktestId, caller: Reader, use: Use) -> Response:
    """All of it as one page with its pictures, which needs nothing else. Keep it, and ask again with `If-None-Match`."""
    return await use.picture(await use.find(backtest_id, caller), "report.html", request=request)


@routes.get(
    "/{backtest_id}/plots/{plot}",
    summary="Get a picture of a backtest",
    response_class=Response,
    responses=_file("png", "svg") | refused(FACE, NO_BACKTEST, NO_FILE, 400, TOO_MANY_REQUESTS),
    openapi_extra=OPEN | {"parameters": [PARAMETER]},
)
async def get_backtest_plot(request: Request, backtest_id: BacktestId, plot: PlotName, caller: Reader, use: Use) -> Response:
    """Equity, drawdown, monthly returns, or the trades on their candles, as PNG or SVG. Ask again with `If-None-Match`."""
    return await use.picture(await use.find(backtest_id, caller), plot, request=request)


@routes.get(
    "/{backtest_id}/trades",
    summary="List all trades of a backtest",
    response_description="A part of the trades, in the order they ended.",
    responses=answered(
        answers.TradePage(total=1, left_out=0, limit=PAGES.size, offset=0, trades=[trade_of(EXAMPLE_TRADE, number=1, symbol="AAPL")])
    )
    | refused(FACE, NO_BACKTEST, TableMissingError("There is no trades yet: the backtest is RUNNING."), TOO_MANY_REQUESTS),
    openapi_extra=OPEN | {"parameters": [*TRADE_FILTERS, *PAGES.parameters]},
    response_model_exclude_unset=True,
)
async def list_backtest_trades(request: Request, backtest_id: BacktestId, caller: Reader, use: Use) -> answers.TradePage:
    """All that are kept, where the backtest itself has the newest 1000; `total` is of those that are asked for."""
    part, job = PAGES.read(request), await use.find(backtest_id, caller)
    table, spec = await use.table(job, "trades"), shown_spec(BacktestSpec, job.spec)
    wanted = read_trade_filter(request, symbols=[words.pair_of(each) for each in spec.all_symbols])
    symbols = [words.pair_of(each or spec.symbol) for each in table.columns["symbol"]]
    found = wanted.places(table, symbols=symbols, entered="entered_at", left="left_at")
    places = found[part.skipped : part.skipped + part.size]
    rows = zip(places, table.at(places), strict=True)
    trades = [trade_of(BacktestTrade.model_validate(row), number=table.left_out + at + 1, symbol=spec.symbol) for at, row in rows]
    return answers.TradePage(total=len(found), left_out=table.left_out, limit=part.size, offset=part.skipped, trades=trades)


@routes.get(
    "/{backtest_id}/sweep",
    summary="List all points of a sweep",
    response_description="A part of the points, in the order of the grid.",
    responses=answered(answers.SweepPage(total=1, limit=PAGES.size, offset=0, points=[EXAMPLE_POINT]))
    | refused(FACE, NO_BACKTEST, TableMissingError("The backtest has no sweep."), TOO_MANY_REQUESTS),
    openapi_extra=OPEN | {"parameters": PAGES.parameters},
    response_model_exclude_unset=True,
)
async def list_sweep_points(request: Request, backtest_id: BacktestId, caller: Reader, use: Use) -> answers.SweepPage:
    """Show the whole surface, where the backtest itself has at most the best 1000 points."""
    part, job = PAGES.read(request), await use.find(backtest_id, caller)
    table = await use.table(job, "sweep")
    points = [SweepPoint.model_validate(row) for row in table.rows(part.skipped, part.skipped + part.size)]
    return answers.SweepPage(total=len(table), limit=part.size, offset=part.skipped, points=points)


@routes.delete(
    "/{backtest_id}",
    summary="Cancel a backtest",
    response_description="It has ended: `FAILED`, with an error that says that it was cancelled.",
    responses=answered(backtest_of(examples.CANCELLED, ages=SHOWN))
    | refused(FACE, JobEndedError(JobState.SUCCEEDED), NO_BACKTEST, TOO_MANY_REQUESTS, CancellationPendingError(examples.QUEUED.id)),
    openapi_extra=OPEN,
    response_model_exclude_unset=True,
)
async def cancel_backtest(backtest_id: BacktestId, caller: Trader, use: Use) -> answers.StrategyBacktest:
    """End one that waits or runs. It stays among the backtests, and counts among the day's; hours that it has not used come back."""
    job = await use.find(backtest_id, caller)
    return backtest_of(await use.stop(job.id, account_id=caller.account_id), ages=use.ages)
