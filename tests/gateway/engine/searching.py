"""What stories of experiments do: make one, run it as the cluster would, look."""

import gzip
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import httpx

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.jobs import JobCancelled, JobCompleted, JobFailed, JobProgressed
from libs.contracts.training import Artifact, JobError
from libs.contracts.tuning import Robustness, TrialRow, TrialStatus, TrialTable, TuneProgress, TuneResult, TuneSpec
from tests.gateway.engine.desk import DATASET
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.world import User, World
from tests.waiting import until

EXPERIMENTS: Final = "/v1/ai/experiments"
SPACE: Final[dict[str, Any]] = {
    "hidden_size": {"type": "int", "min": 32, "max": 128, "step": 32},
    "num_heads": {"type": "int", "min": 1, "max": 4, "step": 1},
    "dropout_rate": {"type": "float", "min": 0.0, "max": 0.5, "step": 0.1},
    "learning_rate": {"type": "float", "min": 0.0001, "max": 0.01, "log": True},
}


def search(**changes: Any) -> dict[str, Any]:
    """Return a good search; `changes` replace parts of it."""
    return {
        "dataset_id": DATASET,
        "hyperparameter_space": SPACE,
        "optimization_metric": "val_loss",
        "optimization_direction": "minimize",
        "max_trials": 4,
        "parallel_trials": 2,
    } | changes


def experiment(**changes: Any) -> dict[str, Any]:
    """Return a good request for an experiment."""
    about = {
        "name": "TFT-Hyperparameter-Tuning",
        "description": "Hyperparameter tuning for Temporal Fusion Transformer",
        "model_type": "temporal_fusion_transformer",
        "features": ["price_open", "price_high", "price_low", "price_close", "volume"],
        "target": "price_close_next_day",
    }
    return search() | about | changes


def row(number: int, *, status: TrialStatus = TrialStatus.COMPLETED, loss: float | None = None, **more: Any) -> TrialRow:
    """Return a trial by the learner's own names."""
    ended = None if status is TrialStatus.RUNNING else STARTED + timedelta(minutes=number + 1)
    return TrialRow(
        trial_id=f"trial_{number}",
        number=number,
        status=status,
        created_at=STARTED + timedelta(minutes=number),
        completed_at=ended,
        hyperparameters={"hidden_size": 32 + 32 * number, "attention_head_size": 2, "dropout": 0.1, "learning_rate": 0.001},
        metrics={} if loss is None else {"val_loss": loss, "val_accuracy": 1 - loss},
        **more,
    )


