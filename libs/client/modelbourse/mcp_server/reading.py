"""Tools that read: models, jobs, predictions, explanations, backtests, datasets, recipes and runs, as an assistant calls them."""

from typing import Annotated, Any

from pydantic import Field

from modelbourse.answers.answer import Page
from modelbourse.answers.builder.registry import BuilderRegisteredPage
from modelbourse.answers.datasets import Dataset, DatasetHealth, Datasets
from modelbourse.answers.engine.candles import Candles
from modelbourse.answers.ml_development.chat import MlChatAnswer
from modelbourse.answers.ml_development.models import MlModels, MlModelWhole
from modelbourse.answers.ml_development.monitoring import MlAlerts, MlSnapshots
from modelbourse.answers.ml_development.predictions import MlPredictionWhole
from modelbourse.answers.ml_development.recipes import FamilyName, MlRecipes, MlRecipeVersions, MlRecipeWhole
from modelbourse.answers.ml_development.runs import MlRunEstimate, MlRuns, MlRunWhole, RunType
from modelbourse.answers.models import ModelDetails, ModelRow
from modelbourse.answers.predictions import Explanations, Predictions
from modelbourse.answers.results import Comparison, FeatureImportance
from modelbourse.answers.texts import LabelledTexts
from modelbourse.answers.trading_ai.backtests import Backtests, StrategyBacktest
from modelbourse.answers.trading_ai.chat import ChatAnswer
from modelbourse.answers.trainings import JobDetails, JobRow
from modelbourse.modelbourse import Modelbourse

ModelId = Annotated[str, Field(description="The model's id: `model_…`.")]
JobId = Annotated[str, Field(description="The training's id: `job_…`.")]
RecipeId = Annotated[str, Field(description="The recipe's id: `recipe_…`.")]
RunId = Annotated[str, Field(description="The run's id: `run_…`.")]
PageNumber = Annotated[int, Field(ge=1, description="Which page, from 1.")]
Size = Annotated[int, Field(ge=1, le=100, description="Rows at most.")]
Day = Annotated[str | None, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="A day: `2024-01-31`.")]
Symbols = Annotated[list[str], Field(min_length=1, max_length=50, description="Symbols, such as `AAPL`.")]
TextModel = Annotated[str, Field(description="A name in the registry, `models:/name/Production`, or a training's id.")]
Texts = Annotated[list[str], Field(min_length=1, max_length=50, description="What is to be labelled.")]
Explain = Annotated[bool, Field(description="Whether to tell what each word contributed.")]
Symbol = Annotated[str, Field(description="Such as `AAPL`.")]
CandlesAtMost = Annotated[int, Field(ge=1, le=1_000, description="Candles at most, the newest where no start is given.")]
LINES_MOST = 200


