"""Models that are watched, as stories look at them: what a snapshot finds, and how its job begins and ends."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from libs.contracts.envelope import now
from libs.contracts.jobs import JobCompleted, JobRequested
from libs.contracts.model_monitoring import DomainClassifier, FeatureDrift, Freshness, Interval, Performance, SnapshotResult, SnapshotRows
from tests.gateway.studio.world import User, World
from tests.waiting import until

ML: Final = "/api/ml-development"
BEGAN: Final = now() - timedelta(hours=1)
DRIFTED: Final = "model.drifted"
RECOVERED: Final = "model.recovered"


def feature(name: str, psi: float, *, importance: float) -> FeatureDrift:
    """Return how far a feature is from the reference; from 0.25 on it drifts."""
    return FeatureDrift(
        name=name, type="numeric", psi=psi, ks=0.1, threshold=0.25, drifted=psi >= 0.25, importance=importance, harm=psi * importance
    )


def found(*, rsi: float = 0.02, macd: float = 0.03, accuracy: float = 0.41, page: Any = None, **more: Any) -> SnapshotResult:
    """Return what a snapshot has found, most of it as it should be."""
    features = sorted(
        (feature("rsi_14", rsi, importance=0.6), feature("macd_signal", macd, importance=0.4)), key=lambda each: -(each.harm or 0)
    )
    told = {
        "performance": Performance(
            estimated={"accuracy": Interval(value=accuracy, lower=accuracy - 0.02, upper=accuracy + 0.02)},
            reference={"accuracy": 0.41},
            method="CBPE",
            degraded=("accuracy",) if accuracy < 0.35 else (),
        ),
        "features": tuple(features),
        "domain": DomainClassifier(auc=0.52, lower=0.48, upper=0.56),
        "freshness": Freshness(last_update=BEGAN, age_seconds=60.0, allowed_seconds=3600.0),
        "rows": SnapshotRows(reference=800, current=400, features=2),
        "enough": True,
        "reasons": {"performance.measured": "There are no labels yet."},
        "files": {} if page is None else {"report.html": page},
    }
    return SnapshotResult.model_validate(told | more)


async def ask(user: User, model_id: str, body: Any = None, *, status: int = 202, key: str | None = None) -> Any:
    """Ask for a snapshot; return the answer."""
    headers = {"Idempotency-Key": key} if key else None
    answer = await user.http.post(f"{ML}/models/{model_id}/monitoring", json={} if body is None else body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


async def heard(studio: World, job_id: str) -> JobRequested:
    """Wait for the request of a job."""

    async def here() -> bool:
        return job_id in studio.training.job_requests

    await until(here, what=f"the request of {job_id}")
    return studio.training.job_requests[job_id]


async def complete(studio: World, job_id: str, result: SnapshotResult, *, at: datetime) -> JobCompleted:
    """Let a snapshot's job end with what it has found."""
    request = await heard(studio, job_id)
    event = JobCompleted(
        **studio.training.of_job(job_id),
        spec=request.spec,
        started_at=at - timedelta(minutes=1),
        ended_at=at,
        compute_hours=Decimal("0.01"),
        result=result.model_dump(mode="json"),
        logs=(),
    )
    await studio.training.again(event)
    return event


async def snapshot(user: User, model_id: str, snapshot_id: str, *, status: str = "done") -> Any:
    """Wait until a snapshot is so far, and return it."""
    shown: dict[str, Any] = {}

    async def there() -> bool:
        answer = await user.http.get(f"{ML}/models/{model_id}/monitoring/{snapshot_id}")
        shown.update(answer.json())
        return answer.status_code == 200 and shown["status"] == status

    await until(there, what=f"{snapshot_id} {status}")
    return shown


async def taken(studio: World, user: User, model_id: str, result: SnapshotResult, *, at: datetime) -> Any:
    """Return a snapshot that was asked for and has found this."""
    asked = await ask(user, model_id)
    await complete(studio, asked["job_id"], result, at=at)
    return await snapshot(user, model_id, asked["id"])


async def get(user: User, path: str, *, status: int = 200) -> Any:
    """Return what is at a path of the face."""
    answer = await user.http.get(f"{ML}{path}")
    assert answer.status_code == status, answer.text
    return answer.json()


async def watched(user: User, model_id: str, **said: object) -> Any:
    """Wait until this is said of how a model is watched, and return all of it."""
    shown: dict[str, Any] = {}

    async def there() -> bool:
        shown.update(await get(user, f"/models/{model_id}/monitoring/rules"))
        return all(shown[name] == value for name, value in said.items())

    await until(there, what=f"{model_id} {said}")
    return shown
