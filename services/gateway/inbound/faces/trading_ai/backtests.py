"""Trading AI's backtests: ask for one, get it, list them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from fastapi import Path, Query, status
from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from starlette.requests import Request

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import ErrorKind, InvalidError
from libs.contracts.backtests import CAPITAL_MOST, BacktestSpec, Commission, Level, Period, PositionSize, RsiStrategy, Timeframe
from libs.contracts.ids import is_id
from libs.contracts.job_kinds import JobKind
from libs.market.catalogue import typo_of
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.accounts.tier_limits import DEFAULTS, TierLimits
from services.gateway.domain.accounts.tier_limits import Limit as TierLimit
from services.gateway.domain.dates import is_date
from services.gateway.domain.errors import TooManyRequestsError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import JobFilter, JobOrder
from services.gateway.domain.models.errors import JobNotFoundError
from services.gateway.domain.models.ports import Clock, Jobs
from services.gateway.inbound.faces.trading_ai import examples
from services.gateway.inbound.faces.trading_ai.answers import (
    AcceptedBacktest,
    BacktestDetails,
    BacktestFailure,
    BacktestProgress,
    Backtests,
)
from services.gateway.inbound.faces.trading_ai.face import FACE, PAGES, TOO_MANY_REQUESTS
from services.gateway.inbound.faces.trading_ai.translate import PREFIX, accepted_of, backtest_of, id_of, row_of
from services.gateway.inbound.faces.trading_ai.words import ORDERS, SortBy, SortOrder, Status, Strategy, candles_of, pair_of, states_of
from services.gateway.inbound.http.described import answered
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.face import Limit, Window
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import OPEN, used, welcomes
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import StartJob

A_DAY: Final = Limit(20, Window.DAY, refusal="Backtest limit reached. Maximum 20 backtests per day.")
NO_MORE_TODAY: Final = TooManyRequestsError(A_DAY.refusal or "", retry_after_s=3600)
TOO_FEW_HOURS: Final = AskRefusedError(
    "Not enough compute credits: the job needs 0.02 hours, 0.01 are left this month on tier 'free'",
    kind=ErrorKind.UNPAID,
    code="insufficient_credits",
)
TOO_MANY_JOBS: Final = TierLimits(DEFAULTS).refusal(TierLimit.JOBS, tier=Tier.FREE)
SYMBOL_LONGEST: Final = 40


def _day(given: Any) -> date:
    if not is_date(given):
        msg = "Must be a date such as 2012-12-31"
        raise ValueError(msg)
    return date.fromisoformat(given)


def _number(given: Any) -> Any:
    # pydantic takes true for 1 and "0.8" for 0.8.
    if isinstance(given, bool | str):
        msg = "Must be a number"
        raise ValueError(msg)  # noqa: TRY004 - pydantic tells no other
    return given


Day = Annotated[date, BeforeValidator(_day)]
Number = BeforeValidator(_number)


class RsiParameters(StrictBody):
    """Long when the RSI crosses up through `oversold`, out when it crosses down through `overbought`."""

    period: Annotated[Period, Number] = 14
    overbought: Annotated[Level, Number] = 70.0
    oversold: Annotated[Level, Number] = 30.0

    @model_validator(mode="after")
    def _make_sense_together(self) -> Self:
        self.strategy()
        return self

    def strategy(self) -> RsiStrategy:
        """Return the strategy with these parameters. Raise ValidationError for levels that make no sense together."""
        return RsiStrategy(period=self.period, overbought=self.overbought, oversold=self.oversold)


class BacktestIn(StrictBody):
    """What is to be played. Decided at a candle's close, filled at the next one's open."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
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
            ]
        }
    )

    strategy_name: Strategy
    symbol: str = Field(
        min_length=1, max_length=SYMBOL_LONGEST, description="What there are candles for; `BTCUSDT` has those of `BTC-USD`."
    )
    timeframe: Timeframe
    start_date: Day = Field(description="The first day (UTC) that is played.")
    end_date: Day = Field(description="The last day (UTC) that is played; after `start_date`.")
    parameters: RsiParameters = Field(description="The strategy's own; what is left out keeps its default.")
    initial_capital: Annotated[float, Number] = Field(
        10_000.0, gt=0, le=CAPITAL_MOST, description="In the currency of the symbol's prices."
    )
    position_size: Annotated[PositionSize, Number] = 0.1
    commission: Annotated[Commission, Number] = 0.001

    @field_validator("end_date")
    @classmethod
    def _ends_after_it_starts(cls, end: date, info: ValidationInfo) -> date:
        start = info.data.get("start_date")
        if start is not None and start >= end:
            msg = "Invalid date range. start_date must be before end_date."
            raise ValueError(msg)
        return end

    def spec(self) -> BacktestSpec:
        """Return what the platform is asked for."""
        return BacktestSpec(
            strategy=self.parameters.strategy(),
            symbol=candles_of(self.symbol),
            timeframe=self.timeframe,
            start_date=self.start_date,
            end_date=self.end_date,
            initial_capital=Decimal(str(self.initial_capital)),
            position_size=self.position_size,
            commission=self.commission,
        )


