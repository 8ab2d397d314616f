"""Gather what a question is about, of what its account may see, and have it told."""

from dataclasses import dataclass, replace
from typing import Final

from libs.chassis.stores.parts import Part
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from services.gateway.domain.assistant.models_told import tell_drift, tell_model, tell_promotion
from services.gateway.domain.assistant.proposing import tell_proposal
from services.gateway.domain.assistant.question import SHIPPED_VERSIONS, Mentioned
from services.gateway.domain.assistant.recipes_told import tell_changes, tell_choice, tell_recipe
from services.gateway.domain.assistant.runs_told import tell_failure, tell_run, tell_status
from services.gateway.domain.assistant.speech import Speech, Topic
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.recipe_runs import job_id_of, run_id_of, spec_of
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Models
from services.gateway.domain.models.recipe_models import Standing
from services.gateway.domain.models.recipe_ports import RecipeModelFilter, RecipeModels
from services.gateway.domain.monitoring.ports import Snapshots, Watches
from services.gateway.domain.monitoring.snapshot import SnapshotFilter
from services.gateway.domain.recipes.errors import RecipeNotFoundError
from services.gateway.domain.recipes.ports import RecipeFilter
from services.gateway.domain.recipes.recipe import Recipe, RecipeVersion
from services.gateway.domain.registry.ports import Registry
from services.gateway.usecases.recipes.show_recipes import ShowRecipes

RECIPES_MOST: Final = 100
VERSIONS_MOST: Final = 100
FIRST: Final = Part(1)
FAILED: Final = (JobState.FAILED, JobState.CANCELLED)
WHICH: Final = {
    "run": "Name the run by its id (run_…)",
    "model": "Name the model by its id (model_…)",
    "recipe": "Name the recipe by its id",
}


