"""The backtest that the OpenAPI document shows: asked for, completed, and cancelled."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from libs.contracts.example_jobs import RESULT, SPEC
from libs.contracts.example_story import ACCOUNT, BEGIN
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState, Priority
from services.gateway.domain.jobs.job import Job

QUEUED: Final = Job(
    id="job_01ke6y2m7bek4r8t2v6z9d3hsj",
    kind=JobKind.BACKTEST,
    account_id=ACCOUNT,
    name="backtest_rsi_AAPL_20260105",
    priority=Priority.NORMAL,
    spec=SPEC,
    created_at=BEGIN,
    reserved_hours=Decimal("0.02"),
    slot=0,
    slug="backtest_rsi_AAPL_20260105",
)
STARTED: Final = BEGIN + timedelta(seconds=1)
ENDED: Final = STARTED + timedelta(seconds=2)
COMPLETED: Final = replace(QUEUED, state=JobState.SUCCEEDED, slot=None, progress=100, started_at=STARTED, ended_at=ENDED, result=RESULT)
CANCELLED: Final = replace(QUEUED, state=JobState.CANCELLED, slot=None, ended_at=STARTED)
