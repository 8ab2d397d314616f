"""What the gateway answers about listings' records: figures, days, and whether their chain holds."""

import datetime as dt
from dataclasses import dataclass

from pydantic import Field

from modelbourse.answers.answer import Answer, Moment


class SharpeInterval(Answer):
    """Between `low` and `high` lies the Sharpe ratio at this level."""

    low: float | None
    high: float | None
    level: float
    method: str
    samples: int
    mean_block: float | None
    reason: str | None = None


class HeldFigures(Answer):
    """What holding brings."""

    sharpe_ratio: float | None
    max_drawdown: float | None
    total_return: float | None
    volatility: float | None


class RecordBaselines(Answer):
    """What any strategy has to beat."""

    buy_and_hold: HeldFigures


class Record(Answer):
    """What trading by the model's signals brings, costs included, measured by the platform."""

    sharpe_ratio: float | None
    max_drawdown: float | None
    total_return: float | None
    win_rate: float | None
    total_trades: int | None = None
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    trades: int | None = None
    bars: int | None = None
    bars_per_year: float | None = None
    absent_days: int | None = None
    skewness: float | None = None
    kurtosis: float | None = None
    sharpe_interval: SharpeInterval | None = None
    baselines: RecordBaselines | None = None
    synthetic: bool | None = None
    measured_at: Moment | None = None
    reasons: dict[str, str] | None = None


class TriedRecord(Record):
    """A record, and how much of it the number of its account's trainings leaves."""

    deflated_sharpe_ratio: float | None = None
    trials: int | None = None
    trials_variance: float | None = None


class RecordEnd(Answer):
    """The end of a record's chain: note it, and `verify` says later whether a day before it was changed."""

    days: int
    last_day: dt.date | None
    hash: str
    restated_days: int


class DayAgain(Answer):
    """What the latest measuring found for a day; the day itself stays as it was kept."""

    day_return: float = Field(alias="return")
    position: float
    absent: bool
    measured_at: Moment


class RecordDay(Answer):
    """One day of a record, with its hash and that of the day before. `day_return` is `return` on the wire."""

    date: dt.date
    day_return: float = Field(alias="return")
    position: float
    absent: bool
    hash: str
    previous: str
    restated: DayAgain | None = None


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
