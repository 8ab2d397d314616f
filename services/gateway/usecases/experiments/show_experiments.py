"""Show experiments and tunings as they stand, their trials and files, and make a model of a trial."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from libs.chassis.stores.parts import Page, Part
from libs.contracts.tuning import TrialRow, TrialStatus
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.experiments.errors import NoTrialError, TrialNotFoundError
from services.gateway.domain.experiments.experiment import UNDER_WAY, Experiment, ExperimentFilter
from services.gateway.domain.experiments.ports import Experiments, TrialFiles
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.errors import PlotMissingError, TableMissingError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.work import Work
from services.gateway.usecases.models.create_model import CreateModel
from services.gateway.usecases.models.model_draft import ModelDraft

# After so long a job that an experiment was given to, and that nobody knows, will never come.
LOST_AFTER: Final = timedelta(minutes=1)
GONE: Final = "The trials are no longer in the artifact store."


@dataclass(frozen=True, slots=True)
class ShowExperiments:
    """What a running job has told last is read from its document, the rest from the experiment's own."""

    experiments: Experiments
    jobs: Jobs
    files: TrialFiles
    create: CreateModel
    clock: Clock

    async def get(self, experiment_id: str, *, account_id: str) -> Experiment:
        """Return an experiment as it stands. Raise ExperimentNotFoundError."""
        experiment, _ = await self._seen(await self.experiments.get(experiment_id, account_id=account_id))
        return experiment

    async def tuning(self, job_id: str, *, model_id: str, account_id: str) -> tuple[Experiment, Job | None]:
        """Return a model's tuning as it stands, and its job while there is one. Raise TuningNotFoundError."""
        return await self._seen(await self.experiments.tuning(job_id, model_id=model_id, account_id=account_id))

    async def find(self, wanted: ExperimentFilter, part: Part) -> Page[Experiment]:
        """Return a part of an account's experiments, the oldest first."""
        return await self.experiments.find(wanted, part)

    async def trials(self, experiment: Experiment) -> Sequence[TrialRow]:
        """Return all trials so far, by their numbers. Raise TableMissingError where their file is gone."""
        if experiment.trials is None:
            return ()
        table = await self.files.read(experiment.trials.sha256)
        if table is None:  # A newer file of a running search may have taken its place.
            newer, _ = await self._seen(experiment)
            table = await self.files.read(newer.trials.sha256) if newer.trials and newer.trials != experiment.trials else None
        if table is None:
            raise TableMissingError(GONE)
        return table.trials

    async def make_model(
        self, experiment_id: str, *, name: str | None, trial_id: str | None, caller: Caller, work: Work
    ) -> tuple[Model, TrialRow]:
        """Return a new model with the hyperparameters of a trial, of the best one where none is named, and that trial.

        Raise ExperimentNotFoundError, TrialNotFoundError, NoTrialError, and what CreateModel raises.
        """
        experiment = await self.get(experiment_id, account_id=caller.account_id)
        trial = await self._trial(experiment, trial_id)
        words = f"Trial {trial.number} of {experiment.name} ({experiment.id})."
        draft = ModelDraft(name=name or experiment.name, description=words, spec=experiment.model_spec(trial))
        return await self.create(draft, caller=caller, work=work), trial

    def drawn(self, experiment: Experiment, name: str) -> str:
        """Return the sha256 of a picture or the report. Raise PlotMissingError, which says what there is."""
        if experiment.result is None:
            why = f"There is no {name[:80]} yet: the experiment is {experiment.status}."
            raise PlotMissingError(why)
        files = experiment.result.files
        if name not in files:
            there = f" There are {', '.join(sorted(files))}." if files else ""
            why = f"The experiment has no {name[:80]}.{there}"
            raise PlotMissingError(why)
        return files[name].sha256

    async def _trial(self, experiment: Experiment, trial_id: str | None) -> TrialRow:
        if trial_id is None:
            if experiment.best_trial is None:
                message = "No trial has completed yet, so there is none to make a model of."
                raise NoTrialError(message)
            return experiment.best_trial
        rows = await self.trials(experiment)
        for row in rows:
            if row.trial_id == trial_id:
                if row.status is not TrialStatus.COMPLETED:
                    message = f"Trial '{trial_id[:80]}' is {row.status}: a model is made of a completed one."
                    raise NoTrialError(message)
                return row
        raise TrialNotFoundError(trial_id, known=[row.trial_id for row in rows])

    async def _seen(self, experiment: Experiment) -> tuple[Experiment, Job | None]:
        if experiment.job_id is None:
            return experiment, None
        try:
            job = await self.jobs.get(experiment.job_id, account_id=experiment.account_id, kind=None)
        except JobNotFoundError:
            if experiment.status in UNDER_WAY and self.clock() - experiment.updated_at > LOST_AFTER:
                # It was cut off between the two: nothing searches.
                await self.experiments.withdraw(experiment.job_id)
                experiment = await self.experiments.get(experiment.id, account_id=experiment.account_id)
            return experiment, None
        return experiment.seen(job.partial), job
