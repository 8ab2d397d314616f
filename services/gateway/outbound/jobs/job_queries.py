"""Which documents of the collection of jobs a list shows."""

from typing import Any, Final

from libs.contracts.training import JobState
from services.gateway.domain.jobs.lists import JobFilter

# Runs that an outside worker has made its own.
REPORTED: Final[dict[str, Any]] = {"reported.takes_over": True}
MEASURED: Final = JobState.SUCCEEDED.value
# A list shows neither what a job has said nor what is long of its answer, nor what is long of a report on it.
SAID: Final = {"reported.logs_text": 0, "reported.artifacts": 0}
LONG: Final = {"asked": 0, "logs": 0, "logged": 0, "pending_events": 0, "trials": 0, **SAID} | {
    f"result.{name}": 0
    for name in (
        "trades",
        "equity_curve",
        "preview",
        "sweep",
        "walk_forward",
        "monthly_returns",
        "drawdown_periods",
        "files",
        "report.checks",
        "report.measures",
        "tables",
        "curves",
        "folds",
    )
}
# Who watches jobs looks at neither.
UNWATCHED: Final = {"asked": 0, "result": 0, "logs": 0, "logged": 0, "pending_events": 0, "trials": 0, "reported.metrics": 0, **SAID}


def query_of(account_id: str, wanted: JobFilter) -> dict[str, Any]:
    """Return the query of an account's jobs: by state, or, where an outside worker has told it of a run, by what it has told."""
    states = [state.value for state in wanted.states]
    query: dict[str, Any] = {"account_id": account_id, "kind": wanted.kind.value}
    query |= {"model_id": wanted.model_id} if wanted.model_id else {}
    query |= {f"spec.{path}": value for path, value in wanted.spec.items()}
    if not states:
        return query
    in_state = {"state": {"$in": states} if len(states) > 1 else states[0]}
    if not wanted.reported:
        return query | in_state
    # What was measured stays measured, whatever was said of it.
    worker = REPORTED | {"reported.status": {"$in": list(wanted.reported)}, "state": {"$ne": MEASURED}}
    own = in_state if states == [MEASURED] else in_state | {"reported.takes_over": {"$ne": True}}
    return query | {"$or": [own, worker]}
