"""Examples of the messages about jobs that are no trainings: a backtest."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from libs.contracts.backtests import BacktestResult, BacktestSpec, BacktestTrade
from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, BEGIN, SHA, event
from libs.contracts.jobs import JobCancelled, JobCancelRequested, JobCompleted, JobFailed, JobProgressed, JobRequested
from libs.contracts.training import JobError, LogLine, Priority

SPEC: Final = BacktestSpec(symbol="AAPL").model_dump(mode="json")
ABOUT: Final[dict[str, Any]] = {"job_id": "job_01ke6y2m7bek4r8t2v6z9d3hsj", "kind": "backtest", "account_id": ACCOUNT}
REFUSED: Final = "AAPL has no 1d candles from 1900-01-01 to 1900-12-31."
# Shortened.
RESULT: Final = BacktestResult(
    metrics={"total_return": 0.08, "final_capital": 10800.0, "total_trades": 1, "win_rate": 1.0, "avg_loss": None},
    money={"gross_profit": 800.0, "gross_loss": 0.0, "net_profit": 800.0},
    buy_and_hold={"total_return": 0.21, "max_drawdown": 0.11},
    signals=2,
    reasons={"avg_loss": "no trade lost"},
    trades=(
        BacktestTrade(
            entered_at=datetime(2010, 5, 27, 20, tzinfo=UTC),
            left_at=datetime(2010, 8, 3, 20, tzinfo=UTC),
            entry_price=35.0,
            exit_price=37.88,
            shares=285.4,
            bars=47,
            net_return=0.08,
            profit=800.0,
            reason="signal",
        ),
    ),
    equity_curve=((datetime(2010, 5, 27, 20, tzinfo=UTC), 10000.0, 0.0), (datetime(2010, 8, 3, 20, tzinfo=UTC), 10800.0, 0.0)),
    run_card={"data_source": "bokeh-sampledata 2026.1", "data_hash": SHA, "synthetic": False, "bars": 252, "warm_up_bars": 14},
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
        logs=(_line("Playing rsi on 3270 bars"),),
        estimated_completion=None,
    ),
    JobCompleted(**event("01ke6y2c8xf4h6k1m5p9r3t7vd", 3, 0.04), **ABOUT, **WORK, spec=SPEC, result=RESULT, logs=(_line("1 trades"),)),
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
