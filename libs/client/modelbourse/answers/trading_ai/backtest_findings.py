"""What a backtest tells of itself beyond its numbers: luck, look-ahead, a sweep's surface, windows of a walk forward (Trading AI)."""

from typing import Literal

from pydantic import Field

from modelbourse.answers.answer import Answer, Moment, Numbers, Plain


class UnderWater(Answer):
    """A time that equity spent below its peak."""

    start: Moment = Field(description="Close at the peak.")
    trough: Moment = Field(description="The lowest close.")
    recovered: Moment | None = Field(description="The first close that is back at the peak; null where that has not come.")
    depth: float = Field(description="As a fraction of the peak.")
    days: float = Field(description="From the peak to its recovery, or to the last close.")


class MonteCarlo(Answer):
    """What the same trades in another order, and other samples of them, would have made; quantiles by their level."""

    samples: int = Field(description="How many orders, and how many samples.")
    trades: int = Field(description="How many trades each has.")
    drawdown: float = Field(description="The largest that happened, from one trade's end to another's.")
    shuffled_drawdown: dict[str, float] = Field(description="Of the same trades in another order.")
    resampled_drawdown: dict[str, float] = Field(description="Of as many trades drawn with replacement.")
    resampled_return: dict[str, float] = Field(description="Total return of these.")
    deeper: float = Field(description="Share of orders that fell deeper than what happened.")
    loss: float = Field(description="Share of samples that lost.")


class LookaheadProof(Answer):
    """Whether what was decided on a candle, and what came of it up to there, is the same when nothing after it is there."""

    passed: bool = Field(description="Whether nothing came out otherwise.")
    cuts: int = Field(description="At how many moments the candles of all symbols were cut off, and all before decided and played again.")
    bars_compared: int = Field(description="How many candles were compared, over all cuts: their decisions, and their equity.")
    first_difference: Moment | None = Field(description="Close of the first candle that came out otherwise; null where none did.")
    symbol: str | None = Field(description="Of which symbol; null where none was, or where it is the money of several together.")


class SweepPoint(Answer):
    """One point of the grid, and what came of it."""

    parameters: dict[str, Plain] = Field(description="The values that were tried together.")
    sharpe_ratio: float | None = Field(description="Annualised. Null where returns do not vary.")
    net_profit: float = Field(description="Final equity less the initial capital.")
    max_drawdown: float = Field(description="The largest fall from a peak, as a fraction of it.")
    total_trades: int = Field(description="How many trades there were.")


class Overfit(Answer):
    """How likely the best point was only lucky (PBO, by combinatorially symmetric cross-validation)."""

    probability: float = Field(description="Share of splits in which the best in sample is in the lower half out of sample.")
    loss: float = Field(description="Share of splits in which it has a Sharpe ratio below 0 out of sample.")
    slope: float | None = Field(description="Of its Sharpe ratio out of sample over that in sample. Null where the latter does not vary.")
    blocks: int = Field(description="What the candles were cut into.")
    splits: int = Field(description="Ways to choose half of them.")
    logits: dict[str, float] = Field(description="Quantiles of the logits of its rank out of sample, by their level.")


class Sweep(Answer):
    """Every point of the grid; all other figures are of the best one."""

    metric: str = Field(description="What the best is chosen by.")
    grid: dict[str, list[float]] = Field(description="The values of each parameter.")
    count: int = Field(description="Points that were played.")
    left_out: int = Field(description="Points that make no sense, such as `oversold` above `overbought`.")
    best: SweepPoint = Field(description="The best point.")
    points: list[SweepPoint] = Field(description="In the order of the grid; of more than fit, at most 1000, the best.")
    points_left_out: int = Field(description="How many are left out here; `GET …/sweep` has all.")
    shape: Literal["plateau", "spike"] | None = Field(
        description="`plateau`: the median of the best point's neighbours keeps 70 % of its score. Null where nothing can be said."
    )
    neighbours: int = Field(description="Points one step away from the best on every axis.")
    neighbour_ratio: float | None = Field(
        description="Their median score / the best. Null where there are none, or the best is not above 0."
    )
    at_edge: bool = Field(description="Whether the best lies on the grid's border: it may be better outside.")
    positive: float | None = Field(description="Share of all points with a score above 0.")
    overfitting: Overfit | None = Field(description="Null where there is one point, or too few candles.")
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.")


class Window(Answer):
    """One window of a walk forward: tuned on the first part, scored on the second."""

    in_sample_start: Moment = Field(description="Close of the first candle that it is tuned on.")
    in_sample_end: Moment = Field(description="And of the last.")
    out_of_sample_start: Moment = Field(description="Close of the first candle that it is scored on.")
    out_of_sample_end: Moment = Field(description="And of the last.")
    parameters: dict[str, Plain] = Field(description="The point that was best in sample.")
    in_sample: float | None = Field(description="Its score there.")
    out_of_sample: float | None = Field(description="And on the candles after; 0 where nothing was traded.")
    out_of_sample_return: float = Field(description="What equity grew by there, as a fraction.")
    missed: int = Field(description="Entries there that found no money, no volume or no known volatility.")


class WalkForward(Answer):
    """Windows, one after the other, and what they say together."""

    mode: Literal["rolling", "anchored"] = Field(description="Whether a window's first day moves on with it.")
    metric: str = Field(description="What is scored.")
    purged_bars: int = Field(description="Candles left out between both parts of a window.")
    windows: list[Window] = Field(description="The oldest first.")
    metrics: Numbers = Field(description="Of the parts out of sample, put together.")
    in_sample: float | None = Field(description="Mean score in sample.")
    out_of_sample: float | None = Field(description="Mean score out of sample.")
    efficiency: float | None = Field(description="The second / the first. Null where nothing was earned in sample.")
    profitable: float | None = Field(description="Share of windows that earn out of sample.")
    verdict: Literal["robust", "fragile", "failed"] | None = Field(description="Null where nothing can be said.")
    scored: int = Field(description="Windows that have a score in both parts, on which all this rests.")
    words: str = Field(description="Why it is what it is.")
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.")
