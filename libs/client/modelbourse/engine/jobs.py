"""AI Engine's jobs: yours of every kind, listed, shown with what each belongs to, cancelled."""

from typing import Final

from modelbourse.answers.engine.jobs import OwnJobDetails, OwnJobs
from modelbourse.asking import ask_for, given, path_to
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps

JOBS: Final = "/v1/ai/jobs"


def list_own_jobs(
    gateway: Gateway,
    *,
    kind: str | None = None,
    state: str | None = None,
    model_id: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> Steps[OwnJobs]:
    """Return a part of your jobs of every kind, the newest first."""
    params = given(kind=kind, state=state, model_id=model_id, limit=limit, offset=offset)
    return ask_for(gateway, OwnJobs, "GET", JOBS, params=params)


def get_own_job(gateway: Gateway, job_id: str) -> Steps[OwnJobDetails]:
    """Return a job as it stands, with its log; raise NotFoundError."""
    return ask_for(gateway, OwnJobDetails, "GET", path_to(f"{JOBS}/", job_id, then=""))


def cancel_own_job(gateway: Gateway, job_id: str) -> Steps[OwnJobDetails]:
    """End a job; the hours that it has not used come back. Raise NotFoundError, or ConflictError for one that has ended."""
    return ask_for(gateway, OwnJobDetails, "POST", path_to(f"{JOBS}/", job_id, then="/cancel"), key=new_key())
