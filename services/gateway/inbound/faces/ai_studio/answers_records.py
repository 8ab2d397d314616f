"""AI Studio's answers about listings' records, as the OpenAPI document has them (translate_records.py writes them)."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.envelope import Moment
from services.gateway.inbound.faces.ai_studio import examples_records as examples
from services.gateway.inbound.faces.ai_studio.answers import REASONS, shown
from services.gateway.inbound.http.paging import PageOut

DAY: Final[dict[str, Any]] = {"format": "date"}


class SharpeInterval(BaseModel):
    """Between `low` and `high` lies the Sharpe ratio at this level."""

    model_config = ConfigDict(extra="allow")

    low: float | None
    high: float | None
    level: float
    method: str
    samples: int
    mean_block: float | None
    reason: str | None = Field(None, description="Why there is none.")


class HeldFigures(BaseModel):
    """What holding brings."""

    sharpe_ratio: float | None
    max_drawdown: float | None
    total_return: float | None
    volatility: float | None


class RecordBaselines(BaseModel):
    """What any strategy has to beat."""

    buy_and_hold: HeldFigures = Field(description="Always long, over the same candles of the same symbols at the same costs.")


class Record(BaseModel):
    """What trading by the model's own signals brings, costs included, measured by the platform."""

    sharpe_ratio: float | None = Field(description="Annualised.")
    max_drawdown: float | None = Field(description="As a positive fraction.")
    total_return: float | None = Field(description="As a fraction.")
    win_rate: float | None
    total_trades: int | None
    start_date: str | None = Field(description="The first day played.", json_schema_extra=DAY)
    end_date: str | None = Field(description="The last day played.", json_schema_extra=DAY)
    trades: int | None = Field(description="The same as `total_trades`.")
    bars: int | None = Field(description="Candles played, on the clock of all symbols.")
    bars_per_year: float | None = Field(description="By which ratios are annualised.")
    absent_days: int | None = Field(description="Days on which the model had no prediction: they count, with no position.")
    skewness: float | None = Field(description="Of the candles' returns.")
    kurtosis: float | None = Field(description="Of the candles' returns; a normal distribution has 3.")
    sharpe_interval: SharpeInterval | None
    baselines: RecordBaselines | None
    synthetic: bool | None = Field(description="Whether generated candles are behind it.")
    measured_at: Moment | None
    reasons: dict[str, str] = Field(description=REASONS)


class TriedRecord(Record):
    """A record, and how much of it the number of its account's trainings leaves."""

    deflated_sharpe_ratio: float | None = Field(
        description="The probability that the true Sharpe ratio is above what the best of `trials` shows by chance "
        "(Bailey and López de Prado 2014)."
    )
    trials: int | None = Field(
        description="The seller's completed trainings that share a symbol and the timeframe with it and whose test overlaps it."
    )
    trials_variance: float | None = Field(
        description="Of the annualised Sharpe ratios of their tests; at least bars_per_year / (bars - 1), as by chance alone."
    )


class RecordEnd(BaseModel):
    """The end of the record's chain: note it, and you can tell later whether a day before it was changed."""

    days: int
    last_day: str | None = Field(json_schema_extra=DAY)
    hash: str = Field(description="Of the last day.")
    restated_days: int = Field(description="Days that the latest measuring found otherwise; they are kept as they were.")


class DayAgain(BaseModel):
    """What the latest measuring found for a day; the day itself stays as it was kept."""

    model_config = ConfigDict(populate_by_name=True)

    day_return: float = Field(alias="return")
    position: float
    absent: bool
    measured_at: Moment


class RecordDay(BaseModel):
    """One day of a record."""

    model_config = ConfigDict(populate_by_name=True)

    date: str = Field(json_schema_extra=DAY)
    day_return: float = Field(alias="return", description="From the day before's last close to this day's, as a fraction, after costs.")
    position: float = Field(ge=-1, le=1, description="What the signals of the day ask for: the mean over the symbols.")
    absent: bool = Field(description="Whether the model had no prediction on this day.")
    hash: str
    previous: str = Field(description="The hash of the day before.")
    restated: DayAgain | None = Field(description="Null while measuring it again gives the same.")


class RecordPage(PageOut):
    """A page of a record's days, the oldest first."""

    model_config = shown(examples.RECORD_PAGE)

    results: list[RecordDay]
