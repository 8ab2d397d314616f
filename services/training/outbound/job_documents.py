"""A job as MongoDB keeps it, and back."""

import json
from collections.abc import Mapping
from typing import Any

from libs.chassis.stores.mongo import from_decimal128, to_decimal128
from libs.chassis.stores.versioned import fields_of
from libs.contracts.job_kinds import JobKind
from libs.contracts.snapshots import JobMeasured
from libs.contracts.training import JobError, JobState, Priority
from services.training.domain.job import Job
from services.training.domain.runs import Run, RunProgress

PLAIN = (
    "model_id",
    "account_id",
    "tier",
    "name",
    "model_version",
    "traceparent",
    "correlation_id",
    "requested_at",
    "not_before",
    "sequence",
    "starts",
    "failures",
    "deaths",
    "started_at",
    "ended_at",
    "seconds_before",
    "seconds_now",
    "cancel_requested",
)
NEWER = ("clock_before", "clock_now", "clock_hours", "continues", "seconds_continued", "checkpoint_until", "parent")


def to_document(job: Job) -> dict[str, Any]:
    """Return a job's fields but for its id, version, lease, log and events, which have writes of their own."""
    return {name: getattr(job, name) for name in (*PLAIN, *NEWER)} | {
        "model_name": job.model_name,
        "priority": job.priority.value,
        "state": job.state.value,
        # As text: users name hyperparameters, and MongoDB has its own ideas about dots, dollars and large integers.
        "spec": json.dumps(job.spec),
        "kind": job.kind.value,
        "resource": job.resource,
        "reserved_hours": to_decimal128(job.reserved_hours),
        "run": _run_document(job.run) if job.run else None,
        "progress": {
            "stage": job.progress.stage,
            "step": job.progress.step,
            "total_steps": job.progress.total_steps,
            "metrics": dict(job.progress.metrics),
            "partial": job.progress.partial and json.dumps(job.progress.partial),
        },
        "error": job.error.model_dump() if job.error else None,
        "measured": job.measured.model_dump_json() if job.measured else None,
        # As text, for the same reason.
        "result": None if job.result is None else json.dumps(job.result),
    }


def _run_document(run: Run) -> dict[str, Any]:
    return {"id": run.id, "runner": run.runner, "owner": run.owner, "lines_seen": run.lines_seen, "checkpoints": run.checkpoints}


def _progress_from(told: Mapping[str, Any]) -> RunProgress:
    partial = told.get("partial")  # Documents of before it was kept have none.
    return RunProgress(**fields_of(RunProgress, told) | {"partial": json.loads(partial) if partial else None})


def from_document(document: Mapping[str, Any]) -> Job:
    """Return the job that a document keeps."""
    return Job(
        id=document["_id"],
        version=document["version"],
        priority=Priority(document["priority"]),
        state=JobState(document["state"]),
        kind=JobKind(document.get("kind", JobKind.TRAIN)),  # Jobs of before there were kinds are trainings.
        spec=json.loads(document["spec"]),
        resource=document.get("resource", "cpu"),  # Documents of before this was kept have none.
        reserved_hours=from_decimal128(document["reserved_hours"]),
        run=Run(**fields_of(Run, document["run"])) if document["run"] else None,
        progress=_progress_from(document["progress"]),
        error=JobError.model_validate(document["error"]) if document["error"] else None,
        # A job that ended before this was kept has none.
        measured=JobMeasured.model_validate_json(document["measured"]) if document.get("measured") else None,
        result=json.loads(document["result"]) if document.get("result") else None,
        # A job that was accepted before requests told the model's name.
        model_name=document.get("model_name", document["model_id"]),
        **{name: document[name] for name in PLAIN},
        # Documents of before these were kept have none.
        **{name: document[name] for name in NEWER if name in document},
    )
