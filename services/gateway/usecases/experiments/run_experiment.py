"""Start an experiment, stop it, go on with it."""

from dataclasses import dataclass
from typing import Final

from libs.contracts.job_kinds import JobKind
from libs.contracts.tuning import TuneSpec
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.experiments.errors import ExperimentStateError
from services.gateway.domain.experiments.experiment import Experiment
from services.gateway.domain.experiments.ports import Experiments
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job, wish_of
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import StartJob

NOUN: Final = "tuning"


@dataclass(frozen=True, slots=True)
class RunExperiment:
    """Each time a job searches; the same work twice starts one."""

    experiments: Experiments
    jobs: Jobs
    start_job: StartJob
    clock: Clock

    async def start(self, experiment_id: str, *, caller: Caller, work: Work) -> Experiment:
        """Return the experiment, which runs. Raise ExperimentNotFoundError, ExperimentStateError and what StartJob raises."""
        experiment = await self.experiments.get(experiment_id, account_id=caller.account_id)
        if not _has_claimed(work, experiment):
            experiment.check_startable()
        return await self._go_on(experiment, experiment.spec, caller=caller, work=work)

    async def resume(self, experiment_id: str, *, max_trials: int | None, caller: Caller, work: Work) -> Experiment:
        """Return the experiment, which goes on until there are so many trials in all; those that have ended are kept.

        Without `max_trials` it tries no more, and measures the best trial that there is. Raise as `start` does, and as `resumed`.
        """
        experiment = await self.experiments.get(experiment_id, account_id=caller.account_id)
        spec = experiment.spec if _has_claimed(work, experiment) else experiment.resumed(max_trials=max_trials)
        return await self._go_on(experiment, spec, caller=caller, work=work)

    async def begin(self, experiment: Experiment, spec: TuneSpec, *, caller: Caller, work: Work) -> Job:
        """Return the job that searches. Raise ExperimentStateError where another has it, and what StartJob raises."""
        order = Order(kind=JobKind.TUNE, spec=spec, name=experiment.name, model_id=experiment.model_id)
        return (await self.start_job(order, caller=caller, work=work)).job

    async def stop(self, experiment_id: str, *, account_id: str) -> Experiment:
        """Return the experiment, which is stopping: its trials end in a moment, those that have ended are kept.

        Raise ExperimentNotFoundError or ExperimentStateError.
        """
        await self._stop(await self.experiments.get(experiment_id, account_id=account_id))
        return await self.experiments.get(experiment_id, account_id=account_id)

    async def stop_tuning(self, job_id: str, *, model_id: str, account_id: str) -> None:
        """Stop a model's tuning likewise. Raise TuningNotFoundError or ExperimentStateError."""
        await self._stop(await self.experiments.tuning(job_id, model_id=model_id, account_id=account_id))

    async def _stop(self, experiment: Experiment) -> None:
        experiment.check_stoppable()
        assert experiment.job_id is not None
        try:
            job = await self.jobs.get(experiment.job_id, account_id=experiment.account_id, kind=JobKind.TUNE)
        except JobNotFoundError as error:
            message = "The experiment is being started just now: stop it in a moment."
            raise ExperimentStateError(message, state=experiment.status) from error
        at = self.clock()
        await self.experiments.stopping(experiment.id, at=at)
        await self.jobs.request_cancel(job.id, wish_of(job), at=at)

    async def _go_on(self, experiment: Experiment, spec: TuneSpec, *, caller: Caller, work: Work) -> Experiment:
        """Return the experiment once its job is there: the same request may have come before, and been cut off anywhere."""
        if not await self._has_begun(experiment, caller, work):
            await self.begin(experiment, spec, caller=caller, work=work)
        return await self.experiments.get(experiment.id, account_id=caller.account_id)

    async def _has_begun(self, experiment: Experiment, caller: Caller, work: Work) -> bool:
        if experiment.job_id is None or not _has_claimed(work, experiment):
            return False
        try:
            await self.jobs.get(experiment.job_id, account_id=caller.account_id, kind=JobKind.TUNE)
        except JobNotFoundError:
            return False
        return True


def _has_claimed(work: Work, experiment: Experiment) -> bool:
    """Tell whether the experiment was given to the job of this request, which then came before: its spec is that job's."""
    return work.seed is not None and experiment.job_id == work.new_id("job")
