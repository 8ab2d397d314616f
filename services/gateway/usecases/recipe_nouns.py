"""What the platform offers to faces that know models of recipes, noun by noun (see nouns.py)."""

from dataclasses import dataclass

from services.gateway.domain.files.ports import FileBytes
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.ports import Models
from services.gateway.domain.models.recipe_ports import RecipeModels
from services.gateway.domain.registry.ports import Registry
from services.gateway.usecases.jobs.stop_job import StopJob
from services.gateway.usecases.models.remove_model import RemoveModel
from services.gateway.usecases.recipes.change_model import ChangeRecipeModel
from services.gateway.usecases.recipes.change_recipe import ChangeRecipe
from services.gateway.usecases.recipes.make_recipe import MakeRecipe
from services.gateway.usecases.recipes.register_model import RegisterModel
from services.gateway.usecases.recipes.report_run import ReportRun
from services.gateway.usecases.recipes.show_recipes import ShowRecipes
from services.gateway.usecases.recipes.start_run import StartRecipeRun


@dataclass(frozen=True, slots=True)
class RecipeRunUseCases:
    """Runs of recipes, and their files."""

    jobs: Jobs
    start: StartRecipeRun
    stop: StopJob
    report: ReportRun
    bytes: FileBytes


@dataclass(frozen=True, slots=True)
class RecipeModelUseCases:
    """Models of recipes."""

    models: Models
    lists: RecipeModels
    registry: Registry
    register: RegisterModel
    change: ChangeRecipeModel
    remove: RemoveModel


@dataclass(frozen=True, slots=True)
class RecipeUseCases:
    """Recipes and their versions: shown, made, changed."""

    show: ShowRecipes
    make: MakeRecipe
    change: ChangeRecipe
