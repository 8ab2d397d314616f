"""Trading AI's backtests: asked for, listed, shown, cancelled; each answer is made of a job."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Annotated, Any, Final, Self, TypeVar

from fastapi import Path, Query, status
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts import backtests as contract
from libs.contracts import strategies
from libs.contracts.ids import is_id
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from libs.market.age import Ages, age_fields, moment_in, reasons_of
from libs.market.catalogue import typo_of
from services.gateway.domain.accounts import tier_limits
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.errors import TooManyRequestsError
from services.gateway.domain.jobs.errors import CancellationPendingError, JobEndedError, JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import JobFilter, JobOrder
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.inbound.faces.trading_ai import answers, examples, words
from services.gateway.inbound.faces.trading_ai.face import FACE, PAGES, TOO_MANY_REQUESTS
from services.gateway.inbound.http.described import answered
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.face import Limit, Window
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import OPEN, used, welcomes
from services.gateway.inbound.http.strict_body import Day, Number, StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.jobs.stop_job import StopJob

M = TypeVar("M", bound=BaseModel)
A_DAY: Final = Limit(20, Window.DAY, refusal="Backtest limit reached. Maximum 20 backtests per day.")
NO_MORE_TODAY: Final = TooManyRequestsError(A_DAY.refusal or "", retry_after_s=3600)
TOO_MANY_JOBS: Final = tier_limits.TierLimits(tier_limits.DEFAULTS).refusal(tier_limits.Limit.JOBS, tier=Tier.FREE)
Symbol = Annotated[str, Field(max_length=40)]
SHOWN: Final = Ages(3, clock=examples.ENDED.timestamp)
WAITS: Final = "it waits for a free worker"
# What the platform calls a measure that has another name here.
MEASURED_AS: Final[Mapping[str, str]] = {
    "average_win": "avg_win",
    "average_loss": "avg_loss",
    "total_profit": "gross_profit",
    "total_loss": "gross_loss",
    "max_drawdown_duration_days": "max_drawdown_days",
}
EXAMPLE: Final[dict[str, Any]] = {
    "strategy_name": "rsi",
    "symbol": "AAPL",
    "timeframe": "1d",
    "start_date": "2005-01-01",
    "end_date": "2012-12-31",
    "parameters": {"period": 14, "overbought": 70, "oversold": 30},
    "initial_capital": 10000.0,
    "position_size": 0.1,
    "commission": 0.001,
}


class RsiParameters(StrictBody):
    """Long when the RSI crosses up through `oversold`, out when it crosses down through `overbought`."""

    period: Annotated[strategies.Period, Number] = 14
    overbought: Annotated[strategies.Level, Number] = 70.0
    oversold: Annotated[strategies.Level, Number] = 30.0

    @model_validator(mode="after")
    def _make_sense_together(self) -> Self:
        strategies.RsiStrategy(**dict(self))
        return self


class BacktestIn(StrictBody):
    """What is to be played. Decided at a candle's close, filled at the next one's open."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    strategy_name: words.Strategy = Field(description="The rules that are played; `rsi` is the one there is so far.")
    symbol: Symbol = Field(min_length=1, description="What there are candles for; `BTCUSDT` has those of `BTC-USD`.")
    timeframe: contract.Timeframe = Field(description="How long a candle is; `GET /api/ai-studio/symbols/` says which a symbol has.")
    start_date: Day = Field(description="The first day (UTC) that is played.")
    end_date: Day = Field(description="The last day (UTC) that is played; after `start_date`.")
    parameters: RsiParameters = Field(default_factory=RsiParameters, description="The strategy's own; what is left out keeps its default.")
    initial_capital: Annotated[float, Number] = Field(
        10_000.0, gt=0, le=contract.CAPITAL_MOST, description="In the currency of the prices."
    )
    position_size: Annotated[contract.PositionSize, Number] = 0.1
    commission: Annotated[contract.Commission, Number] = 0.001

    @field_validator("end_date")
    @classmethod
    def _ends_after_it_starts(cls, end: date, info: ValidationInfo) -> date:
        start = info.data.get("start_date")
        if start is not None and start >= end:
            msg = "Invalid date range. start_date must be before end_date."
            raise ValueError(msg)
        return end

    def spec(self, *, own: Collection[str] = ()) -> contract.BacktestSpec:
        """Return what the platform is asked for; `own` are the caller's own symbols, which mean nothing else."""
        given = self.model_dump(exclude={"strategy_name", "parameters"}) | {"strategy": dict(self.parameters)}
        return contract.BacktestSpec.model_validate(given | {"symbol": words.candles_of(self.symbol, own=own)})


