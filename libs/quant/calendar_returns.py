"""Returns by month and by year of an equity curve."""

from dataclasses import dataclass

import numpy as np

from libs.quant.candles import Floats, Integers
from libs.quant.trading import returns_of


@dataclass(frozen=True, slots=True, eq=False)
class MonthlyReturns:
    """Compounded returns as fractions: `table` (years, 12), January first, NaN for a month without a bar; `totals` (years,)."""

    years: tuple[int, ...]
    table: Floats
    totals: Floats

    def as_json(self) -> dict[str, list[float | None]]:
        """Return by year its twelve months and, as the thirteenth number, the whole year; null for a month without a bar."""
        rows = np.column_stack([self.table, self.totals]).tolist()
        return {str(year): [None if value != value else value for value in row] for year, row in zip(self.years, rows, strict=True)}  # noqa: PLR0124 - NaN alone differs from itself


def monthly_returns(time: Integers, equity: Floats) -> MonthlyReturns:
    """Return the returns of the calendar's months (UTC) of an equity curve that started at 1.0 before its first bar.

    `time` (bars,) are the bars' closes in nanoseconds since 1970; a bar that closes at midnight belongs to the day before. A month's return
    is the product of its bars' (1 + return), less one; so is a year's, and all months together make the curve's total return. After ruin
    returns are 0.
    """
    months = (time - 1).astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64)
    first, last = int(months[0]) // 12, int(months[-1]) // 12
    growth = 1.0 + returns_of(equity)
    table = np.full((last - first + 1) * 12, np.nan)
    present, starts = np.unique(months, return_index=True)
    table[present - first * 12] = np.multiply.reduceat(growth, starts) - 1.0
    by_year = table.reshape(-1, 12)
    totals = np.nanprod(1.0 + by_year, axis=1) - 1.0
    return MonthlyReturns(tuple(range(1970 + first, 1970 + last + 1)), by_year, totals)
