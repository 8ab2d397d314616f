"""Tools that change something, or spend credits: there with `--write` alone."""

from typing import Annotated, Any

from pydantic import Field

from modelbourse.answers.ml_development.models import MlModelWhole
from modelbourse.answers.ml_development.monitoring import MlSnapshot
from modelbourse.answers.ml_development.predictions import MlPredictionWhole
from modelbourse.answers.ml_development.recipes import MlRecipe, MlRecipeVersion
from modelbourse.answers.ml_development.runs import MlRunWhole, RunType
from modelbourse.answers.models import ModelCreated
from modelbourse.answers.trading_ai.backtests import AcceptedBacktest, StrategyBacktest
from modelbourse.answers.trainings import JobCancelled, TrainingStarted
from modelbourse.mcp_server.reading import JobId, ModelId, RecipeId, RunId
from modelbourse.modelbourse import Modelbourse

Moment = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="A day: `2024-01-31`.")]
Manifest = Annotated[dict[str, Any], Field(description="By the family's schema; with a parent what it changes of the parent's.")]


class WritingTools:
    """Each public method is a tool; its docstring is what an assistant reads."""

    def __init__(self, client: Modelbourse) -> None:
        self._client = client

    def create_model(
        self, configuration: Annotated[dict[str, Any], Field(description="As `POST /api/ai-studio/models/`.")]
    ) -> ModelCreated:
        """Make a market model, a draft; what is wrong is told by field."""
        return self._client.models.create_of(configuration)

    def train_model(self, model_id: ModelId) -> TrainingStarted:
        """Queue a training of a market model; its credits are set aside."""
        started = self._client.models.train(model_id).started
        assert started is not None
        return started

    def cancel_job(self, job_id: JobId) -> JobCancelled:
        """End a training; what it has used is charged, the rest comes back."""
        return self._client.jobs.cancel(job_id)

    def start_backtest(
        self,
        strategy: Annotated[str, Field(description="The strategy's name.")],
        symbol: Annotated[str, Field(description="Such as `AAPL`.")],
        start_date: Moment,
        end_date: Moment,
        parameters: Annotated[dict[str, float] | None, Field(description="Of the strategy, by name.")] = None,
    ) -> AcceptedBacktest:
        """Play a strategy on candles of the past."""
        return self._client.backtests.start(strategy, symbol, start_date=start_date, end_date=end_date, parameters=parameters)

    def cancel_backtest(self, backtest_id: str) -> StrategyBacktest:
        """End a backtest; the hours that it has not used come back."""
        return self._client.backtests.cancel(backtest_id)

    def clone_recipe(self, recipe_id: RecipeId, name: Annotated[str, Field(min_length=1, max_length=200)]) -> MlRecipe:
        """Make a recipe of your own of another one: a draft that can be changed."""
        return self._client.ml.recipes.clone(recipe_id, name)

    def add_recipe_version(self, recipe_id: RecipeId, manifest: Manifest, change_note: str = "") -> MlRecipeVersion:
        """Add a version to a recipe of yours; a mistake in the manifest is told by its place."""
        return self._client.ml.recipes.add_version(recipe_id, manifest, change_note=change_note)

    def start_run(self, recipe_id: RecipeId, version_id: str, run_type: RunType = "train", model_id: str | None = None) -> MlRunWhole:
        """Start a training, evaluation or backtest of a recipe's version; its credits are set aside."""
        return self._client.ml.runs.start(recipe_id, version_id, run_type, model_id=model_id)

    def cancel_run(self, run_id: RunId) -> MlRunWhole:
        """End a run; hours that it has not used come back."""
        return self._client.ml.runs.cancel(run_id)

    def ask_recipe_model(
        self,
        model_id: ModelId,
        rows: Annotated[list[dict[str, Any]] | None, Field(max_length=1_000, description="Rows by column; a forecast needs none.")] = None,
    ) -> MlPredictionWhole:
        """Ask a recipe's model about rows: demand at prices, the best action, a place's worth, a forecast. A little compute is charged."""
        return self._client.ml.models.predict(model_id, rows)

    def register_recipe_model(self, name: str, recipe_id: RecipeId, version_id: str) -> MlModelWhole:
        """Register a model of a recipe's version, of which runs make versions."""
        return self._client.ml.models.register(name, recipe_id, version_id)

    def take_snapshot(self, model_id: ModelId) -> MlSnapshot:
        """Have drift, performance and freshness of a model computed now, as a job."""
        return self._client.ml.monitoring.take(model_id)