class Searcher:
    """Somebody with experiments, and the cluster that searches for them."""

    def __init__(self, world: World, user: User) -> None:
        self.world, self.user = world, user

    async def call(self, method: str, path: str = "", body: Any = None, *, key: str | None = None, **query: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else None
        at = path if path.startswith("/v1") else f"{EXPERIMENTS}{path}"
        return await self.user.http.request(method, at, json=body, headers=headers, params=query)

    async def get(self, path: str = "", **query: Any) -> Any:
        answer = await self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, method: str, path: str = "", body: Any = None, *, status: int = 422) -> Any:
        answer = await self.call(method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json()["error"]["details"]

    async def made(self, **changes: Any) -> str:
        answer = await self.call("POST", body=experiment(**changes))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def started(self, experiment_id: str) -> str:
        """Start one and return its job, once the cluster has heard of it."""
        answer = await self.call("POST", f"/{experiment_id}/start")
        assert answer.status_code == 200, answer.text
        await self.spec(answer.json()["job_id"])
        return str(answer.json()["job_id"])

    async def spec(self, job_id: str) -> TuneSpec:
        """Return what the cluster was asked."""

        async def heard() -> bool:
            return job_id in self.world.training.job_requests

        await until(heard, what=f"the request of {job_id}")
        return TuneSpec.model_validate(self.world.training.job_requests[job_id].spec)

    def kept(self, *rows: TrialRow) -> Artifact:
        """Put a file of trials into the store."""
        data = gzip.compress(TrialTable(trials=rows).model_dump_json().encode(), mtime=0)
        return self._artifacts().put(data)

    def drawn(self, data: bytes) -> Artifact:
        """Put a picture into the store."""
        return self._artifacts().put(data)

    async def progress(self, job_id: str, *rows: TrialRow) -> None:
        """Tell how far a search has come."""
        ended = [each for each in rows if each.status is not TrialStatus.RUNNING]
        told = TuneProgress(completed_trials=len(ended), total_trials=4, best_trial=best(rows), trials=self.kept(*rows))
        about = {"attempt": 1, "started_at": STARTED, "progress": 50, "stage": "searching", "step": len(ended), "total_steps": 4}
        await self.world.training.bus.publish(
            JobProgressed(
                **self.world.training.of_job(job_id),
                **about,
                metrics={},
                logs=(),
                estimated_completion=None,
                partial=told.model_dump(mode="json"),
            )
        )

    async def complete(self, job_id: str, *rows: TrialRow, **more: Any) -> None:
        """End a search well."""
        result = TuneResult(
            best_trial=best(rows),
            trials=self.kept(*rows),
            completed_trials=len(rows),
            total_trials=4,
            parameter_importance={"learning_rate": 0.6, "attention_head_size": 0.4},
            importance_method="ped_anova",
            holdout_metrics={"val_loss": 0.07},
            trials_counted=len(rows),
            deflated_sharpe=0.61,
            pbo=0.34,
            robustness=Robustness(score=0.8, verdict="plateau"),
            files={"history.png": self.drawn(b"a picture")},
            reasons={"seeds_noise": "One seed was asked for."},
            **more,
        )
        work = {"started_at": STARTED, "ended_at": STARTED + timedelta(minutes=9), "compute_hours": Decimal("0.01"), "logs": ()}
        about = self.world.training.of_job(job_id)
        await self.world.training.bus.publish(JobCompleted(**about, **work, spec={}, result=result.model_dump(mode="json")))

    async def fail(self, job_id: str) -> None:
        """End a search badly."""
        error = JobError(type="ValueError", message="no trial could be trained")
        work = {"started_at": STARTED, "ended_at": STARTED, "compute_hours": Decimal("0.01"), "logs": (), "attempts": 1}
        await self.world.training.bus.publish(JobFailed(**self.world.training.of_job(job_id), **work, error=error))

    async def cancel(self, job_id: str) -> None:
        """End a search as its owner wanted."""
        work = {"started_at": STARTED, "ended_at": STARTED, "compute_hours": Decimal("0.01"), "progress": 50}
        await self.world.training.bus.publish(JobCancelled(**self.world.training.of_job(job_id), **work))

    async def is_in(self, status: str, path: str) -> Any:
        """Wait until what is at a path has this status, and return it."""
        found: list[Any] = []

        async def there() -> bool:
            found[:] = [await self.get(path)]
            return bool(found[0]["status"] == status)

        await until(there, what=f"{path} {status}")
        return found[0]

    async def has_trials(self, count: int, path: str) -> Any:
        """Wait until so many trials have ended, and return what is at the path."""
        found: list[Any] = []

        async def there() -> bool:
            found[:] = [await self.get(path)]
            return bool(found[0]["progress"]["completed_trials"] == count)

        await until(there, what=f"{count} trials of {path}")
        return found[0]

    def _artifacts(self) -> Artifacts:
        return Artifacts(self.world.settings.artifacts_url)


def best(rows: tuple[TrialRow, ...]) -> TrialRow | None:
    """Return the trial with the lowest loss."""
    done = [each for each in rows if each.status is TrialStatus.COMPLETED]
    return min(done, key=lambda each: each.metrics["val_loss"] or 0.0, default=None)


FOREST = {
    "model_type": "random_forest",
    "target": "signal_type",
    "hyperparameter_space": {"max_depth": {"type": "int", "min": 2, "max": 8}},
}
NO_METRIC = {"optimization_metric": None, "optimization_direction": None}
AT = "2025-06-06T10:30:00Z"
FOUND = {"trial_id": "t", "hyperparameters": {"hidden_size": 128, "num_heads": 4}, "metrics": {"val_loss": 0.05, "val_accuracy": 0.92}}
CREATED = experiment() | {"id": "exp_123456", "status": "created", "created_at": AT, "updated_at": AT}
SHOWN = CREATED | {"started_at": AT, "progress": {"completed_trials": 5, "total_trials": 20, "best_trial": FOUND}}
TRIAL = FOUND | {"experiment_id": "exp_123456", "status": "completed", "created_at": AT, "completed_at": AT}
ROWS = (row(0, loss=0.07), row(1, loss=0.05), row(2, status=TrialStatus.PRUNED, reason="worse than the median"), row(3, loss=0.06))
