"""Backtests as Trading AI says them: pure functions from a job to each answer."""

from datetime import datetime, timedelta
from math import ceil
from typing import Final

from libs.contracts.backtests import BacktestResult, BacktestSpec, BacktestSummary
from libs.contracts.training import JobState
from services.gateway.domain.jobs.job import Job
from services.gateway.inbound.faces.trading_ai.answers import (
    AcceptedBacktest,
    BacktestDetails,
    BacktestFailure,
    BacktestFailureRow,
    BacktestProgress,
    BacktestProgressRow,
    BacktestRow,
    DateRange,
    EquityPoint,
    Parameters,
)
from services.gateway.inbound.faces.trading_ai.measures import execution_of, performance_of, reasons_of, risk_of, summary_of, trade_of
from services.gateway.inbound.faces.trading_ai.words import STATUSES, pair_of

PREFIX: Final = "/api/backtests"
CANCELLED: Final = "The backtest was cancelled."
WAITING: Final = "Waiting for a free worker"
WAITS: Final = "it waits for a free worker"
TOO_EARLY: Final = "it has not run long enough to tell"
NEVER_RAN: Final = "it ended before it began to run"


def accepted_of(job: Job) -> AcceptedBacktest:
    """Return the answer to a request that was accepted."""
    address = f"{PREFIX}/{id_of(job)}"
    return AcceptedBacktest(
        backtest_id=id_of(job),
        task_id=job.id,
        status=STATUSES[job.state],
        # It is ended when it has used up what is reserved for it.
        estimated_completion_minutes=ceil(job.reserved_hours * 60),
        check_status_url=address,
        check_results_url=address,
        created_at=job.created_at,
    )


def backtest_of(job: Job) -> BacktestDetails | BacktestProgress | BacktestFailure:
    """Return all there is to say of a backtest, by its state."""
    spec = BacktestSpec.model_validate(job.spec)
    match job.state:
        case JobState.SUCCEEDED:
            return _completed(job, spec)
        case JobState.QUEUED | JobState.RUNNING:
            return _progress(job, spec)
        case JobState.FAILED | JobState.CANCELLED:
            return _failure(job, spec)


def row_of(job: Job) -> BacktestRow | BacktestProgressRow | BacktestFailureRow:
    """Return a backtest's row in a list, by its state."""
    spec = BacktestSpec.model_validate(job.spec)
    match job.state:
        case JobState.SUCCEEDED:
            return _completed_row(job, spec)
        case JobState.QUEUED | JobState.RUNNING:
            return _progress_row(job, spec)
        case JobState.FAILED | JobState.CANCELLED:
            return _failure_row(job, spec)


def _completed(job: Job, spec: BacktestSpec) -> BacktestDetails:
    result = BacktestResult.model_validate(job.result)
    began, ended = _span(job)
    performance, risk = performance_of(result, capital=float(spec.initial_capital)), risk_of(result)
    execution = execution_of(result, took=ended - began)
    return BacktestDetails(
        backtest_id=id_of(job),
        strategy_name=spec.strategy.name,
        symbol=pair_of(spec.symbol),
        timeframe=spec.timeframe,
        task_id=job.id,
        parameters=_parameters(spec),
        date_range=_date_range(spec),
        performance=performance,
        risk_metrics=risk,
        execution=execution,
        equity_curve=[
            # Midnight belongs to the day before, whose last candle closes then.
            EquityPoint(date=(at - timedelta(microseconds=1)).date(), equity=equity, drawdown=drawdown)
            for at, equity, drawdown in result.equity_curve
        ],
        trades=[trade_of(trade, number=number) for number, trade in enumerate(result.trades, start=result.trades_left_out + 1)],
        reasons=reasons_of(result, performance, risk, execution),
        data_source=f"{spec.symbol}: {result.run_card['data_source']}",
        synthetic=result.run_card["synthetic"],
        created_at=job.created_at,
        started_at=began,
        completed_at=ended,
    )


def _progress(job: Job, spec: BacktestSpec) -> BacktestProgress:
    waits, unknown = job.state is JobState.QUEUED, job.estimated_completion is None
    return BacktestProgress(
        backtest_id=id_of(job),
        strategy_name=spec.strategy.name,
        symbol=pair_of(spec.symbol),
        status="PENDING" if waits else "RUNNING",
        task_id=job.id,
        progress=job.progress,
        current_operation=WAITING if waits else job.stage,
        created_at=job.created_at,
        started_at=job.started_at,
        estimated_completion=job.estimated_completion,
        reasons=({"started_at": WAITS} if waits else {}) | ({"estimated_completion": WAITS if waits else TOO_EARLY} if unknown else {}),
    )


def _failure(job: Job, spec: BacktestSpec) -> BacktestFailure:
    return BacktestFailure(
        backtest_id=id_of(job),
        strategy_name=spec.strategy.name,
        symbol=pair_of(spec.symbol),
        timeframe=spec.timeframe,
        task_id=job.id,
        error=_error(job),
        created_at=job.created_at,
        started_at=job.started_at,
        failed_at=_ended_at(job),
        reasons={} if job.started_at else {"started_at": NEVER_RAN},
    )


def _completed_row(job: Job, spec: BacktestSpec) -> BacktestRow:
    result = BacktestSummary.model_validate(job.result)
    summary = summary_of(result, capital=float(spec.initial_capital))
    return BacktestRow(
        backtest_id=id_of(job),
        strategy_name=spec.strategy.name,
        symbol=pair_of(spec.symbol),
        timeframe=spec.timeframe,
        date_range=_date_range(spec),
        performance_summary=summary,
        reasons=reasons_of(result, summary),
        created_at=job.created_at,
        completed_at=_ended_at(job),
    )


def _progress_row(job: Job, spec: BacktestSpec) -> BacktestProgressRow:
    return BacktestProgressRow(
        backtest_id=id_of(job),
        strategy_name=spec.strategy.name,
        symbol=pair_of(spec.symbol),
        timeframe=spec.timeframe,
        status="PENDING" if job.state is JobState.QUEUED else "RUNNING",
        date_range=_date_range(spec),
        progress=job.progress,
        created_at=job.created_at,
    )


def _failure_row(job: Job, spec: BacktestSpec) -> BacktestFailureRow:
    return BacktestFailureRow(
        backtest_id=id_of(job),
        strategy_name=spec.strategy.name,
        symbol=pair_of(spec.symbol),
        timeframe=spec.timeframe,
        error=_error(job),
        created_at=job.created_at,
        failed_at=_ended_at(job),
    )


def id_of(job: Job) -> str:
    """Return a backtest's id: the readable one, or of a job that was not asked for here its own."""
    return job.slug or job.id


def _parameters(spec: BacktestSpec) -> Parameters:
    return Parameters(
        period=spec.strategy.period,
        overbought=spec.strategy.overbought,
        oversold=spec.strategy.oversold,
        initial_capital=float(spec.initial_capital),
        position_size=spec.position_size,
        commission=spec.commission,
    )


def _date_range(spec: BacktestSpec) -> DateRange | None:
    if spec.start_date is None or spec.end_date is None:
        return None
    return DateRange(start_date=spec.start_date, end_date=spec.end_date, total_days=(spec.end_date - spec.start_date).days)


def _error(job: Job) -> str:
    return job.error.message if job.error else CANCELLED


def _span(job: Job) -> tuple[datetime, datetime]:
    assert job.started_at is not None  # The event that told its end has told its begin, too.
    return job.started_at, _ended_at(job)


def _ended_at(job: Job) -> datetime:
    assert job.ended_at is not None
    return job.ended_at
