"""What AI Engine answers about candles."""

from typing import Any, Literal

from pydantic import Field

from modelbourse.answers.answer import REASONS, Answer, Moment
from modelbourse.answers.frames import to_frame

Source = Literal["uploaded", "live", "packaged", "generated"]
CLOSED = "2012-12-31T21:00:00.000Z"


class Candle(Answer):
    """A candle."""

    opened_at: Moment = Field(description="When it opened.", examples=["2012-12-31T14:30:00.000Z"])
    closed_at: Moment = Field(description="When it closed: nothing of it is known before.", examples=[CLOSED])
    open: float = Field(description="The first price.", examples=[510.53])
    high: float = Field(description="The highest price.", examples=[535.4])
    low: float = Field(description="The lowest price.", examples=[509.0])
    close: float = Field(description="The last price.", examples=[532.17])
    volume: float | None = Field(description="What was traded; null where the source does not know it.", examples=[23553300.0])


class Candles(Answer):
    """Candles of a symbol, the oldest first, and where they are from."""

    symbol: str = Field(description="What they are of.", examples=["AAPL"])
    timeframe: str = Field(description="How long one is.", examples=["1d"])
    source: Source = Field(
        description="Whether you sent them, the platform goes on fetching them, they come with it, or they were generated.",
        examples=["packaged"],
    )
    dataset_id: str | None = Field(description="The dataset that they are of; null for generated ones.", examples=["packaged_AAPL_1d"])
    version: int | None = Field(description="Its version; null for packaged and generated ones.", examples=[None])
    made_of: str | None = Field(description="The timeframe that they were made of, where that is a finer one.", examples=[None])
    origin: str = Field(description="In words: whose data it is.", examples=["bokeh-sampledata 2026.1 (Quandl WIKI, public domain)"])
    calendar: str = Field(description="When the market trades.", examples=["XNYS"])
    adjustment: str = Field(description="What prices were adjusted for.", examples=["splits and dividends"])
    synthetic: bool = Field(description="Whether they were generated.", examples=[False])
    first: Moment = Field(description="Open of the oldest candle that there is.", examples=["2000-03-01T14:30:00.000Z"])
    last: Moment = Field(description="Close of the newest candle that there is.", examples=["2013-03-01T21:00:00.000Z"])
    candles: list[Candle] = Field(description="Those of this part, the oldest first.")
    next_start: Moment | None = Field(
        description="The `start` of what comes next, with the same `end`; null at the window's end.", examples=["2013-01-02T21:00:00.000Z"]
    )
    previous_end: Moment | None = Field(
        description="The `end` of what comes before, without a `start`; null where nothing does.", examples=["2012-12-28T21:00:00.000Z"]
    )
    reasons: dict[str, str] = REASONS

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame, a line for each candle; raise PandasMissingError."""
        return to_frame(self.candles)
