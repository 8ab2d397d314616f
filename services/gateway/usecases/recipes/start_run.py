"""Start a run of a recipe: what it is made of, the rows that it reads, and the version of a model that it measures."""

from dataclasses import dataclass

from libs.contracts.job_kinds import JobKind
from libs.contracts.recipe_runs import RECIPE, RecipeRunSpec, RunType
from libs.contracts.training import Artifact
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.recipe_runs import RunModelError, result_of
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Models
from services.gateway.domain.models.recipe_models import check_same_recipe
from services.gateway.domain.models.recipe_ports import RecipeSpecs
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import Started, StartJob
from services.gateway.usecases.recipes.find_rows import FindRows


@dataclass(frozen=True, slots=True)
class AskedRun:
    """What is wanted; `model_version` is the one that an eval measures, the foremost where it is None."""

    recipe_id: str
    recipe_version_id: str
    run_type: RunType
    model_id: str | None = None
    model_version: str | None = None


@dataclass(frozen=True, slots=True)
class StartRecipeRun:
    """The same work twice starts one run."""

    recipes: RecipeSpecs
    models: Models
    jobs: Jobs
    rows: FindRows
    start_job: StartJob

    async def __call__(self, asked: AskedRun, *, caller: Caller, work: Work) -> Started:
        """Return the accepted run. Raise what `draft` raises, or what StartJob raises."""
        spec = await self.draft(asked, account_id=caller.account_id)
        return await self.start_job(Order(kind=JobKind.RUN_RECIPE, spec=spec), caller=caller, work=work)

    async def draft(self, asked: AskedRun, *, account_id: str) -> RecipeRunSpec:
        """Return what a run is asked.

        Raise RecipeNotFoundError, RecipeVersionNotFoundError, ModelNotFoundError, VersionNotFoundError, ModelArchivedError, RunModelError
        (the version that is to be measured was reported, and has no files), or InvalidError for rows that are not there, or another
        recipe's model.
        """
        made = await self.recipes.made_of(asked.recipe_id, asked.recipe_version_id, account_id=account_id)
        rows = await self.rows(str(made.manifest["data"]["source"]), account_id=account_id)
        spec = RecipeRunSpec(**made.model_dump(), run_type=asked.run_type, data=rows)
        if asked.model_id is None:
            return spec
        model = await self.models.get(asked.model_id, account_id=account_id, kind=RECIPE)
        model.check_in_use()
        check_same_recipe(model, spec)
        of = {"model_id": model.id, "model_name": model.name}
        version = _measured_of(model, asked) if asked.run_type is not RunType.TRAIN else None
        if version is None:
            return spec.model_copy(update=of)
        measured = {"version": version.name, "artifact": await self._artifact(version, account_id=account_id)}
        return spec.model_copy(update=of | (measured if asked.run_type is RunType.EVAL else {"version": version.name}))

    async def _artifact(self, version: ModelVersion, *, account_id: str) -> Artifact | None:
        try:
            job = await self.jobs.get(version.job_id, account_id=account_id, kind=JobKind.RUN_RECIPE)
        except JobNotFoundError:
            return None
        result = result_of(job)
        return result.artifact if result else None


def _measured_of(model: Model, asked: AskedRun) -> ModelVersion | None:
    """Return the version that is named, else the one that serves; None where none has files: what is measured is then a fresh fit."""
    if asked.model_version is None:
        version = model.in_service
        return version if version is not None and version.artifact else None
    version = model.version_named(asked.model_version)
    if not version.artifact:
        message = f"Version {version.name} of {model.id} was reported, and not trained here: there are no files to be measured."
        raise RunModelError(message, details={"model_version": [message]})
    return version
