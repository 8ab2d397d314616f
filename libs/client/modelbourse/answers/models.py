"""What the gateway answers about models."""

import datetime as dt
from typing import Annotated, Any, Final, Generic, Literal, TypeAlias, TypeVar

from pydantic import ConfigDict, Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, REASONS, Answer, JsonObject, Moment, Money, Numbers, Page
from modelbourse.answers.frames import frame_of
from modelbourse.answers.predictions import AGE_BARS, STALE
from modelbourse.answers.retraining import GateVerdict, Retrain, Retraining

ModelStatus = Literal["DRAFT", "TRAINING", "COMPLETED", "FAILED", "PUBLISHED", "ARCHIVED"]
Timeframe = Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"]
StageName = Literal["none", "staging", "production", "archived"]
ModelType = Literal["CLASSIFICATION", "REGRESSION", "TIME_SERIES"]
AlgorithmName = Literal[
    "RANDOM_FOREST",
    "EXTRA_TREES",
    "XGBOOST",
    "LIGHTGBM",
    "LOGISTIC_REGRESSION",
    "RIDGE",
    "LSTM",
    "GRU",
    "TRANSFORMER",
    "ENSEMBLE",
    "TFT",
    "NHITS",
    "DEEPAR",
]
NAME: Final = "AAPL and MSFT momentum"
SOURCE: Final = "bokeh-sampledata 2026.1 (Quandl WIKI, public domain)"
METRICS: Final = {"accuracy": 0.4106, "precision": 0.4083, "recall": 0.4094, "f1_score": 0.4082, "sharpe_ratio": 0.2368}
EXAMPLE_CONFIG: Final[JsonObject] = {
    "symbols": ["AAPL", "MSFT"],
    "timeframe": "1d",
    "start_date": "2005-01-01",
    "end_date": "2012-12-31",
    "train_test_split": 0.8,
    "cross_validation_folds": 5,
    "horizon": 5,
    "window": "common",
    "num_workers": 1,
}
BASELINES: Final[JsonObject] = {
    "majority_class": {"class": "BUY", "accuracy": 0.3741, "f1_score": 0.1815},
    "buy_and_hold": {"sharpe_ratio": 0.9673, "max_drawdown": 0.2214, "total_return": 0.3644},
}
SHARPE_INTERVAL: Final[JsonObject] = {
    "low": -1.684,
    "high": 1.8055,
    "level": 0.95,
    "method": "stationary bootstrap (Politis and Romano 1994), studentised (Ledoit and Wolf 2008)",
    "samples": 1000,
    "mean_block": 7.3803,
    "bars": 402,
}
RUN_CARD: Final[JsonObject] = {
    "data_source": SOURCE,
    "data_hash": "6399be841b9b0f77eb23ba50542ba4b8bd583f9ee5c52a9de9abc90fcca8dd95",
    "adjustment": "splits and dividends",
    "synthetic": False,
    "rows": 4000,
    "train_rows": 3206,
    "test_rows": 794,
    "test_opens": "2011-05-26T00:00:00Z",
    "test_closes": "2012-12-31T00:00:00Z",
    "equity_curve": {"bars": 402, "points": 402, "thinned": False},
    "seed": 42,
    "window": "common",
    "warnings": [],
    "learned_until": "2011-05-18T20:00:00Z",
}
Accuracy: TypeAlias = Annotated[float | None, Field(description="Share of rows that it classed rightly.", examples=[0.4106])]
Precision: TypeAlias = Annotated[float | None, Field(description="Its mean over the classes.", examples=[0.4083])]
Recall: TypeAlias = Annotated[float | None, Field(description="Its mean over the classes.", examples=[0.4094])]
F1Score: TypeAlias = Annotated[float | None, Field(description="Its mean over the classes.", examples=[0.4082])]
SharpeRatio: TypeAlias = Annotated[float | None, Field(description="Of trading by the model, a year's.", examples=[0.2368])]


class ModelCreated(Answer):
    """A new draft."""

    id: str = Field(description="The model's id.", examples=[MODEL_ID])
    name: str = Field(description="Its name.", examples=[NAME])
    status: ModelStatus = Field(description="Where it stands.", examples=["DRAFT"])
    created_at: Moment = Field(description="When it was made.", examples=[AT])
    message: str = Field(description="What comes next.", examples=["Model created successfully. Ready for training."])


class Performance(Answer):
    """How good a model is on rows that it was not trained on."""

    accuracy: Accuracy
    precision: Precision
    recall: Recall
    f1_score: F1Score
    sharpe_ratio: SharpeRatio


