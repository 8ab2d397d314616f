"""A backtest's job in Trading AI's words: accepted, in a list, and all that it has measured."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Any, Final, TypeVar

from libs.contracts import backtests as contract
from libs.contracts.envelope import Message
from libs.contracts.job_kinds import shown_spec
from libs.contracts.training import JobState
from libs.market.age import Ages, age_fields, moment_in, reasons_of
from modelbourse.answers.answer import Answer
from modelbourse.answers.trading_ai import backtest_findings as found
from modelbourse.answers.trading_ai import backtests as answers
from services.gateway.domain.jobs.job import Job
from services.gateway.inbound.faces.trading_ai import words

M = TypeVar("M", bound=Answer)
PREFIX: Final = "/api/backtests"
WAITS: Final = "it waits for a free worker"
NO_SIGNALS: Final = "there were no signals"
# What the platform calls a measure that has another name here.
MEASURED_AS: Final[Mapping[str, str]] = {
    "average_win": "avg_win",
    "average_loss": "avg_loss",
    "total_profit": "gross_profit",
    "total_loss": "gross_loss",
    "max_drawdown_duration_days": "max_drawdown_days",
    "probabilistic_sharpe": "probabilistic_sharpe_ratio",
    "deflated_sharpe": "deflated_sharpe_ratio",
}
BESIDE: Final = ("excess_return", "beta", "alpha", "correlation", "tracking_error", "information_ratio")
TERMS: Final = (
    "initial_capital", "position_size", "commission", "direction", "slippage", "sizing", "stop_loss", "take_profit", "trailing_stop",
    "walk_forward", "lookahead_check",
)  # fmt: skip
# Of a strategy what is not its caller's to choose.
NOT_PARAMETERS: Final = frozenset({"name", "artifact"})


def accepted_of(job: Job) -> answers.AcceptedBacktest:
    """Return the answer to a request that was accepted."""
    return answers.AcceptedBacktest(
        backtest_id=id_of(job),
        task_id=job.id,
        status=words.STATUSES[job.state],
        # It is ended when it has used up what is reserved for it.
        estimated_completion_minutes=ceil(job.reserved_hours * 60),
        check_status_url=f"/api/tasks/{job.id}",
        check_results_url=f"{PREFIX}/{id_of(job)}",
        created_at=job.created_at,
    )


def backtest_of(job: Job, *, ages: Ages) -> answers.StrategyBacktest:
    """Return all there is to say of a backtest, by its state."""
    spec = shown_spec(contract.BacktestSpec, job.spec)
    standing = _standing(job, spec) | {"task_id": job.id, "parameters": _parameters(spec), "started_at": job.started_at}
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
    spec = shown_spec(contract.BacktestSpec, job.spec)
    if job.state is not JobState.SUCCEEDED:
        return answers.StrategyBacktest(**_standing(job, spec))
    result = contract.BacktestSummary.model_validate(job.result)
    summary = _measured(answers.PerformanceSummary, result, spec)
    return answers.StrategyBacktest(**_standing(job, spec), performance_summary=summary, reasons=_reasons(result, summary))


def id_of(job: Job) -> str:
    """Return a backtest's id: the readable one, or of a job that was not asked for here its own."""
    return job.slug or job.id


def trade_of(trade: contract.BacktestTrade, *, number: int, symbol: str) -> answers.PlayedTrade:
    """Return a trade, with its costs apart; `symbol` is what was traded where the trade does not say."""
    sign = 1 if trade.direction == "long" else -1
    moved = sign * trade.shares * (trade.exit_price - trade.entry_price)
    commission = moved - trade.profit if trade.commission is None else trade.commission
    return answers.PlayedTrade(
        trade_id=number,
        symbol=words.pair_of(trade.symbol or symbol),
        entry_date=trade.entered_at,
        exit_date=trade.left_at,
        direction=words.DIRECTIONS[trade.direction],
        entry_price=trade.entry_price,
        exit_price=trade.exit_price,
        quantity=trade.shares,
        profit=trade.profit + commission,
        profit_percent=sign * 100 * (trade.exit_price / trade.entry_price - 1),
        commission=commission,
        net_profit=trade.profit,
        exit_reason=words.EXITS[trade.reason],
    )


def _parameters(spec: contract.BacktestSpec) -> answers.Parameters:
    terms = spec.model_dump(mode="json", include=set(TERMS)) | {"initial_capital": float(spec.initial_capital)}
    own = spec.strategy.model_dump(mode="json", exclude=set(NOT_PARAMETERS), exclude_none=spec.strategy.name == "rules")
    return answers.Parameters(**own | {name: list(values) for name, values in spec.grid.items()} | terms)


