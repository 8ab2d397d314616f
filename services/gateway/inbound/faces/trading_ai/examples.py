"""The backtest that the OpenAPI document shows: asked for, running, and ended."""

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
    name="backtest",
    priority=Priority.NORMAL,
    spec=SPEC,
    created_at=BEGIN,
    reserved_hours=Decimal("0.02"),
    slot=0,
    slug="backtest_rsi_AAPL_20260105",
)
STARTED: Final = BEGIN + timedelta(seconds=1)
RUNNING: Final = replace(QUEUED, state=JobState.RUNNING, progress=33, stage="playing", started_at=STARTED)
ENDED: Final = replace(RUNNING, slot=None, progress=100, ended_at=STARTED + timedelta(seconds=2))
COMPLETED: Final = replace(ENDED, state=JobState.SUCCEEDED, result=RESULT)