class AllPerformance(Answer):
    """How good a model is on rows that it was not trained on: these and what else its kind has."""

    __pydantic_extra__: Numbers

    accuracy: Accuracy
    precision: Precision
    recall: Recall
    f1_score: F1Score
    roc_auc: float | None = Field(description="Its mean over the classes.", examples=[0.5734])
    sharpe_ratio: SharpeRatio
    max_drawdown: float | None = Field(description="The deepest fall of equity, as a share of its highest before.", examples=[0.1649])
    total_return: float | None = Field(description="What trading by the model brought, costs included.", examples=[0.0411])


class Backtest(Answer):
    """What trading by the model would have brought, costs included."""

    __pydantic_extra__: Numbers

    total_trades: int | None = Field(description="How many trades.", examples=[242])
    winning_trades: int | None = Field(description="Those with a net return above zero.", examples=[119])
    losing_trades: int | None = Field(description="All others.", examples=[123])
    win_rate: float | None = Field(description="Share of trades that won.", examples=[0.4917])
    avg_win: float | None = Field(description="Mean net return of those that won.", examples=[0.0188])
    avg_loss: float | None = Field(description="Mean net return of those that lost.", examples=[-0.017])
    profit_factor: float | None = Field(description="All gains divided by all losses.", examples=[1.073])


Measured = TypeVar("Measured", Performance, AllPerformance)


class _Model(Answer, Generic[Measured]):
    id: str = Field(description="The model's id.", examples=[MODEL_ID])
    name: str = Field(description="Its name.", examples=[NAME])
    description: str = Field(
        description="What its owner says of it.", examples=["Momentum and mean reversion on two large technology shares"]
    )
    model_type: ModelType = Field(description="What it predicts.")
    algorithm: AlgorithmName = Field(description="What it learns by.")
    status: ModelStatus = Field(description="Where it stands.", examples=["COMPLETED"])
    is_published: bool = Field(description="Whether it is on sale.", examples=[False])
    performance_metrics: Measured = Field(description="Of the version that serves.")
    total_earnings: Money = Field(description="What it has brought on the marketplace.", examples=["0.00"])
    version: str | None = Field(description="The version that serves.", examples=["1.0"])
    created_at: Moment = Field(description="When it was made.", examples=[AT])
    updated_at: Moment = Field(description="When it was last changed.", examples=[AT])
    reasons: dict[str, str] = REASONS


class ModelRow(_Model[Performance]):
    """A model as lists show it."""


class ModelPage(Page[ModelRow]):
    """A page of models, the newest first."""


class TrainedVersion(Answer):
    """One training's outcome."""

    # A gateway says all of it.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    version: str = Field(description="The version that it made.", examples=["1.0"])
    job_id: str = Field(description="The training job's id.", examples=[JOB_ID])
    created_at: Moment = Field(description="When it was made.", examples=[AT])
    performance_metrics: Numbers = Field(description="All that was measured out of sample.", examples=[METRICS])
    # One from before there were stages does not: `version` of its model is the one that serves.
    stage: StageName = Field("none", description="How far it has come on its way into use.", examples=["production"])
    aliases: list[str] = Field(default_factory=list, description="Names that point to it.", examples=[["champion"]])
    serves: bool = Field(default=False, description="Whether it answers, and the model's results are its own.", examples=[True])


class AbstainWhen(Answer):
    """When a model says ABSTAIN instead of an answer; one of these is enough."""

    quality_below: float | None = Field(
        None, description="`quality` of the prediction is below this, above 0 and at most 1.", examples=[0.02]
    )
    age_bars_above: int | None = Field(None, description="The candle that it rests on is older than so many candles.", examples=[5])


class ValidationRule(Answer):
    """How the part that is learned from is split to validate on."""

    method: Literal["holdout", "purged_kfold", "walk_forward", "cpcv"] = Field(description="How rows are split in time.")
    folds: int = Field(5, description="Stretches of `purged_kfold` and `walk_forward`.")
    embargo: int | None = Field(None, description="Bars left out after a test; left out: the target's horizon.")
    groups: int = Field(6, description="Of `cpcv`: stretches of time.")
    test_groups: int = Field(2, description="Of `cpcv`: how many of them are tested on at once.")