def _standing(job: Job, spec: contract.BacktestSpec) -> dict[str, Any]:
    """Return what every answer about a backtest says: what was asked for, and how it stands."""
    start, end = spec.start_date, spec.end_date
    days = answers.DateRange(start_date=start, end_date=end, total_days=(end - start).days) if start and end else None
    asked: dict[str, Any] = {
        "backtest_id": id_of(job),
        "strategy_name": spec.strategy.name,
        "symbol": words.pair_of(spec.symbol),
        "timeframe": spec.timeframe,
        "status": words.STATUSES[job.state],
        "date_range": days,
        "created_at": job.created_at,
    }
    asked |= {"symbols": [words.pair_of(each) for each in spec.symbols]} if spec.symbols else {}
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
    risk = _measured(answers.RiskMetrics, result, spec, sharpe_interval=result.sharpe_interval, trials=spec.trials)
    execution = _measured(
        answers.Execution,
        result,
        spec,
        total_candles_analyzed=result.run_card["bars"],
        signals_generated=result.signals,
        trades_executed=performance.total_trades,
        signal_to_trade_ratio=performance.total_trades / result.signals if result.signals else None,
        execution_time_seconds=_ran(job).total_seconds(),
    )
    own = spec.own
    age = ages.of_symbols(list(spec.all_symbols), timeframe=spec.timeframe, as_of=moment_in(result.run_card, "data_as_of"), own=own)
    return answers.StrategyBacktest(
        **standing,
        **_beyond(job, result),
        performance=performance,
        risk_metrics=risk,
        execution=execution,
        buy_and_hold=result.buy_and_hold | {name: result.metrics[name] for name in BESIDE if name in result.metrics},
        equity_curve=[
            # Midnight belongs to the day before, whose last candle closes then.
            answers.EquityPoint(date=(at - timedelta(microseconds=1)).date(), equity=equity, drawdown=drawdown)
            for at, equity, drawdown in result.equity_curve
        ],
        trades=[
            trade_of(trade, number=number, symbol=spec.symbol)
            for number, trade in enumerate(result.trades, start=result.trades_left_out + 1)
        ],
        reasons=_reasons(result, performance, risk, execution) | reasons_of(age),
        data_source=f"{', '.join(spec.all_symbols)}: {result.run_card['data_source']}",
        synthetic=result.run_card["synthetic"],
        **age_fields(age),
    )


def _beyond(job: Job, result: contract.BacktestResult) -> dict[str, Any]:
    """Return what goes beyond the document, as far as this backtest has it; one of before that has none of it."""
    address = f"{PREFIX}/{id_of(job)}"
    sweep, walk, files = result.sweep, result.walk_forward, result.files
    months = result.monthly_returns
    parts: dict[str, Any] = {
        "monthly_returns": {year: list(each) for year, each in months.items()} if months else None,
        "underwater": [_as(found.UnderWater, each) for each in result.drawdown_periods] if months else None,
        "monte_carlo": result.trade_order and _as(found.MonteCarlo, result.trade_order),
        "lookahead": result.lookahead and _as(found.LookaheadProof, result.lookahead),
        "sweep": sweep and _as(found.Sweep, sweep),
        "walk_forward": walk and _as(found.WalkForward, walk),
        "in_sample_share": result.in_sample_share,
        "warnings": list(result.warnings) or None,
        "report_url": f"{address}/report.html" if "report.html" in files else None,
        "plots": {name: f"{address}/plots/{name}" for name in sorted(files) if name.endswith((".png", ".svg"))} or None,
        "trades_url": f"{address}/trades" if "trades" in files else None,
    }
    return {name: value for name, value in parts.items() if value is not None}


def _as(kind: type[M], message: Message) -> M:
    """Return a message of the bus as the answer that has its fields."""
    return kind.model_validate(message.model_dump())


def _ran(job: Job) -> timedelta:
    assert job.started_at is not None  # The event that told its end has told its begin, too.
    assert job.ended_at is not None
    return job.ended_at - job.started_at


def _measured(kind: type[M], result: contract.BacktestSummary, spec: contract.BacktestSpec, **more: Any) -> M:
    """Return a part of the result under its names here, what it has measured; of the trades what they earned in money."""
    earned = result.money["net_profit"]
    assert earned is not None  # It is 0 without a trade.
    values = {**result.metrics, **result.money, "net_profit_percent": 100 * earned / float(spec.initial_capital)}
    known = {name: values[as_] for name in kind.model_fields if (as_ := MEASURED_AS.get(name, name)) in values}
    return kind.model_validate(known | more)


def _reasons(result: contract.BacktestSummary, *parts: Answer) -> dict[str, str]:
    """Return why values of these parts are null, by name."""
    known = {**result.reasons, "signal_to_trade_ratio": NO_SIGNALS}
    nulls = {name for part in parts for name in part.model_fields_set if getattr(part, name) is None}
    return {name: known[as_] for name in sorted(nulls) if (as_ := MEASURED_AS.get(name, name)) in known}