class ReadingTools:
    """Each public method is a tool; its docstring is what an assistant reads."""

    def __init__(self, client: Modelbourse) -> None:
        self._client = client

    def list_models(self, page: PageNumber = 1, size: Size = 20) -> Page[ModelRow]:
        """List your market models, the newest first."""
        return self._client.models.page(page=page, page_size=size)

    def get_model(self, model_id: ModelId) -> ModelDetails:
        """Show a market model: what it learns from, its versions, what it measures beside baselines."""
        return self._client.models.get(model_id)

    def compare_models(self, model_ids: Annotated[list[str], Field(min_length=2, max_length=5, description="Models.")]) -> Comparison:
        """Compare market models by the same figures."""
        return self._client.models.compare(model_ids)

    def get_feature_importance(self, model_id: ModelId) -> FeatureImportance:
        """Show how much each feature matters to a market model."""
        return self._client.models.feature_importance(model_id)

    def predict(self, model_id: ModelId, symbols: Symbols) -> Predictions:
        """Predict symbols from their latest candles, each with its confidence and what moved it."""
        return self._client.models.predict(model_id, symbols)

    def predict_texts(self, model: TextModel, texts: Texts, *, explain: Explain = False) -> LabelledTexts:
        """Label texts by a model of texts, each with the chance of every label."""
        return self._client.builder.predictions.create(model, texts, explain=explain)

    def list_text_models(self, limit: Size = 20) -> BuilderRegisteredPage:
        """List versions of models of texts in the registry, with their metrics."""
        return self._client.builder.registry.list(limit=limit)

    def explain(self, model_id: ModelId, symbols: Symbols, start_date: Day = None, end_date: Day = None) -> Explanations:
        """Explain predictions of symbols on days: SHAP values of each row, and importance over all."""
        return self._client.models.explain(model_id, symbols, start_date=start_date, end_date=end_date)

    def list_jobs(self, page: PageNumber = 1, size: Size = 20) -> Page[JobRow]:
        """List your trainings, the newest first."""
        return self._client.jobs.page(page=page, page_size=size)

    def get_job(self, job_id: JobId) -> JobDetails:
        """Show a training: progress, metrics, cost, why it failed."""
        return self._client.jobs.get(job_id)

    def get_job_logs(self, job_id: JobId) -> list[str]:
        """Show the newest lines of a training's log."""
        lines = [f"{each.timestamp} {each.level} {each.message}" for each in self._client.jobs.logs(job_id)]
        return lines[-LINES_MOST:]

    def list_backtests(self, limit: Size = 20) -> Backtests:
        """List your backtests of strategies, the newest first."""
        return self._client.backtests.list(limit=limit)

    def get_backtest(self, backtest_id: Annotated[str, Field(description="As the list has it.")]) -> StrategyBacktest:
        """Show a backtest beside buying and holding, with its risks and the chance that it was luck."""
        return self._client.backtests.get(backtest_id)

    def get_candles(
        self, symbol: Symbol, timeframe: str | None = None, start: Day = None, end: Day = None, limit: CandlesAtMost = 100
    ) -> Candles:
        """Show candles of a symbol: yours first, then live series, then those that come with the platform."""
        return self._client.datasets.candles(symbol, timeframe, start=start, end=end, limit=limit)

    def list_datasets(self, limit: Size = 20) -> Datasets:
        """List datasets: yours, then those that come with the platform."""
        return self._client.datasets.page(limit=limit)

    def get_dataset(self, dataset_id: Annotated[str, Field(description="`dataset_…`.")]) -> Dataset:
        """Show a dataset with its columns and what was found of them."""
        return self._client.datasets.get(dataset_id)

    def get_dataset_health(self, dataset_id: Annotated[str, Field(description="`dataset_…`.")]) -> DatasetHealth:
        """Show what is wrong with a dataset: gaps, outliers, doubts."""
        return self._client.datasets.health(dataset_id)

    def list_recipes(self, family: FamilyName | None = None, search: str | None = None, limit: Size = 50) -> MlRecipes:
        """List recipes: the platform's approved baselines first, then yours."""
        return self._client.ml.recipes.list(family=family, search=search, limit=limit)

    def get_recipe(self, recipe_id: RecipeId) -> MlRecipeWhole:
        """Show a recipe with the manifest that decides what a run does, all that it inherits in it."""
        return self._client.ml.recipes.get(recipe_id, resolved=True)

    def list_recipe_versions(self, recipe_id: RecipeId, limit: Size = 20) -> MlRecipeVersions:
        """List a recipe's versions, the newest first, each with what it changed."""
        return self._client.ml.recipes.versions(recipe_id, limit=limit)

    def get_manifest_schema(self, family: FamilyName) -> dict[str, Any]:
        """Show what a manifest of a family may say: every key with its meaning, bounds and default."""
        return self._client.ml.recipes.schema(family)

    def list_runs(self, recipe_id: str | None = None, model_id: str | None = None, limit: Size = 20) -> MlRuns:
        """List runs of recipes, the newest first."""
        return self._client.ml.runs.list(recipe_id=recipe_id, model_id=model_id, limit=limit)

    def get_run(self, run_id: RunId) -> MlRunWhole:
        """Show a run: what it measured beside its baselines, intervals, importance, notes, log, why it failed."""
        return self._client.ml.runs.get(run_id)

    def estimate_run(self, recipe_id: RecipeId, version_id: str, run_type: RunType = "train") -> MlRunEstimate:
        """Tell what a run would take and cost at most; nothing is started."""
        return self._client.ml.runs.estimate(recipe_id, version_id, run_type)

    def list_recipe_models(self, family: FamilyName | None = None, limit: Size = 20) -> MlModels:
        """List models that recipes have made."""
        return self._client.ml.models.list(family=family, limit=limit)

    def get_recipe_model(self, model_id: ModelId) -> MlModelWhole:
        """Show a recipe's model with its versions and its place in the registry."""
        return self._client.ml.models.get(model_id)

    def get_recipe_prediction(self, model_id: ModelId, prediction_id: str) -> MlPredictionWhole:
        """Show what a recipe's model said of rows that it was asked about."""
        return self._client.ml.models.prediction(model_id, prediction_id)

    def list_snapshots(self, model_id: ModelId, limit: Size = 5) -> MlSnapshots:
        """List looks at a model of any kind: drift by feature, performance measured and estimated, freshness."""
        return self._client.ml.monitoring.list(model_id, limit=limit)

    def list_model_alerts(self, model_id: ModelId) -> MlAlerts:
        """List alerts of a model: those that do most harm first."""
        return self._client.ml.monitoring.alerts(model_id)

    def ask_about_recipes(
        self, question: Annotated[str, Field(min_length=1, max_length=2000)], recipe_id: str | None = None
    ) -> MlChatAnswer:
        """Ask the platform about recipes, runs and models: facts with sources, next calls, perhaps a proposed manifest (never applied)."""
        return self._client.ml.chat.ask(question, recipe_id=recipe_id)

    def ask_about_platform(self, question: Annotated[str, Field(min_length=1, max_length=2000)]) -> ChatAnswer:
        """Ask how the platform is used: answered from its own pages."""
        return self._client.chat.ask(question)