@dataclass(frozen=True, slots=True)
class GatherFacts:
    """Where a question names nothing, the newest that fits is meant, and the answer says so."""

    recipes: ShowRecipes
    jobs: Jobs
    models: Models
    recipe_models: RecipeModels
    registry: Registry
    snapshots: Snapshots
    watches: Watches

    async def check_recipe(self, recipe_id: str, *, account_id: str) -> None:
        """Raise RecipeNotFoundError where the account sees no such recipe."""
        await self.recipes.get(recipe_id, account_id=account_id)

    async def __call__(self, speech: Speech, message: str, named: Mentioned, *, account_id: str) -> None:
        """Tell what is known."""
        match speech.topic:
            case Topic.CHOICE:
                found = await self.recipes.find(RecipeFilter(account_id), Part(RECIPES_MOST))
                tell_choice(speech, message, recipes=found.items)
            case Topic.DRIFT:
                await self._drift(speech, named, account_id)
            case Topic.PROMOTION:
                await self._promotion(speech, named, account_id)
            case Topic.RESULT | Topic.FAILURE | Topic.STATUS:
                await self._run(speech, named, account_id)
            case _:
                await self._recipe(speech, message, named, account_id)

    async def _drift(self, speech: Speech, named: Mentioned, account_id: str) -> None:
        if (model := await self._model(speech, named, account_id)) is None:
            return
        found = await self.snapshots.find(SnapshotFilter(account_id, model.id), FIRST)
        tell_drift(speech, model, next(iter(found.items), None), await self.watches.get(model.id, account_id=account_id))

    async def _promotion(self, speech: Speech, named: Mentioned, account_id: str) -> None:
        if (model := await self._model(speech, named, account_id)) is not None:
            tell_promotion(speech, model, await self.registry.of_model(model.id))

    async def _run(self, speech: Speech, named: Mentioned, account_id: str) -> None:
        if speech.topic is Topic.RESULT and named.model_id and named.run_id is None:
            model = await self._named_model(speech, named.model_id, account_id)
            if model is None:
                return
            tell_model(speech, model)
            if (version := model.in_service) is not None and version.job_id.startswith("job_"):
                named = replace(named, run_id=run_id_of(version.job_id))
        if (job := await self._job(speech, named, account_id)) is None:
            return
        tell = {Topic.RESULT: tell_run, Topic.FAILURE: tell_failure, Topic.STATUS: tell_status}[speech.topic]
        speech.recipe_id = speech.recipe_id or spec_of(job).recipe_id
        tell(speech, job)

    async def _recipe(self, speech: Speech, message: str, named: Mentioned, account_id: str) -> None:
        recipe = await self._recipe_of(speech, named, account_id)
        if recipe is None:
            return
        speech.recipe_id = recipe.id
        newest = await self.recipes.newest(recipe, account_id=account_id)
        if speech.topic is Topic.CHANGES:
            before, after = await self._two(speech, recipe, newest, named, account_id)
            tell_changes(speech, recipe, before, after)
        elif speech.topic is Topic.PROPOSAL:
            tell_proposal(speech, message, recipe, newest)
        else:
            tell_recipe(speech, recipe, newest)

    async def _two(
        self, speech: Speech, recipe: Recipe, newest: RecipeVersion, named: Mentioned, account_id: str
    ) -> tuple[RecipeVersion | None, RecipeVersion]:
        """Return the versions that are compared, the earlier one first: those that are named, else the newest two."""
        listed = list((await self.recipes.versions(recipe.id, Part(VERSIONS_MOST), account_id=account_id)).items)
        ids = [each.ref.version_id for each in listed]
        wanted = sorted({ids.index(each) for each in named.version_ids if each in ids}, reverse=True)
        for unknown in (each for each in named.version_ids if each not in ids and SHIPPED_VERSIONS.get(each) != recipe.id):
            speech.say(f"{recipe.id} has no version {unknown}.")
        if not wanted:
            return (listed[1] if len(listed) > 1 else None), newest
        if len(wanted) == 1:  # What came with it.
            only = wanted[0]
            return (listed[only + 1] if only + 1 < len(listed) else None), listed[only]
        return listed[wanted[0]], listed[wanted[-1]]

    async def _recipe_of(self, speech: Speech, named: Mentioned, account_id: str) -> Recipe | None:
        """Return the recipe that is meant: named, or of the run or the model that is."""
        recipe_id = named.recipe_id
        if recipe_id is None and named.run_id is not None:
            job = await self._job(speech, named, account_id)
            recipe_id = spec_of(job).recipe_id if job else None
        elif recipe_id is None and named.model_id is not None:
            model = await self._named_model(speech, named.model_id, account_id)
            recipe_id = getattr(model.spec, "recipe_id", None) if model else None
        if recipe_id is None:
            if not speech.sentences:
                speech.say(f"{WHICH['recipe']}, or one of its runs or models, and it can be said.")
                speech.suggest("The recipes that there are", "GET", "/recipes")
            return None
        try:
            return await self.recipes.get(recipe_id, account_id=account_id)
        except RecipeNotFoundError:
            speech.say(f"There is no recipe {recipe_id} among those that you see.")
            speech.suggest("The recipes that there are", "GET", "/recipes")
            return None

    async def _model(self, speech: Speech, named: Mentioned, account_id: str) -> Model | None:
        """Return the model that is meant: named, or of the run that is, else the newest in production, else the newest."""
        if named.model_id is not None:
            return await self._named_model(speech, named.model_id, account_id)
        if named.run_id is not None:
            job = await self._job(speech, named, account_id)
            if job is None:
                return None
            if job.model_id is None:
                speech.say(f"{named.run_id} is a run of no model: register one of its recipe, and train that.")
                return None
            return await self._named_model(speech, job.model_id, account_id)
        for standing in (Standing.PRODUCTION, None):
            wanted = RecipeModelFilter(account_id, standing=standing, recipe_id=named.recipe_id)
            for model in (await self.recipe_models.find(wanted, FIRST)).items:
                speech.say(f"No model is named: this is about the newest{' in production' if standing else ''}, {model.id}.")
                return await self.models.get(model.id, account_id=account_id, kind=None)
        speech.say(f"There is no model{f' of {named.recipe_id}' if named.recipe_id else ''} to speak of. {WHICH['model']}.")
        speech.suggest("Your models", "GET", "/models")
        return None

    async def _named_model(self, speech: Speech, model_id: str, account_id: str) -> Model | None:
        try:
            return await self.models.get(model_id, account_id=account_id, kind=None)
        except ModelNotFoundError:
            speech.say(f"There is no model {model_id} among yours.")
            speech.suggest("Your models", "GET", "/models")
            return None

    async def _job(self, speech: Speech, named: Mentioned, account_id: str) -> Job | None:
        """Return the run that is meant: named, else the newest that fits what is asked."""
        if named.run_id is not None:
            try:
                return await self.jobs.get(job_id_of(named.run_id), account_id=account_id, kind=JobKind.RUN_RECIPE)
            except JobNotFoundError:
                speech.say(f"There is no run {named.run_id} among yours.")
                speech.suggest("Your runs", "GET", "/runs")
                return None
        states = {Topic.FAILURE: FAILED, Topic.RESULT: (JobState.SUCCEEDED,)}.get(speech.topic, ())
        spec = {"recipe_id": named.recipe_id} if named.recipe_id else {}
        wanted = JobFilter(JobKind.RUN_RECIPE, states=states, model_id=named.model_id, spec=spec)
        for job in (await self.jobs.find(account_id, FIRST, wanted)).items:
            kind = {Topic.FAILURE: "newest that has failed", Topic.RESULT: "newest that has succeeded"}.get(speech.topic, "newest")
            speech.say(f"No run is named: this is about the {kind}, {run_id_of(job.id)}.")
            return await self.jobs.get(job.id, account_id=account_id, kind=JobKind.RUN_RECIPE)
        which = {Topic.FAILURE: "No run of yours has failed", Topic.RESULT: "No run of yours has succeeded"}
        about = f" of {named.model_id or named.recipe_id}" if named.model_id or named.recipe_id else ""
        speech.say(f"{which.get(speech.topic, 'You have no run')}{about}. {WHICH['run']}, if you mean another one.")
        speech.suggest("Your runs", "GET", "/runs")
        return None
