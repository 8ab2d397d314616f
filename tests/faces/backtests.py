"""Backtests as Trading AI's users ask for them, and a training service that really plays them, but for the cluster."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import httpx

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.backtests import BacktestSpec
from libs.contracts.jobs import JobCompleted, JobFailed, JobProgressed
from libs.contracts.training import JobError
from libs.market.candles import Market
from services.gateway.inbound.faces.trading_ai.words import STATUSES
from services.training.backtests.run import run
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.world import User, World
from tests.waiting import until

BACKTESTS: Final = "/api/backtests"
MARKET: Final = Market(None, synthetic_allowed=False)


def asked(**changes: Any) -> dict[str, Any]:
    """Return a good request; `changes` replace parts of it, those that are None are left out."""
    body = {
        "strategy_name": "rsi",
        "symbol": "AAPL",
        "timeframe": "1d",
        "start_date": "2005-01-03",
        "end_date": "2012-12-31",
        "parameters": {"period": 14, "overbought": 70, "oversold": 30},
    } | changes
    return {name: value for name, value in body.items() if value is not None}


async def post(user: User, *, key: str | None = None, **changes: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await user.http.post(BACKTESTS, json=asked(**changes), headers=headers)


async def accepted(user: User, **changes: Any) -> dict[str, Any]:
    """Ask for a backtest, which is accepted; return the answer."""
    answer = await post(user, **changes)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def get(user: User, backtest_id: str) -> dict[str, Any]:
    answer = await user.http.get(f"{BACKTESTS}/{backtest_id}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def becomes(studio: World, user: User, backtest_id: str, status: str) -> dict[str, Any]:
    """Wait until a backtest has this status, without asking for it again and again (sixty times a minute is too often), and return it."""
    job_id = (await get(user, backtest_id))["task_id"]

    async def there() -> bool:
        return STATUSES[(await studio.gateway.platform.jobs.get(job_id, account_id=None, kind=None)).state] == status

    await until(there, what=f"{backtest_id} {status}")
    return await get(user, backtest_id)


async def heard(studio: World, job_id: str) -> None:
    async def here() -> bool:
        return job_id in studio.training.job_requests

    await until(here, what=f"the request of {job_id}")


async def progress(studio: World, job_id: str) -> None:
    """Tell that it runs."""
    await heard(studio, job_id)
    await studio.training.bus.publish(
        JobProgressed(
            **studio.training.of_job(job_id),
            attempt=1,
            started_at=STARTED,
            progress=33,
            stage="playing",
            step=1,
            total_steps=3,
            metrics={},
            logs=(),
            estimated_completion=STARTED,
        )
    )


async def play(studio: World, job_id: str, *, artifacts: Artifacts | None = None) -> None:
    """Play what was asked for, and tell that it has ended well; with `artifacts` its files are kept."""
    await heard(studio, job_id)
    spec = studio.training.job_requests[job_id].spec
    result = run(BacktestSpec.model_validate(spec), market=MARKET, report=lambda _: None, artifacts=artifacts)
    await studio.training.bus.publish(
        JobCompleted(
            **studio.training.of_job(job_id),
            spec=spec,
            started_at=STARTED,
            ended_at=STARTED,
            compute_hours=Decimal("0.005"),
            result=result.model_dump(mode="json"),
            logs=(),
        )
    )


async def fail(studio: World, job_id: str, *, message: str, ended_at: datetime = STARTED) -> JobFailed:
    """Tell that it has ended badly."""
    await heard(studio, job_id)
    end = JobFailed(
        **studio.training.of_job(job_id),
        started_at=STARTED,
        ended_at=ended_at,
        compute_hours=Decimal("0.001"),
        attempts=1,
        error=JobError(type="NoCandlesError", message=message),
        logs=(),
    )
    await studio.training.bus.publish(end)
    return end


async def played(studio: World, user: User, *, artifacts: Artifacts | None = None, **changes: Any) -> dict[str, Any]:
    """Ask for a backtest and return it as it has ended."""
    told = await accepted(user, **changes)
    await play(studio, told["task_id"], artifacts=artifacts)
    return await becomes(studio, user, told["backtest_id"], "COMPLETED")