@dataclass(frozen=True, slots=True)
class BacktestUseCases:
    """What the handlers call."""

    jobs: Jobs
    start: StartJob
    clock: Clock


Use = Annotated[BacktestUseCases, used(BacktestUseCases)]
Trader = Annotated[Caller, welcomes(Scope.TRAIN)]
# Whoever may ask for backtests may look at them.
Reader = Annotated[Caller, welcomes(Scope.READ, Scope.TRAIN)]
BacktestId = Annotated[str, Path(description="As the answer to the request had it, or its task's id.", examples=[id_of(examples.QUEUED)])]
routes = make_router(prefix=PREFIX, tags=[FACE.tag("backtests")])


@routes.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Ask for a backtest",
    response_description="It is accepted and waits for a worker.",
    responses=answered(accepted_of(examples.QUEUED), status=202) | refused(FACE, TOO_FEW_HOURS, TOO_MANY_JOBS, NO_MORE_TODAY, 504),
    openapi_extra=OPEN,
)
@starts_work
async def create_backtest(request: Request, body: BacktestIn, caller: Trader, work: CurrentWork, use: Use) -> AcceptedBacktest:
    """Play a strategy on candles of the past. 20 a day by account, or by address; compute hours that it does not use come back."""
    spec = body.spec()
    slug = f"backtest_{spec.strategy.name}_{pair_of(spec.symbol)}_{use.clock():%Y%m%d}"
    order = Order(kind=JobKind.BACKTEST, spec=spec, slug=slug)
    exchange = exchange_of(request.scope)
    # Counted here and not at the door (`@limited`): what cannot be done, or not now, is no backtest.
    started = await use.start(order, caller=caller, work=work, admit=lambda: exchange.count_for_now([A_DAY], route=f"POST {PREFIX}"))
    return accepted_of(started.job)


@routes.get(
    "",
    summary="List your backtests",
    response_description="A part of the list, the newest first where nothing else is asked for.",
    responses=answered(Backtests(total=1, limit=PAGES.size, offset=0, backtests=[row_of(examples.COMPLETED)]))
    | refused(FACE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN | {"parameters": PAGES.parameters},
)
async def list_backtests(
    request: Request,
    caller: Reader,
    use: Use,
    *,
    strategy_name: Annotated[Strategy | None, Query(description="Only of this strategy.")] = None,
    symbol: Annotated[str | None, Query(description="Only on this symbol.", max_length=SYMBOL_LONGEST)] = None,
    status: Annotated[Status | None, Query(description="Only in this status.")] = None,
    sort_by: Annotated[SortBy, Query(description="What they are ordered by; one without a value counts as the lowest.")] = "created_at",
    sort_order: Annotated[SortOrder, Query(description="Lowest or highest first.")] = "desc",
) -> Backtests:
    """Backtests that the caller asked for; callers without a credential share theirs."""
    part = PAGES.read(request)
    asked = {"symbol": _known(symbol) if symbol else None, "strategy.name": strategy_name}
    wanted = JobFilter(
        kind=JobKind.BACKTEST,
        states=states_of(status) if status else (),
        spec={path: value for path, value in asked.items() if value},
    )
    page = await use.jobs.find(caller.account_id, part, wanted, JobOrder(ORDERS[sort_by], descending=sort_order == "desc"))
    return Backtests(total=page.count, limit=part.size, offset=part.skipped, backtests=[row_of(job) for job in page.items])


@routes.get(
    "/{backtest_id}",
    summary="Get a backtest",
    response_description="How it stands; when it has ended well, all that it has measured.",
    responses=answered(backtest_of(examples.COMPLETED)) | refused(FACE, JobNotFoundError(id_of(examples.QUEUED)), TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
)
async def get_backtest(backtest_id: BacktestId, caller: Reader, use: Use) -> BacktestDetails | BacktestProgress | BacktestFailure:
    """Progress, then results: performance, risk, trades and equity. A value that cannot be computed is null, and `reasons` says why."""
    return backtest_of(await _find(backtest_id, use=use, account_id=caller.account_id))


async def _find(backtest_id: str, *, use: BacktestUseCases, account_id: str) -> Job:
    """Return a backtest by its readable id or its job's. Raise JobNotFoundError."""
    if is_id(backtest_id, prefix="job"):
        return await use.jobs.get(backtest_id, account_id=account_id, kind=JobKind.BACKTEST)
    return await use.jobs.named(backtest_id, account_id=account_id, kind=JobKind.BACKTEST)


def _known(symbol: str) -> str:
    """Return the symbol whose candles are meant. Raise InvalidError for one that is near a known one."""
    meant = candles_of(symbol)
    if (typo := typo_of(meant)) is not None:
        raise InvalidError(typo.message, details={"symbol": [typo.message]})
    return meant
