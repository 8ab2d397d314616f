"""What the gateway answers about a model's test and what the model rests on; and several models' tests side by side."""

from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import MODEL_ID, REASONS, Answer, Moment, Numbers, Page
from modelbourse.answers.frames import to_frame
from modelbourse.answers.models import Timeframe
from modelbourse.answers.predictions import AGE_BARS, STALE, Scale

CLOSE: Final = "Close of the newest candle that it rests on; null where its training did not write that down."
PLOTS: Final = f"/api/ai-studio/models/{MODEL_ID}/plots"


class Trade(Answer):
    """A trade on the test part. What is decided on a candle's close is filled at the next candle's open."""

    number: int = Field(ge=1, description="Counted in the order in which trades ended.", examples=[1])
    symbol: str = Field(description="What was traded.", examples=["MSFT"])
    side: Literal["LONG", "SHORT"] = Field(description="Whether it was bought or sold first.", examples=["LONG"])
    entry_time: Moment = Field(
        description="The candle in which it was entered, by its close: at its open, or at its close where its open is no price.",
        examples=["2011-01-05T21:00:00.000Z"],
    )
    entry_price: float = Field(description="The candle's own price, before slippage.", examples=[23.1784])
    exit_time: Moment = Field(
        description="The candle in which it was left: at its open after a signal, else at its close.",
        examples=["2011-01-11T21:00:00.000Z"],
    )
    exit_price: float = Field(description="The candle's own price, before slippage.", examples=[23.3941])
    bars_held: int = Field(description="Over how many candles it was held.", examples=[4])
    weight: float = Field(description="What was put in, as a fraction of the capital at the start.", examples=[0.5])
    gross_return: float = Field(
        description="Without costs: the change from entry price to exit price, negative where a short rose; at least -1.", examples=[0.0093]
    )
    costs: float = Field(
        description="What commission, slippage and borrowing took of it: the gross return less the net one.", examples=[0.0014]
    )
    net_return: float = Field(description="After costs; above 0 it counts as won.", examples=[0.0079])
    pnl: float = Field(
        description="What it earned, as a fraction of the capital at the start; they sum to `total_return`.", examples=[0.0039]
    )
    exit_reason: Literal["SIGNAL", "GAP", "END", "RUIN"] = Field(
        description="The model wanted another position; a hole in the candles follows; they end; or nothing was left of what was put in.",
        examples=["SIGNAL"],
    )


class TradePage(Page[Trade]):
    """A page of a version's trades, in the order in which they ended."""

    model_version: str = Field(description="The version that serves.", examples=["1.0"])
    timeframe: Timeframe = Field(description="How long a candle is.", examples=["1d"])
    synthetic: bool = Field(description="Whether its candles were generated.", examples=[False])
    left_out: int = Field(description="How many older ones were too many to be kept.", examples=[0])
    as_of: Moment | None = Field(None, description=CLOSE, examples=["2012-12-31T21:00:00.000Z"])
    age_bars: int | None = Field(None, description=AGE_BARS, examples=[3281])
    stale: bool | None = Field(None, description=STALE, examples=[True])


class Point(Answer):
    """Equity at a candle's close, of the capital 1 at the start, after costs."""

    time: Moment = Field(description="The candle, by the time of its close.", examples=["2011-01-05T21:00:00.000Z"])
    equity: float = Field(description="What the capital has become.", examples=[0.9987])
    drawdown: float = Field(ge=0, description="How far it is below its highest so far, as a fraction of that.", examples=[0.0013])
    buy_and_hold: float = Field(
        description="The same capital in the same symbols, bought at once and held, with the same costs.", examples=[1.0041]
    )
    buy_and_hold_drawdown: float = Field(ge=0, description="How far that is below its own highest.", examples=[0.0])


