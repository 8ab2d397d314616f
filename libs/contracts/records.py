"""A listing's record beyond its figures: its days as a hash chain, how sure it is, and what it counts for among others."""

import datetime as dt
from typing import Annotated, ClassVar

from pydantic import Field, NonNegativeInt, PositiveInt

from libs.contracts.envelope import Ask, Message, Moment, Reply


class RecordDay(Message):
    """What a version's signals brought on one day, costs included."""

    date: dt.date = Field(description="UTC; a candle that closes at midnight belongs to the day before.")
    day_return: float = Field(description="From the day before's last close to this day's, as a fraction; with at most 10 decimals.")
    position: float = Field(ge=-1, le=1, description="What the signals of the day's last candles ask for: the mean over the symbols.")
    absent: bool = Field(description="Whether the model had no prediction on this day, as features were missing.")


class ChainedDay(RecordDay):
    """A day as it is kept: with its hash, and that of the day before (libs/contracts/record_chain.py)."""

    hash: str
    previous: str


class DayAgain(Message):
    """What the latest measuring found for a day that is kept otherwise: the kept day stays as it is."""

    day_return: float
    position: float
    absent: bool
    measured_at: Moment


class KeptDay(ChainedDay):
    """A day of the chain, and what the latest measuring says of it where that differs."""

    restated: DayAgain | None = None


class RecordHead(Message):
    """The end of a record's chain: who notes it can tell later whether anything before it was changed."""

    days: NonNegativeInt
    hash: str = Field(description="Of the last day; without days what stands before the first one.")
    last: dt.date | None = Field(description="The last day.")
    restated: NonNegativeInt = Field(0, description="Kept days of which the latest measuring says something else.")


class Standing(Message):
    """What a record counts for among others. What is null has its reason under `reasons`."""

    sharpe_ratio: float | None = Field(description="What it is ordered and filtered by; null for what is not ranked.")
    deflated_sharpe_ratio: float | None = Field(
        description="The probability that the true Sharpe ratio is above what the best of so many trials shows by chance "
        "(Bailey and López de Prado 2014)."
    )
    trials: PositiveInt | None = Field(
        description="The account's completed trainings that share a symbol and the timeframe with it and whose test overlaps it."
    )
    trials_variance: float | None = Field(
        description="Of the annualised Sharpe ratios of their tests; at least bars_per_year / (bars - 1), as by chance alone."
    )
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.")


class RecordPage(Reply):
    """A page of a record's days, the oldest first."""

    count: NonNegativeInt = Field(description="Of all pages.")
    days: tuple[KeptDay, ...]
    after: dt.date | None = Field(None, description="The last one's date; null when none comes after it.")


class ReadRecord(Ask[RecordPage]):
    """The days of a listing's record, by pages that begin with 1. Refused with `listing_not_found`."""

    topic: ClassVar[str] = "marketplace.asks.listing"
    name: ClassVar[str] = "listing.record"
    key_field: ClassVar[str] = "listing_id"

    listing_id: str
    page: Annotated[int, Field(ge=1)] = 1
    size: Annotated[int, Field(ge=1, le=100)] = 20
    after: dt.date | None = Field(None, description="Days after this one; comes before `page`.")
