"""A refresh of a live series that fails raises an alert, once, which ends when candles come again."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.contracts.datasets import Finding, FindingCode
from libs.contracts.envelope import now
from libs.contracts.jobs import JobCompleted, JobFailed
from libs.contracts.live import NOTHING_YET, PLATFORM, RefreshResult, RefreshSpec
from libs.contracts.training import JobError
from services.monitoring.settings import Settings
from tests.monitoring.fleet import Fleet, monitoring, settings
from tests.monitoring.test_alerts import told

__all__ = ["settings"]
AWAY = "binance is not reached, or fails (NetworkError); asked 6 times. The next refresh goes on from here."
BROKEN = Finding(code=FindingCode.HIGH_BELOW_LOW, severity="error", count=1, first="line 3", message="High is below low in line 3.")


def spec(version: int, series: str = "live_BTC-USDT_1h") -> dict[str, Any]:
    return RefreshSpec(
        dataset_id=series,
        version=version,
        name="BTC/USDT 1h from ccxt:binance",
        source="ccxt:binance",
        market="BTC/USDT",
        symbol="BTC-USDT",
        timeframe="1h",
        since=datetime(2026, 1, 5, tzinfo=UTC),
        every_s=3600,
        revise_bars=10,
        bars_most=50_000,
        rows_most=1_000_000,
    ).model_dump(mode="json")


def about(version: int) -> dict[str, Any]:
    return {
        "sequence": 3,
        "job_id": f"job_{version}",
        "kind": "refresh",
        "account_id": PLATFORM,
        "started_at": now(),
        "ended_at": now(),
        "compute_hours": Decimal("0.001"),
        "logs": (),
    }


def failed(version: int, **said: Any) -> JobFailed:
    error = JobError(type="SourceRefusedError", message=AWAY)
    return JobFailed(**about(version) | {"spec": spec(version), "attempts": 1, "error": error} | said)


def ended(version: int, *findings: Finding, **said: Any) -> JobCompleted:
    status = "refused" if findings else "ready"
    result = RefreshResult(
        status=status, rows=8, added=8, columns=(), start=None, end=None, preview=(), findings=findings, came=8, missing=0, caught_up=True
    )
    return JobCompleted(**about(version) | {"spec": spec(version), "result": result.model_dump(mode="json")} | said)


async def hear(fleet: Fleet, *events: JobFailed | JobCompleted) -> None:
    door = MemoryBus(fleet.broker, service="training", instance="training-1")
    for event in events:
        await door.publish(event)


async def test_a_failed_refresh_raises_an_alert_that_ends_when_candles_come_again(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await hear(fleet, ended(1), failed(2), failed(3))
        await told(fleet, "alert.raised")
        await hear(fleet, ended(4))

        raised, resolved = await told(fleet, "alert.raised", "alert.resolved")

    assert raised["alert_id"] == resolved["alert_id"]
    assert (raised["kind"], raised["severity"], raised["subject"], raised["account_id"]) == (
        "refresh_failed",
        "warning",
        "live_BTC-USDT_1h",
        None,
    )
    assert raised["message"] == f"BTC/USDT 1h from ccxt:binance was not refreshed: {AWAY}"
    assert resolved["message"] == "BTC/USDT 1h from ccxt:binance is refreshed again."


async def test_candles_that_the_check_refuses_are_an_alert_as_well(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await hear(fleet, ended(1, BROKEN))

        [raised] = await told(fleet, "alert.raised")

    assert raised["message"].endswith("was not refreshed: High is below low in line 3.")


async def test_what_comes_twice_or_late_changes_nothing_and_other_jobs_are_passed_over(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await hear(fleet, failed(2), failed(2))
        await told(fleet, "alert.raised")
        # The end of the one before comes late, that of another kind of job says nothing of a series.
        await hear(fleet, ended(1), ended(9, kind="backtest", spec={}), failed(9, kind="validate", spec={}))
        early = JobError(type=NOTHING_YET, message="No candle of 1h has closed since 2026-01-05T00:00+00:00.")
        await hear(fleet, failed(1, spec=spec(1, "live_NEW-USDT_1h"), error=early))
        await hear(fleet, failed(1, spec=spec(1, "live_ETH-USDT_1h")))

        alerts = await told(fleet, "alert.raised", "alert.raised")

    assert [alert["subject"] for alert in alerts] == ["live_BTC-USDT_1h", "live_ETH-USDT_1h"]


@pytest.mark.parametrize("version", [1, 2])
async def test_a_refresh_that_goes_well_raises_nothing(settings: Settings, version: int) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await hear(fleet, ended(version), failed(3))

        await told(fleet, "alert.raised")


async def test_a_series_of_which_no_refresh_ends_any_more_is_an_alert_until_one_does(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear_itself()
        await hear(fleet, ended(1), failed(1, spec=spec(1, "live_ETH-USDT_1h")))
        await told(fleet, "alert.raised")
        fleet.clock.passed += timedelta(hours=3, minutes=14)
        await fleet.hear_itself()
        await told(fleet, "alert.raised")
        fleet.clock.passed += timedelta(minutes=2)
        await fleet.hear_itself()

        _, overdue = await told(fleet, "alert.raised", "alert.raised")
        await hear(fleet, ended(2))
        *_, resolved = await told(fleet, "alert.raised", "alert.raised", "alert.resolved")

    assert (overdue["kind"], overdue["subject"]) == ("refresh_failed", "live_BTC-USDT_1h")
    assert "BTC/USDT 1h from ccxt:binance was not refreshed: no refresh has ended since" in overdue["message"]
    assert resolved["alert_id"] == overdue["alert_id"]
