"""What the gateway answers about listings' records: figures, days, and whether their chain holds."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from pydantic import ConfigDict, Field

from modelbourse.answers.answer import REASONS, Answer, JsonObject, Moment, Page
from modelbourse.answers.predictions import STATIC_DATA

# In examples.
HASH: Final = "0d0c0a7c3a6f0a5ef6f1f5f1cf0a3a3c5b3b9d1f3f6a1f8e4f0c2b7e9d5a6c41"
INTERVAL: Final[JsonObject] = {
    "low": -1.2871,
    "high": 1.7462,
    "level": 0.95,
    "method": "stationary bootstrap (Politis and Romano 1994), studentised (Ledoit and Wolf 2008)",
    "samples": 1000,
    "mean_block": 7.4169,
    "bars": 408,
}


class SharpeInterval(Answer):
    """Between `low` and `high` lies the Sharpe ratio at this level."""

    model_config = ConfigDict(json_schema_extra={"examples": [INTERVAL]})

    low: float | None = Field(description="Null when it cannot be computed.")
    high: float | None = Field(description="Null when it cannot be computed.")
    level: float = Field(description="How sure it is.")
    method: str = Field(description="How it was computed.")
    samples: int = Field(description="How many samples were drawn.")
    mean_block: float | None = Field(description="The mean length of the blocks that a sample is made of.")
    bars: int | None = Field(None, description="How many returns it rests on; an older one does not say.")
    reason: str | None = Field(None, description="Why there is none.")
    warning: str | None = Field(None, description="Why it says little.")


class HeldFigures(Answer):
    """What holding brings."""

    sharpe_ratio: float | None = Field(description="Annualised.", examples=[0.9673])
    max_drawdown: float | None = Field(description="As a positive fraction.", examples=[0.2135])
    total_return: float | None = Field(description="As a fraction.", examples=[0.3204])
    volatility: float | None = Field(description="Annualised.", examples=[0.2146])


class RecordBaselines(Answer):
    """What any strategy has to beat."""

    buy_and_hold: HeldFigures = Field(description="Always long, over the same candles of the same symbols at the same costs.")


class Record(Answer):
    """What trading by the model's own signals brings, costs included, measured by the platform."""

    sharpe_ratio: float | None = Field(description="Annualised.", examples=[0.2456])
    max_drawdown: float | None = Field(description="As a positive fraction.", examples=[0.164])
    total_return: float | None = Field(description="As a fraction.", examples=[0.0435])
    win_rate: float | None = Field(description="The share of trades that earned something after costs.", examples=[0.4917])
    total_trades: int | None = Field(description="How many trades there were.", examples=[242])
    bars: int | None = Field(description="Candles played, on the clock of all symbols.", examples=[408])
    bars_per_year: float | None = Field(description="By which ratios are annualised.", examples=[251.6])
    absent_days: int | None = Field(description="Days on which the model had no prediction: they count, with no position.", examples=[0])
    skewness: float | None = Field(description="Of the candles' returns.", examples=[-0.2114])
    kurtosis: float | None = Field(description="Of the candles' returns; a normal distribution has 3.", examples=[5.4031])
    sharpe_interval: SharpeInterval | None = Field(description="How sure the Sharpe ratio is.")
    baselines: RecordBaselines | None = Field(description="What it is compared with.")
    start_date: dt.date | None = Field(description="The first day played.", examples=["2011-05-19"])
    end_date: dt.date | None = Field(description="The last day played.", examples=["2012-12-31"])
    trades: int | None = Field(description="The same as `total_trades`.", examples=[242])
    synthetic: bool | None = Field(description="Whether generated candles are behind it.", examples=[False])
    measured_at: Moment | None = Field(description="When it was measured.", examples=["2026-01-15T15:30:00.000Z"])
    static_data: bool = Field(default=False, description=STATIC_DATA, examples=[True])
    reasons: dict[str, str] = REASONS


FIGURES: Final = tuple(name for name in Record.model_fields if name not in {"reasons", "static_data"})
# In an example.
NONE_YET: Final[JsonObject] = dict.fromkeys(FIGURES) | {"reasons": dict.fromkeys(FIGURES, "The platform has not measured it yet.")}


class TriedRecord(Record):
    """A record, and how much of it the number of its account's trainings leaves."""

    deflated_sharpe_ratio: float | None = Field(
        description="The probability that the true Sharpe ratio is above what the best of `trials` shows by chance "
        "(Bailey and López de Prado 2014).",
        examples=[0.0164],
    )
    trials: int | None = Field(
        description="The seller's completed trainings that share a symbol and the timeframe with it and whose test overlaps it.",
        examples=[80],
    )
    trials_variance: float | None = Field(
        description="Of the annualised Sharpe ratios of their tests; at least bars_per_year / (bars - 1), as by chance alone.",
        examples=[0.6182],
    )


class RecordEnd(Answer):
    """The end of the record's chain: note it, and you can tell later whether a day before it was changed."""

    days: int = Field(description="How many days there are.", examples=[408])
    last_day: dt.date | None = Field(description="The last one.", examples=["2012-12-31"])
    hash: str = Field(description="Of the last day.", examples=[HASH])
    restated_days: int = Field(description="Days that the latest measuring found otherwise; they are kept as they were.", examples=[0])


class DayAgain(Answer):
    """What the latest measuring found for a day; the day itself stays as it was kept."""

    model_config = ConfigDict(populate_by_name=True)

    day_return: float = Field(alias="return", description="As a fraction, after costs.", examples=[-0.0061538463])
    position: float = Field(description="What the signals of the day ask for.", examples=[0.5])
    absent: bool = Field(description="Whether the model had no prediction.", examples=[False])
    measured_at: Moment = Field(description="When it was measured.", examples=["2026-01-15T15:30:00.000Z"])


class RecordDay(Answer):
    """One day of a record, with its hash and that of the day before. In Python `return` is `day_return`."""

    model_config = ConfigDict(populate_by_name=True)

    date: dt.date = Field(description="The day, UTC.", examples=["2011-05-19"])
    day_return: float = Field(
        alias="return",
        description="From the day before's last close to this day's, as a fraction, after costs.",
        examples=[-0.0061538462],
    )
    position: float = Field(ge=-1, le=1, description="What the signals of the day ask for: the mean over the symbols.", examples=[0.5])
    absent: bool = Field(description="Whether the model had no prediction on this day.", examples=[False])
    hash: str = Field(description="The day's hash.", examples=[HASH])
    previous: str = Field(
        description="The hash of the day before.", examples=["c6c3a9e1d27b5f08496a1e7d3b2f5c80917e4d6a8b3c2f1e0d9a7b6c5e4f3a21"]
    )
    restated: DayAgain | None = Field(description="Null while measuring it again gives the same.", examples=[None])


class RecordPage(Page[RecordDay]):
    """A page of a record's days, the oldest first."""

    static_data: bool = Field(default=False, description=STATIC_DATA, examples=[True])


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of a record's chain came to. `total_return` is what its days come to, one after another.

    `problem` says what is wrong, None for a chain that holds; `broken_at` is the day where it breaks, None where it is no day's.
    """

    listing_id: str
    days: int
    first_day: dt.date | None
    last_day: dt.date | None
    hash: str | None
    absent_days: int
    restated_days: int
    total_return: float
    broken_at: dt.date | None = None
    problem: str | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.problem is None
