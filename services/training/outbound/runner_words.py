"""What service and runner say to each other, as plain data: either side may be of another release for a while."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.contracts.training import Artifact, JobError, LogLine, TrainingResult
from services.training.domain.runs import Assignment, Broken, Done, RunProgress, Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerPlace:
    """Where a runner finds what it needs: addresses and nothing secret beyond them."""

    artifacts_url: str
    market_lake: str | None
    synthetic_allowed: bool
    otel_endpoint: str | None
    backbones: str | None = None


def order_of(assignment: Assignment, *, place: RunnerPlace) -> dict[str, Any]:
    """Say what is to be done, and where its things lie."""
    return {
        "run_id": assignment.run_id,
        "job_id": assignment.job_id,
        "version": assignment.version,
        "model_name": assignment.model_name,
        "kind": assignment.kind.value,
        "runs": assignment.runs,
        "spec": json.dumps(assignment.spec),
        "traceparent": assignment.traceparent,
        "continues": assignment.continues,
        "artifacts_url": place.artifacts_url,
        "market_lake": place.market_lake,
        "synthetic_allowed": place.synthetic_allowed,
        "otel_endpoint": place.otel_endpoint,
        "backbones": place.backbones,
    }


def sighting_from(told: Mapping[str, Any]) -> Sighting:
    """Read what a runner told of its run."""
    return Sighting(
        revision=told["revision"],
        seconds=told["seconds"],
        clock_seconds=told.get("clock_seconds", told["seconds"]),  # Runners of before CPU time was counted tell one time for both.
        rss_bytes=told["rss_bytes"],
        has_gpu=told.get("has_gpu", False),  # Runners of before this was told had none.
        progress=RunProgress(**told["progress"]),
        lines=tuple(LogLine.model_validate(each) for each in told["lines"]),
        lines_seen=told["lines_seen"],
        checkpoints=told["checkpoints"],
        end=_end_from(told["end"]) if told["end"] else None,
    )


def _end_from(end: Mapping[str, Any]) -> Done | Broken:
    if "error" in end:
        return Broken(error=JobError.model_validate(end["error"]), final=end["final"])
    if "artifact" not in end:
        return Done(result=json.loads(end["result"]))
    return Done(result=TrainingResult.model_validate_json(end["result"]), artifact=Artifact.model_validate_json(end["artifact"]))
