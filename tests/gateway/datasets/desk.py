"""What stories about datasets do: send files, let their checks end, look at what has become of them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx

from libs.contracts.datasets import Column, Finding, FindingCode, ValidateResult, ValidateSpec
from libs.contracts.envelope import now
from libs.contracts.jobs import JobCancelled, JobCompleted, JobFailed
from libs.contracts.training import JobError, JobState
from tests.gateway.studio.world import User, World
from tests.waiting import until

DATASETS: Final = "/v1/ai/datasets"
BEGIN: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
CSV: Final = "time,open,high,low,close,volume,mood\n" + "".join(
    f"2026-01-05T{hour:02}:00:00Z,{hour},{hour + 2},{hour - 1},{hour + 1},{100 * hour},0.5\n" for hour in range(9, 17)
)
GAP: Final = Finding(code=FindingCode.GAP, severity="warning", count=2, first="2026-01-05T12:00:00Z", message="Two candles are missing.")
BROKEN: Final = Finding(code=FindingCode.HIGH_BELOW_LOW, severity="error", count=1, first="line 3", message="High is below low in line 3.")
ROLES: Final = ("time", "open", "high", "low", "close", "volume")


def columns() -> tuple[Column, ...]:
    plain = [Column(name=role, source=role, role=role, type="time" if role == "time" else "number") for role in ROLES]
    return (*plain, Column(name="mood", source="mood", role="feature", type="number"))


@dataclass
class Clerk:
    """Sends files as a user, and ends their checks as the training service would."""

    world: World
    user: User

    async def send(self, text: str | bytes = CSV, *, key: str | None = None, **fields: Any) -> httpx.Response:
        said = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
        headers = {"Idempotency-Key": key} if key else None
        file = {"file": ("candles.csv", text if isinstance(text, bytes) else text.encode(), "text/csv")}
        return await self.user.http.post(DATASETS, data=said, files=file, headers=headers)

    async def sent(self, text: str | bytes = CSV, **fields: Any) -> dict[str, Any]:
        answer = await self.send(text, **{"symbol": "ACME", "timeframe": "1h"} | fields)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    async def append(self, dataset_id: str, text: str = CSV, **fields: Any) -> httpx.Response:
        file = {"file": ("more.csv", text.encode(), "text/csv")}
        return await self.user.http.post(f"{DATASETS}/{dataset_id}/versions", data=fields, files=file)

    async def get(self, path: str = "", **query: Any) -> Any:
        answer = await self.user.http.get(f"{DATASETS}{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def spec(self, job_id: str) -> ValidateSpec:
        async def heard() -> bool:
            return job_id in self.world.training.job_requests

        await until(heard, what=f"the request of {job_id}")
        return ValidateSpec.model_validate(self.world.training.job_requests[job_id].spec)

    async def result(self, job_id: str, *, rows: int = 8, findings: tuple[Finding, ...] = (), content: bytes = b"") -> ValidateResult:
        """Return what a check of candles would, its files in the store."""
        spec, artifacts = await self.spec(job_id), self.world.training.artifacts
        refused = any(finding.severity == "error" for finding in findings)
        kept = None if refused or spec.dry_run else artifacts.put(content or f"rows of {spec.dataset_id} {spec.version}".encode())
        return ValidateResult(
            status="refused" if refused else "ready",
            artifact=kept,
            page=None if spec.dry_run else artifacts.put(f"<!doctype html><title>{spec.name}</title>".encode()),
            rows=rows,
            added=rows,
            columns=columns(),
            start=BEGIN,
            end=BEGIN + timedelta(hours=rows),
            timeframe=spec.timeframe or "1h",
            calendar=spec.calendar or "24/7",
            calendar_guessed=spec.calendar is None,
            preview=({"time": "2026-01-05T09:00:00Z", "open": 9.0, "mood.of $all": 0.5},),
            findings=findings,
        )

    async def completed(self, job_id: str, **said: Any) -> JobCompleted:
        """Return the event that tells that a check has ended."""
        result = await self.result(job_id, **said)
        spec = await self.spec(job_id)
        return JobCompleted(
            **self.world.training.of_job(job_id),
            spec=spec.model_dump(mode="json"),
            result=result.model_dump(mode="json"),
            logs=(),
            **self._work(job_id, JobState.SUCCEEDED),
        )

    async def complete(self, sent: dict[str, Any], **said: Any) -> Any:
        """End a check and return the dataset as it is then."""
        event = await self.completed(sent["job_id"], **said)
        await self.world.training.bus.publish(event)
        return await self.settled(sent)

    async def fail(self, sent: dict[str, Any], message: str) -> Any:
        await self.spec(sent["job_id"])
        error = JobError(type="InvalidError", message=message)
        about, work = self.world.training.of_job(sent["job_id"]), self._work(sent["job_id"], JobState.FAILED)
        await self.world.training.bus.publish(JobFailed(**about, **work, attempts=1, error=error, logs=()))
        return await self.settled(sent)

    async def cancel(self, sent: dict[str, Any]) -> Any:
        await self.spec(sent["job_id"])
        about, work = self.world.training.of_job(sent["job_id"]), self._work(sent["job_id"], JobState.CANCELLED)
        await self.world.training.bus.publish(JobCancelled(**about, **work, progress=0))
        return await self.settled(sent)

    async def settled(self, sent: dict[str, Any]) -> Any:
        """Wait until a dataset's check has ended, and return it."""
        found: dict[str, Any] = {}

        async def ended() -> bool:
            found.update(await self.get(f"/{sent['dataset_id']}"))
            return bool(found["status"] != "checking")

        await until(ended, what=f"the check {sent['job_id']}")
        return found

    async def settled_late(self, sent: dict[str, Any]) -> Any:
        """Wait until a dataset that is not there yet is, and its check has ended."""

        async def there() -> bool:
            return (await self.user.http.get(f"{DATASETS}/{sent['dataset_id']}")).status_code == 200

        await until(there, what=f"the dataset {sent['dataset_id']}")
        return await self.settled(sent)

    def _work(self, job_id: str, state: JobState) -> dict[str, Any]:
        hours = Decimal("0.001")
        self.world.training.ended[job_id] = (state, hours)
        return {"started_at": BEGIN, "ended_at": now(), "compute_hours": hours}

    async def is_waiting(self, sent: dict[str, Any]) -> bool:
        """Tell whether the file that was sent lies where files wait for their check."""
        spec = await self.spec(sent["job_id"])
        return self.world.training.artifacts.read_named(spec.upload.path) is not None

    async def upload_gone(self, sent: dict[str, Any]) -> None:
        """Wait until the file that was sent is removed, a moment after its check was seen to end."""

        async def gone() -> bool:
            return not await self.is_waiting(sent)

        await until(gone, what="the file that was sent to be removed")


def error_of(answer: httpx.Response) -> tuple[int, str, dict[str, list[str]]]:
    """Return status, message and details of a refusal."""
    error = answer.json()["error"]
    return answer.status_code, error["message"], error["details"]