class EquityCurve(Answer):
    """A version's equity on the test part, every candle of it, the oldest first."""

    points: list[Point] = Field(description="A point for each candle.")
    count: int = Field(description="How many points there are.", examples=[1])
    equity_plot_url: str | None = Field(description="Where its picture lies.", examples=[f"{PLOTS}/equity.png"])
    model_version: str = Field(description="The version that serves.", examples=["1.0"])
    timeframe: Timeframe = Field(description="How long a candle is.", examples=["1d"])
    synthetic: bool = Field(description="Whether its candles were generated.", examples=[False])
    left_out: int = Field(description="How many older ones were too many to be kept.", examples=[0])
    as_of: Moment | None = Field(None, description=CLOSE, examples=["2012-12-31T21:00:00.000Z"])
    age_bars: int | None = Field(None, description=AGE_BARS, examples=[3281])
    stale: bool | None = Field(None, description=STALE, examples=[True])
    reasons: dict[str, str] = REASONS

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame, a line for each candle; raise PandasMissingError."""
        return to_frame(self.points)


class RankedFeature(Answer):
    """How much a feature weighs."""

    importance: float = Field(ge=0, le=1, description="Share of the mean |SHAP value|; all features sum to 1.", examples=[0.2421])
    rank: int = Field(ge=1, description="1 is the most important.", examples=[1])
    description: str = Field(description="What it is.", examples=["14-period Relative Strength Index"])


class _NamedFeature(Answer):
    feature: str


class HowMeasured(Answer):
    """How the importance was measured."""

    method: str = Field(description="In words.", examples=["mean |SHAP value| of the predicted output, out of sample"])
    scale: Scale = Field(description="What SHAP values are measured in.", examples=["probability"])
    rows: int = Field(description="Over how many rows.", examples=[794])
    estimated: bool | None = Field(None, description="Of a network alone: whether contributions are estimates.")
    standard_error: float | None = Field(None, description="Of a network alone: that of the estimates; null where they are exact.")


class FeatureImportance(Answer):
    """What the version that serves rests on."""

    feature_importance: dict[str, RankedFeature] | None = Field(
        description="By name, the most important first.",
        examples=[{"rsi_14": {"importance": 0.2421, "rank": 1, "description": "14-period Relative Strength Index"}}],
    )
    importance_plot_url: str | None = Field(description="Where their bars lie.", examples=[f"{PLOTS}/feature-importance.png"])
    shap_summary_plot_url: str | None = Field(description="Where SHAP values row by row lie.", examples=[f"{PLOTS}/shap-summary.png"])
    plots: dict[str, str | None] = Field(
        {},
        description="Where each picture of the version lies, by name; null where there is none.",
        examples=[{"trades": f"{PLOTS}/trades.png"}],
    )
    model_version: str | None = Field(description="The version that serves.", examples=["1.0"])
    measured: HowMeasured | None = Field(description="How it was measured.")
    synthetic: bool | None = Field(description="Whether its candles were generated.", examples=[False])
    reasons: dict[str, str] = REASONS

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame: feature, importance, rank, description; raise PandasMissingError."""
        return to_frame(
            [_NamedFeature.model_validate({"feature": name} | each.as_json()) for name, each in (self.feature_importance or {}).items()]
        )


class ComparedModel(Answer):
    """A model's test. `metrics` and `backtest` are the model's, `baselines` have the same metrics of simple rules, by their names."""

    id: str
    name: str
    status: str
    version: str | None
    model_type: str
    algorithm: str
    symbols: list[str]
    timeframe: str | None
    test_start: str | None
    test_end: str | None
    test_rows: int | None
    metrics: Numbers
    backtest: Numbers
    baselines: dict[str, Any]
    sharpe_interval: dict[str, Any] | None
    equity_curve: list[tuple[str, float]] | None = None
    synthetic: bool | None
    as_of: Moment | None = None
    age_bars: int | None = None
    stale: bool | None = None


class Comparison(Answer):
    """Models side by side, in the order in which they were asked for, and what speaks against comparing them."""

    models: list[ComparedModel]
    warnings: list[str]

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame, a line for each model; raise PandasMissingError."""
        return to_frame(self.models)
