"""What experiments need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.tuning import TrialTable, TuneSpec
from services.gateway.domain.experiments.experiment import End, Experiment, ExperimentFilter


class Experiments(Protocol):
    """The experiments of all accounts, tunings of models among them. Every method may raise UnavailableError."""

    async def add(self, experiment: Experiment, *, most: int) -> Experiment:
        """Keep a new one and return it; one that is known already stays, and is returned, as it is. Raise TooManyExperimentsError.

        Tunings that were cut off before they began make room.
        """

    async def get(self, experiment_id: str, *, account_id: str) -> Experiment:
        """Return an account's experiment; raise ExperimentNotFoundError, also for a model's tuning."""

    async def tuning(self, job_id: str, *, model_id: str, account_id: str) -> Experiment:
        """Return the tuning of a model that a job does; raise TuningNotFoundError."""

    async def find(self, wanted: ExperimentFilter, part: Part) -> Page[Experiment]:
        """Return a part of an account's experiments, the oldest first."""

    async def begin(self, experiment_id: str, *, account_id: str, job_id: str, spec: TuneSpec, at: datetime) -> None:
        """Give a search to a job; the same job twice changes nothing. Raise ExperimentStateError for one that another job has."""

    async def withdraw(self, job_id: str) -> None:
        """Undo `begin` for a job that was refused after all; the second time there is nothing to undo.

        A tuning that has never begun is removed: nobody could ask for it, as it is known by its job.
        """

    async def stopping(self, experiment_id: str, *, at: datetime) -> None:
        """Note that a running one is to be stopped."""

    async def end(self, job_id: str, end: End) -> None:
        """Note how a job has ended; one that has ended stays as it is."""

    async def remove(self, experiment_id: str, *, account_id: str, model_id: str | None = None) -> None:
        """Remove one that does not run, of this model where it is a tuning. Raise ExperimentStateError or ExperimentNotFoundError."""

    async def of_model(self, model_id: str, *, account_id: str) -> Sequence[str]:
        """Return the ids of the jobs that search, or searched last, for a model's tunings."""

    async def remove_of_model(self, model_id: str, *, account_id: str) -> None:
        """Remove all tunings of a model, whatever state they are in."""

    async def forget(self, account_id: str) -> None:
        """Remove what is kept of an account."""


class TrialFiles(Protocol):
    """Files of trials."""

    async def read(self, sha256: str) -> TrialTable | None:
        """Return what a file has; None when it is gone. Raise UnavailableError or ArtifactDamagedError."""
