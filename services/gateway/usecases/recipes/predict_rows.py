"""Ask a recipe's model about rows: a job answers, which is waited for a little."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from libs.chassis.errors import InvalidError
from libs.chassis.stores.parts import Page, Part
from libs.contracts.envelope import JsonObject
from libs.contracts.job_kinds import JobKind
from libs.contracts.recipe_predictions import PredictRecipeSpec
from libs.contracts.recipe_runs import RECIPE
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.files.ports import FileBytes
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.recipe_runs import RunModelError, run_id_of
from services.gateway.domain.models.ports import Models
from services.gateway.domain.predictions.recipe_rows import PredictionNotFoundError, check_sent, job_id_of
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.jobs.wait_for_job import WaitForJob
from services.gateway.usecases.recipes.find_rows import FindRows

KIND: Final = JobKind.PREDICT_RECIPE
REFUSED: Final = frozenset({"InvalidError", "TrainingRefusedError", "NotEnoughDataError"})
"""Of a job that has failed: what its request, or its rows, would have to be otherwise."""
NO_FILES: Final = "Version {version} of {model} was reported, and not trained here: there are no files to be asked."


@dataclass(frozen=True, slots=True)
class AskedRows:
    """What is asked: rows, or what stands behind `data`; of a forecast neither need be. `version` None: the one that serves."""

    rows: Sequence[JsonObject] | None = None
    data: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class PredictRows:
    """The same work twice starts one job."""

    models: Models
    jobs: Jobs
    find: FindRows
    start: StartJob
    wait: WaitForJob
    bytes: FileBytes

    async def __call__(self, model_id: str, asked: AskedRows, *, caller: Caller, work: Work) -> Job:
        """Return the job, ended where it has within a little.

        Raise ModelNotFoundError, ModelArchivedError, ModelNotTrainedError, VersionNotFoundError, RunModelError (the version has no files),
        InvalidError that names row and column, also where the job finds that out in time, or what StartJob raises.
        """
        model = await self.models.get(model_id, account_id=caller.account_id, kind=RECIPE)
        model.check_in_use()
        version = model.serving if asked.version is None else model.version_named(asked.version)
        if not version.artifact:
            message = NO_FILES.format(version=version.name, model=model.id)
            raise RunModelError(message, details={"version": [message]})
        if asked.data is None:
            check_sent(asked.rows or (), made_of=version.recipe)
        made_of = version.recipe
        spec = PredictRecipeSpec(
            model_id=model.id,
            family=made_of.family,
            version=version.name,
            run_id=run_id_of(version.job_id),
            recipe_id=made_of.recipe_id,
            recipe_version_id=made_of.recipe_version_id,
            artifact=version.artifact,
            rows=tuple(asked.rows or ()),
            data=None if asked.data is None else await self.find.named(asked.data, account_id=caller.account_id, field="data"),
        )
        order = Order(kind=KIND, spec=spec, name=f"Predictions of {model.name}"[:200], model_id=model.id)
        job = await self.wait((await self.start(order, caller=caller, work=work)).job)
        if job.error is not None and job.error.type in REFUSED:
            raise InvalidError(job.error.message, details={"data" if asked.data is not None else "rows": [job.error.message]})
        return job

    async def get(self, model_id: str, prediction_id: str, *, account_id: str) -> Job:
        """Return a prediction's job. Raise PredictionNotFoundError."""
        try:
            job = await self.jobs.get(job_id_of(prediction_id), account_id=account_id, kind=KIND)
        except JobNotFoundError as error:
            raise PredictionNotFoundError(prediction_id) from error
        if (job.spec or {}).get("model_id") != model_id:
            raise PredictionNotFoundError(prediction_id)
        return job

    async def find_all(self, model_id: str, part: Part, *, account_id: str) -> Page[Job]:
        """Return a part of what a model was asked, the newest first. Raise ModelNotFoundError."""
        await self.models.get(model_id, account_id=account_id, kind=RECIPE)
        return await self.jobs.find(account_id, part, JobFilter(KIND, model_id=model_id))
