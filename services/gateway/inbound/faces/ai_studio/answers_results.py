"""AI Studio's answers about what a model did on its test, as the OpenAPI document has them."""

from typing import Literal

from pydantic import BaseModel, Field

from libs.contracts.envelope import Moment
from services.gateway.inbound.faces.ai_studio import examples_results as examples
from services.gateway.inbound.faces.ai_studio.answers import REASONS, shown
from services.gateway.inbound.http.paging import PageOut


class Trade(BaseModel):
    """A trade on the test part. What is decided on a candle's close is filled at the next candle's open."""

    model_config = shown(examples.TRADE)

    number: int = Field(ge=1, description="Counted in the order in which trades ended.")
    symbol: str
    side: Literal["LONG", "SHORT"]
    entry_time: Moment = Field(
        description="The candle in which it was entered, by the time of its close: at its open, or at its close where its open is no price."
    )
    entry_price: float = Field(description="The candle's own price, before slippage.")
    exit_time: Moment = Field(description="The candle in which it was left: at its open after a signal, else at its close.")
    exit_price: float = Field(description="The candle's own price, before slippage.")
    bars_held: int = Field(description="Over how many candles it was held.")
    weight: float = Field(description="What was put in, as a fraction of the capital at the start.")
    gross_return: float = Field(
        description="Without costs: the change from entry price to exit price, negative where a short rose; at least -1."
    )
    costs: float = Field(description="What commission, slippage and borrowing took of it: the gross return less the net one.")
    net_return: float = Field(description="After costs; above 0 it counts as won.")
    pnl: float = Field(description="What it earned, as a fraction of the capital at the start; they sum to `total_return`.")
    exit_reason: Literal["SIGNAL", "GAP", "END", "RUIN"] = Field(
        description="The model wanted another position; a hole in the candles follows; they end; or nothing was left of what was put in."
    )


class _Kept(BaseModel):
    model_version: str
    timeframe: str = Field(description="How long a candle is.")
    synthetic: bool = Field(description="Whether its candles were generated.")
    left_out: int = Field(description="How many older ones were too many to be kept.")


class TradePage(_Kept, PageOut):
    """A page of a version's trades, in the order in which they ended."""

    model_config = shown(examples.TRADES)

    results: list[Trade]


class Point(BaseModel):
    """Equity at a candle's close, of the capital 1 at the start, after costs."""

    time: Moment
    equity: float
    drawdown: float = Field(ge=0, description="How far it is below its highest so far, as a fraction of that.")
    buy_and_hold: float = Field(description="The same capital in the same symbols, bought at once and held, with the same costs.")
    buy_and_hold_drawdown: float = Field(ge=0)


class EquityCurve(_Kept):
    """A version's equity on the test part, every candle of it, the oldest first."""

    model_config = shown(examples.CURVE)

    points: list[Point]
    count: int
    equity_plot_url: str | None
    reasons: dict[str, str] = Field(description=REASONS)