def accepted_of(job: Job) -> answers.AcceptedBacktest:
    """Return the answer to a request that was accepted."""
    address = f"{FACE.prefix}/{id_of(job)}"
    return answers.AcceptedBacktest(
        backtest_id=id_of(job),
        task_id=job.id,
        status=words.STATUSES[job.state],
        # It is ended when it has used up what is reserved for it.
        estimated_completion_minutes=ceil(job.reserved_hours * 60),
        check_status_url=address,
        check_results_url=address,
        created_at=job.created_at,
    )


def backtest_of(job: Job, *, ages: Ages) -> answers.StrategyBacktest:
    """Return all there is to say of a backtest, by its state."""
    spec = contract.BacktestSpec.model_validate(job.spec)
    parameters = answers.Parameters.model_validate(dict(spec.strategy) | dict(spec))
    standing = _standing(job, spec) | {"task_id": job.id, "parameters": parameters, "started_at": job.started_at}
    if job.state is JobState.SUCCEEDED:
        return _completed(job, spec, standing, ages)
    if job.state.ended:
        return answers.StrategyBacktest(**standing, reasons={} if job.started_at else {"started_at": "it ended before it began to run"})
    waits, at = job.state is JobState.QUEUED, job.estimated_completion
    operation, unknown = ("Waiting for a free worker", WAITS) if waits else (job.stage, "it has not run long enough to tell")
    reasons = ({"started_at": WAITS} if waits else {}) | ({} if at else {"estimated_completion": unknown})
    return answers.StrategyBacktest(**standing, current_operation=operation, estimated_completion=at, reasons=reasons)


def row_of(job: Job) -> answers.StrategyBacktest:
    """Return a backtest's row in a list, by its state."""
    spec = contract.BacktestSpec.model_validate(job.spec)
    if job.state is not JobState.SUCCEEDED:
        return answers.StrategyBacktest(**_standing(job, spec))
    result = contract.BacktestSummary.model_validate(job.result)
    summary = _measured(answers.PerformanceSummary, result, spec)
    return answers.StrategyBacktest(**_standing(job, spec), performance_summary=summary, reasons=_reasons(result, summary))


def id_of(job: Job) -> str:
    """Return a backtest's id: the readable one, or of a job that was not asked for here its own."""
    return job.slug or job.id


def _standing(job: Job, spec: contract.BacktestSpec) -> dict[str, Any]:
    """Return what every answer about a backtest says: what was asked for, and how it stands."""
    start, end = spec.start_date, spec.end_date
    days = answers.DateRange(start_date=start, end_date=end, total_days=(end - start).days) if start and end else None
    asked = {
        "backtest_id": id_of(job),
        "strategy_name": spec.strategy.name,
        "symbol": words.pair_of(spec.symbol),
        "timeframe": spec.timeframe,
        "status": words.STATUSES[job.state],
        "date_range": days,
        "created_at": job.created_at,
    }
    match job.state:
        case JobState.QUEUED | JobState.RUNNING:
            return asked | {"progress": job.progress}
        case JobState.SUCCEEDED:
            return asked | {"completed_at": job.ended_at}
        case JobState.FAILED | JobState.CANCELLED:
            cancelled = f"The backtest was cancelled: {job.cancel_reason}" if job.cancel_reason else "The backtest was cancelled."
            return asked | {"error": job.error.message if job.error else cancelled, "failed_at": job.ended_at}


def _completed(job: Job, spec: contract.BacktestSpec, standing: Mapping[str, Any], ages: Ages) -> answers.StrategyBacktest:
    result = contract.BacktestResult.model_validate(job.result)
    performance = _measured(answers.BacktestPerformance, result, spec)
    risk = _measured(answers.RiskMetrics, result, spec)
    execution = answers.Execution(
        total_candles_analyzed=result.run_card["bars"],
        signals_generated=result.signals,
        trades_executed=performance.total_trades,
        signal_to_trade_ratio=performance.total_trades / result.signals if result.signals else None,
        execution_time_seconds=_ran(job).total_seconds(),
    )
    age = ages.of_symbols([spec.symbol], timeframe=spec.timeframe, as_of=moment_in(result.run_card, "data_as_of"), own=spec.own)
    return answers.StrategyBacktest(
        **standing,
        performance=performance,
        risk_metrics=risk,
        execution=execution,
        equity_curve=[
            # Midnight belongs to the day before, whose last candle closes then.
            answers.EquityPoint(date=(at - timedelta(microseconds=1)).date(), equity=equity, drawdown=drawdown)
            for at, equity, drawdown in result.equity_curve
        ],
        trades=[_trade(trade, number=number) for number, trade in enumerate(result.trades, start=result.trades_left_out + 1)],
        reasons=_reasons(result, performance, risk, execution) | reasons_of(age),
        data_source=f"{spec.symbol}: {result.run_card['data_source']}",
        synthetic=result.run_card["synthetic"],
        **age_fields(age),
    )


