"""What the gateway answers about a model's test, and several models' tests side by side."""

from typing import Any

from modelbourse.answers.answer import Answer, Moment, Numbers, Page
from modelbourse.answers.frames import to_frame


class Trade(Answer):
    """A trade on the test part: prices before slippage, `weight` and `pnl` as fractions of the capital at the start."""

    number: int
    symbol: str
    side: str
    entry_time: Moment
    entry_price: float
    exit_time: Moment
    exit_price: float
    bars_held: int
    weight: float
    gross_return: float
    costs: float
    net_return: float
    pnl: float
    exit_reason: str


class TradePage(Page[Trade]):
    """A page of trades in the order in which they ended; `left_out` older ones were too many to be kept."""

    model_version: str
    timeframe: str
    synthetic: bool
    left_out: int


class Point(Answer):
    """Equity at a candle's close, of the capital 1; drawdowns are fractions of the highest before."""

    time: Moment
    equity: float
    drawdown: float
    buy_and_hold: float
    buy_and_hold_drawdown: float


class EquityCurve(Answer):
    """Equity on the test part, candle by candle."""

    points: list[Point]
    count: int
    equity_plot_url: str | None
    model_version: str
    timeframe: str
    synthetic: bool
    left_out: int
    reasons: dict[str, str]

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame, a line for each candle; raise PandasMissingError."""
        return to_frame(self.points)


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
    synthetic: bool | None


class Comparison(Answer):
    """Models side by side, in the order in which they were asked for, and what speaks against comparing them."""

    models: list[ComparedModel]
    warnings: list[str]

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame, a line for each model; raise PandasMissingError."""
        return to_frame(self.models)
