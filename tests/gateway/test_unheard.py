"""A job that waits while no training service is heard says so, in every face that shows its stage."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from libs.chassis.errors import UnavailableError
from libs.chassis.liveness.samples import Sample
from libs.contracts.envelope import now
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState, Priority
from services.gateway.domain.jobs.job import Job
from services.gateway.outbound.jobs.unheard import SILENT, Unheard

WAITING = Job(
    id="job_1",
    kind=JobKind.TRAIN_TEXT,
    account_id="account_1",
    name="news",
    priority=Priority.NORMAL,
    created_at=now() - timedelta(minutes=1),
    reserved_hours=Decimal(1),
)


@dataclass(frozen=True, slots=True)
class Started:
    """When a process was started."""

    labels: dict[str, str]
    name: str = "process_start_time_seconds"
    value: float = 1.0


def heard(*services: str) -> Unheard:
    async def samples(*, names: Collection[str]) -> Sequence[Sample]:
        del names
        return [Started({"service": service, "instance": "1"}) for service in services]

    return Unheard(samples)


async def stage_of(unheard: Unheard, **changes: object) -> str:
    return (await unheard(replace(WAITING, **changes))).stage  # type: ignore[arg-type] # a test's changes


async def test_a_job_that_waits_for_a_service_that_is_not_heard_says_so() -> None:
    assert await stage_of(heard("gateway", "inference")) == SILENT
    assert await stage_of(heard("gateway", "training")) == ""
    assert await stage_of(heard()) == ""


async def test_one_that_came_just_now_is_told_nothing_of() -> None:
    assert not await stage_of(heard("gateway"), created_at=now())


@pytest.mark.parametrize("changes", [{"state": JobState.RUNNING}, {"stage": "training"}])
async def test_one_that_runs_is_told_nothing_of(changes: dict[str, object]) -> None:
    assert await stage_of(heard("gateway"), **changes) == changes.get("stage", "")


async def test_while_that_cannot_be_read_nothing_is_said() -> None:
    async def away(*, names: Collection[str]) -> Sequence[Sample]:
        message = f"Redis is away: {names}"
        raise UnavailableError(message)

    assert await stage_of(Unheard(away)) == ""