def _ran(job: Job) -> timedelta:
    assert job.started_at is not None  # The event that told its end has told its begin, too.
    assert job.ended_at is not None
    return job.ended_at - job.started_at


def _trade(trade: contract.BacktestTrade, *, number: int) -> answers.PlayedTrade:
    """Return a trade, with its costs apart."""
    before_costs = trade.shares * (trade.exit_price - trade.entry_price)
    return answers.PlayedTrade(
        trade_id=number,
        entry_date=trade.entered_at,
        exit_date=trade.left_at,
        direction="LONG",
        entry_price=trade.entry_price,
        exit_price=trade.exit_price,
        quantity=trade.shares,
        profit=before_costs,
        profit_percent=100 * (trade.exit_price / trade.entry_price - 1),
        commission=before_costs - trade.profit,
        net_profit=trade.profit,
        exit_reason=words.EXITS[trade.reason],
    )


def _measured(kind: type[M], result: contract.BacktestSummary, spec: contract.BacktestSpec) -> M:
    """Return a part of the result under its names here; of the trades what they earned in money."""
    earned = result.money["net_profit"]
    assert earned is not None  # It is 0 without a trade.
    values = {**result.metrics, **result.money, "net_profit_percent": 100 * earned / float(spec.initial_capital)}
    return kind.model_validate({name: values[MEASURED_AS.get(name, name)] for name in kind.model_fields})


def _reasons(result: contract.BacktestSummary, *parts: BaseModel) -> dict[str, str]:
    """Return why values of these parts are null, by name."""
    known = {**result.reasons, "signal_to_trade_ratio": "there were no signals"}
    return {name: known[MEASURED_AS.get(name, name)] for part in parts for name, value in part if value is None}


@dataclass(frozen=True, slots=True)
class BacktestUseCases:
    """What the handlers call."""

    jobs: Jobs
    start: StartJob
    stop: StopJob
    ages: Ages

    async def find(self, backtest_id: str, caller: Caller) -> Job:
        """Return a backtest of the caller by its readable id or its job's. Raise JobNotFoundError."""
        find = self.jobs.get if is_id(backtest_id, prefix="job") else self.jobs.named
        return await find(backtest_id, account_id=caller.account_id, kind=JobKind.BACKTEST)


Use = Annotated[BacktestUseCases, used(BacktestUseCases)]
Trader = Annotated[Caller, welcomes(Scope.TRAIN)]
# Whoever may ask for backtests may look at them.
Reader = Annotated[Caller, welcomes(Scope.READ, Scope.TRAIN)]
BacktestId = Annotated[str, Path(description="As the answer to the request had it, or its task's id.", examples=[id_of(examples.QUEUED)])]
NO_BACKTEST: Final = JobNotFoundError(id_of(examples.QUEUED), noun="backtest job")
routes = make_router(prefix=FACE.prefix, tags=[FACE.tag("backtests")])


@routes.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Ask for a backtest",
    response_description="It is accepted and waits for a worker.",
    responses=answered(accepted_of(examples.QUEUED), status=202) | refused(FACE, 402, TOO_MANY_JOBS, NO_MORE_TODAY, 504),
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
    started = await use.start(order, caller=caller, work=work, admit=lambda: exchange.count_for_now([A_DAY], route=f"POST {FACE.prefix}"))
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
    strategy_name: Annotated[words.Strategy | None, Query(description="Only of this strategy.")] = None,
    symbol: Annotated[Symbol | None, Query(description="Only on this symbol.")] = None,
    status: Annotated[words.Status | None, Query(description="Only in this status.")] = None,
    sort_by: Annotated[words.SortBy, Query(description="What they are ordered by; no value counts as the lowest.")] = "created_at",
    sort_order: Annotated[words.SortOrder, Query(description="Lowest or highest first.")] = "desc",
) -> answers.Backtests:
    """Backtests that the caller asked for; callers without a credential share theirs."""
    part = PAGES.read(request)
    spec = {"symbol": _known(symbol, own=(await use.start.own(caller.account_id)).candles)} if symbol else {}
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


def _known(symbol: str, *, own: Collection[str]) -> str:
    """Return the symbol whose candles are meant. Raise InvalidError for one that is near a known one."""
    meant = words.candles_of(symbol, own=own)
    if (typo := typo_of(meant, own=own)) is not None:
        raise InvalidError(typo.message, details={"symbol": [typo.message]})
    return meant
