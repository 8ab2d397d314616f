"""Examples of the messages about jobs that are no trainings: a backtest."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from libs.contracts.backtests import BacktestResult, BacktestSpec, BacktestTrade
from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, BEGIN, SHA, event
from libs.contracts.jobs import JobCancelled, JobCancelRequested, JobCompleted, JobFailed, JobProgressed, JobRequested
from libs.contracts.training import JobError, LogLine, Priority

SPEC: Final = BacktestSpec(symbol="AAPL", start_date=date(2005, 1, 1), end_date=date(2012, 12, 31), position_size=0.1).model_dump(
    mode="json"
)
ABOUT: Final[dict[str, Any]] = {"job_id": "job_01ke6y2m7bek4r8t2v6z9d3hsj", "kind": "backtest", "account_id": ACCOUNT}
REFUSED: Final = "AAPL has no 1d candles from 1900-01-01 to 1900-12-31."
# A real one; of its five trades and of its curve there are more.
RESULT: Final = BacktestResult(
    metrics={
        "sharpe_ratio": 0.0189348,
        "sortino_ratio": 0.0273055,
        "volatility": 0.0189492,
        "max_drawdown": 0.0501838,
        "total_return": 0.00143353,
        "cagr": 0.000179345,
        "calmar_ratio": 0.00357377,
        "total_trades": 5.0,
        "winning_trades": 3.0,
        "losing_trades": 2.0,
        "win_rate": 0.6,
        "avg_win": 0.135493,
        "avg_loss": -0.19222,
        "profit_factor": 1.05733,
        "avg_trade": 0.00440766,
        "best_trade": 0.170648,
        "worst_trade": -0.288549,
        "max_drawdown_days": 1729.04,
        "final_capital": 10014.3,
    },
    money={
        "total_trades": 5.0,
        "winning_trades": 3.0,
        "losing_trades": 2.0,
        "win_rate": 0.6,
        "avg_win": 137.241,
        "avg_loss": -198.694,
        "profit_factor": 1.03607,
        "avg_trade": 2.86705,
        "best_trade": 174.693,
        "worst_trade": -300.429,
        "gross_profit": 411.723,
        "gross_loss": -397.388,
        "net_profit": 14.3353,
        "max_consecutive_wins": 3.0,
        "max_consecutive_losses": 2.0,
        "recovery_factor": 0.0273796,
        "largest_win": 174.693,
        "largest_loss": -300.429,
        "risk_reward_ratio": 0.690716,
    },
    buy_and_hold={
        "sharpe_ratio": 1.12903,
        "sortino_ratio": 1.69323,
        "volatility": 0.375439,
        "max_drawdown": 0.608667,
        "total_return": 15.7997,
        "cagr": 0.42361,
        "calmar_ratio": 0.695962,
    },
    reasons={},
    signals=84,
    trades=(
        BacktestTrade(
            entered_at=datetime(2005, 4, 19, 13, 30, tzinfo=UTC),
            left_at=datetime(2005, 8, 1, 13, 30, tzinfo=UTC),
            entry_price=4.70361,
            exit_price=5.47469,
            shares=212.39,
            bars=72,
            net_return=0.161609,
            profit=161.609,
            reason="signal",
        ),
        BacktestTrade(
            entered_at=datetime(2006, 3, 30, 14, 30, tzinfo=UTC),
            left_at=datetime(2006, 8, 2, 13, 30, tzinfo=UTC),
            entry_price=8.0771,
            exit_price=8.69397,
            shares=125.682,
            bars=86,
            net_return=0.0742217,
            profit=75.4212,
            reason="signal",
        ),
    ),
    equity_curve=(
        (datetime(2005, 1, 3, 21, tzinfo=UTC), 10000.0, 0.0),
        (datetime(2008, 11, 13, 21, tzinfo=UTC), 10035.3, 0.038134),
        (datetime(2012, 12, 31, 21, tzinfo=UTC), 10014.3, 0.040139),
    ),
    run_card={
        "data_source": "bokeh-sampledata 2026.1 (Quandl WIKI, public domain)",
        "data_hash": SHA,
        "synthetic": False,
        "bars": 2013,
        "first_bar": "2005-01-03",
        "last_bar": "2012-12-31",
        "data_as_of": "2013-03-01T21:00:00+00:00",
        "warm_up_bars": 0,
    },
).model_dump(mode="json")
WORK: Final[dict[str, Any]] = {"started_at": BEGIN, "ended_at": BEGIN + timedelta(seconds=2), "compute_hours": Decimal("0.000556")}


def _line(message: str) -> LogLine:
    return LogLine(timestamp=BEGIN, level="INFO", message=message)


JOBS: Final[tuple[Message, ...]] = (
    JobRequested(
        **event("01ke6y2m7cf0a8q9v4s2w7t3xz", 1, 0),
        **ABOUT,
        tier="pro",
        job_name="RSI on AAPL",
        priority=Priority.NORMAL,
        spec=SPEC,
        reserved_hours=Decimal("0.02"),
    ),
    JobCancelRequested(**event("01ke6y3d2sf7h1k5m9p4r8v6yb", 2, 1), **ABOUT),
    JobProgressed(
        **event("01ke6y1t5ve3g7j9n2q6s8w4zc", 2, 0.01),
        **ABOUT,
        attempt=1,
        started_at=BEGIN,
        progress=33,
        stage="playing",
        step=1,
        total_steps=3,
        metrics={},
        logs=(_line("Playing rsi on 2013 bars"),),
        estimated_completion=None,
    ),
    JobCompleted(**event("01ke6y2c8xf4h6k1m5p9r3t7vd", 3, 0.04), **ABOUT, **WORK, spec=SPEC, result=RESULT, logs=(_line("5 trades"),)),
    JobFailed(
        **event("01ke6y2h1zf5j8m3q7s9v2w6xe", 3, 0.04),
        **ABOUT,
        **WORK,
        attempts=1,
        error=JobError(type="NoCandlesError", message=REFUSED),
        logs=(_line(REFUSED),),
    ),
    JobCancelled(**event("01ke6y3e4bf6k9n2r5t8w1y7zf", 3, 1), **ABOUT, **WORK, progress=33),
)
