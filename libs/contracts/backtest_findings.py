"""What a backtest tells of itself beyond its numbers: how sure they are, what a sweep's surface looks like, what came out of sample."""

from typing import Annotated, Literal

from pydantic import Field

from libs.contracts.envelope import Message, Moment

POINTS_MOST = 1000
WINDOWS_MOST = 400
Values = dict[str, float | None]


class UnderWater(Message):
    """A time that equity spent below its peak."""

    start: Moment = Field(description="Close at the peak.")
    trough: Moment = Field(description="The lowest close.")
    recovered: Moment | None = Field(description="The first close that is back at the peak; null where that has not come.")
    depth: float = Field(description="As a positive fraction of the peak.")
    days: float = Field(description="From the peak to its recovery, or to the last close.")


class TradeOrderLuck(Message):
    """What the same trades in another order, and other samples of them, would have made (Monte Carlo); quantiles by their level."""

    samples: int
    trades: int
    drawdown: float = Field(description="The largest that happened, from one trade's end to another's.")
    shuffled_drawdown: dict[str, float] = Field(description="Of the same trades in another order.")
    resampled_drawdown: dict[str, float] = Field(description="Of as many trades drawn with replacement.")
    resampled_return: dict[str, float] = Field(description="Total return of these.")
    deeper: float = Field(description="Share of orders that fell deeper than what happened.")
    loss: float = Field(description="Share of samples that lost.")


class LookaheadProof(Message):
    """Whether what was decided on a bar, and what came of it up to there, is the same when nothing after that bar is there."""

    passed: bool
    cuts: int = Field(description="At how many moments the candles of all symbols were cut off, and all before decided and played again.")
    bars_compared: int
    first_difference: Moment | None = Field(description="Close of the first bar that came out otherwise; null where none did.")
    symbol: str | None = Field(None, description="Of which symbol; null also where it is the money of several together.")


class SweepPoint(Message):
    """One point of the grid and what came of it."""

    parameters: dict[str, float]
    sharpe_ratio: float | None
    net_profit: float
    max_drawdown: float
    total_trades: int


class Overfit(Message):
    """How likely the best point was only lucky: the probability of backtest overfitting (Bailey, Borwein, López de Prado, Zhu 2017)."""

    probability: float = Field(description="Share of splits in which the best in sample is in the lower half out of sample.")
    loss: float = Field(description="Share of splits in which it has a Sharpe ratio below 0 out of sample.")
    slope: float | None = Field(description="Of its Sharpe ratio out of sample over that in sample.")
    blocks: int
    splits: int
    logits: dict[str, float] = Field(description="Quantiles of the logits of its rank out of sample, by their level.")


class Sweep(Message):
    """Every point of the grid; the result is that of the best."""

    metric: str = Field(description="What the best is chosen by.")
    grid: dict[str, tuple[float, ...]]
    count: int = Field(description="Points that were played.")
    left_out: int = Field(description="Points of the grid that make no sense, as `oversold` above `overbought`.")
    best: SweepPoint
    points: Annotated[tuple[SweepPoint, ...], Field(max_length=POINTS_MOST)] = Field(
        description="In the order of the grid; of more than fit the best. The table `sweep` has all."
    )
    points_left_out: int = Field(0, description="How many are in that table alone.")
    shape: Literal["plateau", "spike"] | None = Field(description="Whether the optimum's neighbours are nearly as good.")
    neighbours: int = Field(description="Points with a score one step away from the best on every axis.")
    neighbour_ratio: float | None = Field(description="Their median score / the best.")
    at_edge: bool = Field(description="Whether the best lies on the grid's border: it may go on rising outside.")
    positive: float | None = Field(description="Share of all points with a score above 0.")
    overfitting: Overfit | None = Field(description="Null where there is one point, or too few bars.")
    reasons: dict[str, str] = Field(default_factory=dict)


class Window(Message):
    """One window of a walk forward: tuned on the first part, scored on the second."""

    in_sample_start: Moment
    in_sample_end: Moment
    out_of_sample_start: Moment
    out_of_sample_end: Moment
    parameters: dict[str, float] = Field(description="The point that was best in sample.")
    in_sample: float | None = Field(description="Its metric there.")
    out_of_sample: float | None = Field(description="And on the bars after; 0 where nothing was traded.")
    out_of_sample_return: float
    missed: int = Field(0, description="Entries out of sample that found no money, no volume or no known volatility.")


class WalkForwardResult(Message):
    """Windows, one after the other; `metrics` are of the out-of-sample parts put together."""

    mode: Literal["rolling", "anchored"]
    metric: str
    purged_bars: int = Field(description="Bars left out between both parts of a window.")
    windows: Annotated[tuple[Window, ...], Field(max_length=WINDOWS_MOST)]
    metrics: Values
    in_sample: float | None = Field(description="Mean score of the windows in sample.")
    out_of_sample: float | None = Field(description="And out of sample.")
    efficiency: float | None = Field(description="The second / the first.")
    profitable: float | None = Field(description="Share of windows with a score above 0 out of sample.")
    verdict: Literal["robust", "fragile", "failed"] | None
    scored: int = Field(description="Windows that have a score in both parts, on which all this rests.")
    words: str = Field(description="Why it is what it is.")
    reasons: dict[str, str] = Field(default_factory=dict)
