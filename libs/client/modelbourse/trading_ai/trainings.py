"""Trainings of networks, and putting what they have made into production."""

from typing import Final

from modelbourse.answers.trading_ai.trainings import Deployed, TrainingJob, TrainingJobs
from modelbourse.asking import ask_for, given, path_to
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps

TRAININGS: Final = "/api/training/jobs"


def list_trainings(
    gateway: Gateway,
    *,
    status: str | None = None,
    model_type: str | None = None,
    symbol: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Steps[TrainingJobs]:
    """Return a part of your trainings of networks in short, the newest first."""
    params = given(status=status, model_type=model_type, symbol=symbol, limit=limit, offset=offset)
    return ask_for(gateway, TrainingJobs, "GET", TRAININGS, params=params)


def get_training(gateway: Gateway, job_id: str) -> Steps[TrainingJob]:
    """Return a training, what it has measured and whether it is deployed; raise NotFoundError."""
    return ask_for(gateway, TrainingJob, "GET", path_to(f"{TRAININGS}/", job_id, then=""))


def deploy(
    gateway: Gateway,
    job_id: str,
    *,
    force: bool = False,
    activate: bool = True,
    notes: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[Deployed]:
    """Let what a training has made answer for its symbol and timeframe; for admins. What answered before is archived.

    One that is not done is refused, and one below an accuracy of 0.60 unless it is forced. Raise PermissionDeniedError for who is no admin.
    """
    body = {"force_deploy": force, "activate_immediately": activate} | given(notes=notes)
    path = path_to(f"{TRAININGS}/", job_id, "deploy", then="")
    return ask_for(gateway, Deployed, "POST", path, body=body, key=idempotency_key or new_key())
