"""What the gateway answers about models."""

from typing import Any, Literal

from modelbourse.answers.answer import Answer, Moment, Money, Numbers
from modelbourse.answers.frames import frame_of

ModelStatus = Literal["DRAFT", "TRAINING", "COMPLETED", "FAILED", "PUBLISHED", "ARCHIVED"]
ModelType = Literal["CLASSIFICATION", "REGRESSION", "TIME_SERIES"]


class ModelCreated(Answer):
    """A new draft."""

    id: str
    name: str
    status: str
    created_at: Moment
    message: str


class Performance(Answer):
    """How good a model is on rows that it was not trained on."""

    accuracy: float | None
    precision: float | None
    recall: float | None
    f1_score: float | None
    sharpe_ratio: float | None


class AllPerformance(Performance):
    """The same, and what else its kind of model has."""

    roc_auc: float | None
    max_drawdown: float | None
    total_return: float | None


class Backtest(Answer):
    """What trading by the model would have brought, costs included."""

    total_trades: int | None
    winning_trades: int | None
    losing_trades: int | None
    win_rate: float | None
    avg_win: float | None
    avg_loss: float | None
    profit_factor: float | None


class ModelRow(Answer):
    """A model as lists show it."""

    id: str
    name: str
    description: str
    model_type: str
    algorithm: str
    status: str
    is_published: bool
    performance_metrics: Performance
    total_earnings: Money
    version: str | None
    created_at: Moment
    updated_at: Moment
    reasons: dict[str, str]


class TrainedVersion(Answer):
    """One training's outcome."""

    version: str
    job_id: str
    created_at: Moment
    performance_metrics: Numbers


class ModelDetails(ModelRow):
    """All there is to say of one model."""

    target_variable: str
    features: list[str]
    hyperparameters: dict[str, Any]
    training_config: dict[str, Any]
    performance_metrics: AllPerformance
    backtest_results: Backtest
    feature_importance: dict[str, float] | None
    total_downloads: int
    active_job_id: str | None
    versions: list[TrainedVersion]
    baselines: dict[str, Any] | None
    sharpe_interval: dict[str, Any] | None
    equity_curve: list[tuple[str, float]] | None
    run_card: dict[str, Any] | None
    learned_until: Moment | None
    data_source: str | None
    synthetic: bool | None

    def to_frame(self, of: Literal["metrics", "curve", "backtest"] = "metrics") -> Any:
        """Return the out-of-sample results as a pandas.DataFrame; raise PandasMissingError.

        `metrics`: a line for each metric, the model's value beside those of its baselines. `curve`: date and equity; of a long test it is
        thinned, as `run_card["equity_curve"]` says. `backtest`: the statistics of the backtest's trades, a line for each.
        """
        if of == "curve":
            return frame_of([{"date": date, "equity": equity} for date, equity in self.equity_curve or ()], columns=("date", "equity"))
        if of == "backtest":
            told = self.backtest_results.model_dump()
            return frame_of([{"statistic": name, "value": value} for name, value in told.items()], columns=("statistic", "value"))
        baselines = {name: told for name, told in (self.baselines or {}).items() if isinstance(told, dict)}
        metrics = self.performance_metrics.model_dump()
        rows = [{"metric": name, "model": metrics[name]} | {each: told.get(name) for each, told in baselines.items()} for name in metrics]
        return frame_of(rows, columns=("metric", "model", *baselines))