class TrainingConfig(Answer):
    """How a model is trained and judged; what was left out of it has its default, or is chosen as the default says."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_CONFIG]})

    symbols: list[str] = Field(description="What it learns from; empty until it is said.", examples=[["AAPL", "MSFT"]])
    timeframe: Timeframe = Field("1d", description="Length of a candle.")
    start_date: dt.date | None = Field(None, description="First day of candles; left out: the first there is.")
    end_date: dt.date | None = Field(None, description="Last day of candles; left out: the last there is.")
    train_test_split: float = Field(0.8, description="Share of time, from the start, to train on.")
    cross_validation_folds: int = Field(5, description="Purged k-fold on the training part; 0 for none.")
    horizon: int = Field(5, description="Bars ahead that a label looks.")
    horizon_in: Literal["sessions", "candles"] | None = Field(None, description="In what days and weeks count; left out: candles.")
    barrier: float | None = Field(
        None, description="Triple barrier's distance in recent volatilities; left out: so that classes are alike."
    )
    window: Literal["common", "union"] = Field("common", description="Days on which every symbol has candles, or any.")
    commission: float | None = Field(None, description="Cost per side, as a fraction; left out: by asset class.")
    slippage: float | None = Field(None, description="Price worsened per side, as a fraction; left out: by asset class.")
    borrow_rate: float | None = Field(None, description="Cost of a short position, as a fraction a year; left out: by asset class.")
    synthetic: Literal["allow", "never"] | None = Field(
        None, description="Whether generated candles may stand in; left out: as the platform has it."
    )
    num_workers: int = Field(1, description="Workers that train together.")
    abstain_when: AbstainWhen | None = Field(None, description="When the model says ABSTAIN instead of an answer; left out: never.")
    retrain: Retrain | None = Field(None, description="How it is retrained by itself; left out: never.")
    validation: ValidationRule | None = Field(None, description="How it is validated; left out: by `cross_validation_folds`.")
    sample_weights: Literal["none", "uniqueness"] | None = Field(None, description="Which rows count for less; left out: none.")
    calibration: Literal["none", "isotonic", "platt"] | None = Field(None, description="How probabilities are calibrated; left out: not.")
    refit: bool | None = Field(None, description="Whether what serves learns from the test's rows, too; left out: no.")


class ModelDetails(_Model[AllPerformance]):
    """All there is to say of one model."""

    target_variable: str = Field(description="What it predicts.", examples=["signal_type"])
    features: list[str] = Field(
        description="What it looks at.",
        examples=[["rsi_14", "macd_signal", "bollinger_position", "volume_ma_ratio", "price_ma_50_ratio"]],
    )
    hyperparameters: JsonObject = Field(
        description="As given, in the library's own names; what was left out has its default.",
        examples=[{"n_estimators": 100, "max_depth": 10, "min_samples_split": 5, "random_state": 42}],
    )
    training_config: TrainingConfig = Field(description="How it is trained and judged.")
    backtest_results: Backtest = Field(description="Trading by the version that serves.")
    feature_importance: dict[str, float] | None = Field(
        description="Sums to 1.",
        examples=[
            {
                "rsi_14": 0.2308,
                "macd_signal": 0.1586,
                "bollinger_position": 0.2421,
                "volume_ma_ratio": 0.201,
                "price_ma_50_ratio": 0.1675,
            }
        ],
    )
    total_downloads: int = Field(description="How often its files were downloaded; 0, as no operation gives them out.", examples=[0])
    active_job_id: str | None = Field(description="The job that trains it now.", examples=[None])
    versions: list[TrainedVersion] = Field(description="The oldest first.")
    baselines: JsonObject | None = Field(description="What simple rules reach, by the same metrics.", examples=[BASELINES])
    sharpe_interval: JsonObject | None = Field(
        description="Bootstrap interval of the Sharpe ratio: low, high, level, method, samples, bars; `warning` under 250 bars.",
        examples=[SHARPE_INTERVAL],
    )
    equity_curve: list[tuple[str, float]] | None = Field(
        description="Date and equity, starting at 1; at most 500 points, extremes among them: see `run_card.equity_curve`.",
        examples=[[["2011-05-26", 1.0], ["2011-05-27", 0.9938]]],
    )
    gate: GateVerdict | None = Field(
        None, description="How the version that serves compares with the one before; null unless its schedule made it."
    )
    retraining: Retraining | None = Field(None, description="How its retraining stands; null where it is not retrained by itself.")
    run_card: JsonObject | None = Field(
        description="All that is needed to train the same model again; each symbol's rows and bars by part; `warnings`.",
        examples=[RUN_CARD],
    )
    learned_until: Moment | None = Field(
        description="When the last label was known that it learned from: it knows of nothing later.", examples=["2011-05-18T20:00:00.000Z"]
    )
    data_source: str | None = Field(description="Where its candles come from.", examples=[SOURCE])
    synthetic: bool | None = Field(description="Whether its candles were generated.", examples=[False])
    as_of: Moment | None = Field(
        None, description="Close of the newest candle that its results rest on.", examples=["2012-12-31T21:00:00.000Z"]
    )
    age_bars: int | None = Field(None, description=AGE_BARS, examples=[3281])
    stale: bool | None = Field(None, description=STALE, examples=[True])

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
