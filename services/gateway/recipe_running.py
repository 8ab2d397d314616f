"""The gateway's wiring of runs of recipes, of the models that they make, and of the assistant that tells of them."""

from libs.contracts.envelope import now
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.domain.jobs.terms import Outcome
from services.gateway.filing import FileParts
from services.gateway.inbound.faces.ml_development.chat import AssistantUseCases
from services.gateway.outbound.chat.pages_sqlite import PagesSqlite
from services.gateway.platform import Platform
from services.gateway.usecases.jobs.make_recipe_version import MakeRecipeVersion
from services.gateway.usecases.jobs.wait_for_job import WaitForJob
from services.gateway.usecases.models.archive_model import ArchiveModel
from services.gateway.usecases.models.remove_model import RemoveModel
from services.gateway.usecases.recipe_nouns import RecipeModelUseCases, RecipeRunUseCases
from services.gateway.usecases.recipes.ask_assistant import AskAssistant
from services.gateway.usecases.recipes.change_model import ChangeRecipeModel
from services.gateway.usecases.recipes.find_rows import FindRows
from services.gateway.usecases.recipes.gather_facts import GatherFacts
from services.gateway.usecases.recipes.make_example import MakeExample
from services.gateway.usecases.recipes.predict_rows import PredictRows
from services.gateway.usecases.recipes.register_model import RegisterModel
from services.gateway.usecases.recipes.report_run import ReportRun
from services.gateway.usecases.recipes.start_run import StartRecipeRun


def make_recipe_runs(
    platform: Platform, files: FileParts, *, limits: TierLimits, pages: PagesSqlite, remove: RemoveModel, wait_for_job: float
) -> list[object]:
    """Return what handlers call; `remove` is that of all models, `pages` are the platform's own, which the assistant quotes."""
    models, jobs, registry, recipes = platform.models, platform.job_parts, platform.registry, platform.recipes.use.show
    rows = FindRows(files.use.find, platform.datasets.datasets)
    makes = jobs.stop.effects[Outcome.RECIPE_VERSION]
    assert isinstance(makes, MakeRecipeVersion)
    change = ChangeRecipeModel(
        models,
        registry.names,
        registry.use.register,
        registry.use.promote,
        ArchiveModel(models, registry.stage.servables, limits, now, registry.ungated.hear),
        jobs.jobs,
        now,
    )
    watched = platform.watching.stores
    facts = GatherFacts(recipes, jobs.jobs, models, platform.recipes.models, registry.names, watched.snapshots, watched.watches)
    return [
        RecipeRunUseCases(
            jobs.jobs,
            StartRecipeRun(recipes, models, jobs.jobs, rows, jobs.start),
            jobs.stop,
            ReportRun(jobs.jobs, jobs.stop, makes, now),
            files.use.bytes,
        ),
        MakeExample(recipes, platform.recipes.examples, rows, jobs.jobs, jobs.start, WaitForJob(jobs.jobs, wait_for_job), now),
        PredictRows(models, jobs.jobs, rows, jobs.start, WaitForJob(jobs.jobs, wait_for_job), files.use.bytes),
        RecipeModelUseCases(models, platform.recipes.models, registry.names, RegisterModel(recipes, models, limits, now), change, remove),
        AssistantUseCases(AskAssistant(facts, pages, platform.services.llm, now)),
    ]
