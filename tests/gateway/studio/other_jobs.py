"""Jobs of other kinds than trainings, as stories start and end them."""

from decimal import Decimal
from typing import Any

from libs.contracts.backtests import BacktestSpec
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobCompleted, JobRequested
from libs.contracts.snapshots import OtherJobSnapshot
from libs.contracts.training import JobState
from services.gateway.domain.accounts.account import Role, Tier
from services.gateway.domain.accounts.caller import Caller, scopes_of
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.effects import Order
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.world import User, World
from tests.waiting import until

RESULT = {"metrics": {"total_return": 0.08}}


def caller_of(user: User, tier: Tier = Tier.ELITE) -> Caller:
    return Caller(user.account_id, "ada", Role.USER, tier, scopes_of(Role.USER), credential="session")


async def start(
    studio: World,
    user: User,
    *,
    tier: Tier = Tier.ELITE,
    work: Work | None = None,
    slug: str | None = None,
    parent: str | None = None,
    **spec: Any,
) -> Job:
    order = Order(kind=JobKind.BACKTEST, spec=BacktestSpec.model_validate({"symbol": "AAPL"} | spec), slug=slug, parent=parent)
    return (await studio.gateway.platform.job_parts.start(order, caller=caller_of(user, tier), work=work or Work())).job


async def job_of(studio: World, job_id: str, user: User, **fields: object) -> Job:
    """Wait until a job has these fields and return it, as the last gateway shows it."""
    found: list[Job] = []

    async def there() -> bool:
        found[:] = [await studio.gateways[-1].platform.job_parts.jobs.get(job_id, account_id=user.account_id, kind=None)]
        return all(getattr(found[0], name) == value for name, value in fields.items())

    await until(there, what=f"{job_id} {fields}")
    return found[0]


async def heard(studio: World, job_id: str) -> JobRequested:
    async def here() -> bool:
        return job_id in studio.training.job_requests

    await until(here, what=f"the request of {job_id}")
    return studio.training.job_requests[job_id]


async def complete(studio: World, job_id: str, *, hours: str = "0.005") -> JobCompleted:
    await heard(studio, job_id)
    end = JobCompleted(
        **studio.training.of_job(job_id),
        spec={},
        started_at=STARTED,
        ended_at=STARTED,
        compute_hours=Decimal(hours),
        result=RESULT,
        logs=(),
    )
    await studio.training.bus.publish(end)
    return end


def snapshot_of(request: JobRequested, end: JobCompleted) -> OtherJobSnapshot:
    """Return a job as training has it after its end."""
    return OtherJobSnapshot(
        **request.model_dump(
            include={"job_id", "kind", "account_id", "model_id", "job_name", "priority", "spec", "reserved_hours", "parent"}
        ),
        **end.model_dump(include={"sequence", "started_at", "ended_at", "compute_hours", "result"}),
        requested_at=request.occurred_at,
        state=JobState.SUCCEEDED,
        attempt=1,
        progress=100,
        stage="measuring",
        step=0,
        total_steps=0,
        metrics={},
        error=None,
        logs=(),
    )
