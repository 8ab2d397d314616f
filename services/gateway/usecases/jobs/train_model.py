"""Make a model and train it, in one request."""

from contextlib import suppress
from dataclasses import dataclass, replace

from libs.chassis.errors import PlatformError
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.errors import ModelChangedError, ModelNotFoundError, NotADraftError
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import Admit, StartJob
from services.gateway.usecases.models.change_model import DeleteModel
from services.gateway.usecases.models.create_model import CreateModel
from services.gateway.usecases.models.model_draft import ModelDraft


@dataclass(frozen=True, slots=True)
class TrainModel:
    """The same work twice starts one training. A model whose training is refused is not kept."""

    jobs: Jobs
    create: CreateModel
    delete: DeleteModel
    start: StartJob

    async def __call__(self, draft: ModelDraft, order: Order, *, caller: Caller, work: Work, admit: Admit) -> Job:
        """Return the accepted training of a new model. Raise what CreateModel or StartJob raise."""
        if work.seed is not None:
            # The same request came before, and was cut off after it had made the job: that has its model.
            with suppress(JobNotFoundError):
                return await self.jobs.get(work.new_id("job"), account_id=caller.account_id)
        # Its id is its own each time: what a request has left that was refused, or cut off before there was a job, is no part of this one.
        model = await self.create(draft, caller=caller, work=Work())
        try:
            job = (await self.start(replace(order, model_id=model.id), caller=caller, work=work, admit=admit)).job
        except PlatformError:
            # If there is a job all the same, of which nobody could say so, it is cancelled as it finds no model.
            await self._forget(model.id, caller=caller)
            raise
        if job.model_id != model.id:
            # The same request, running twice at once, was faster: its job has a model of its own.
            await self._forget(model.id, caller=caller)
        return job

    async def _forget(self, model_id: str, *, caller: Caller) -> None:
        with suppress(PlatformError, ModelNotFoundError, NotADraftError, ModelChangedError):
            await self.delete(model_id, account_id=caller.account_id)
