"""Which trades of a test or a backtest are wanted: those of a symbol, and those that were open in a window of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.contracts.tables import TableFile


@dataclass(frozen=True, slots=True)
class TradeFilter:
    """None is no limit. A trade is in the window if it was open for any part of it, both ends included."""

    symbol: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def places(self, table: TableFile, *, symbols: Sequence[str], entered: str, left: str) -> Sequence[int]:
        """Return the places of a table's trades that are wanted, by what each is of and the columns of when it was entered and left."""
        if self == TradeFilter():
            return range(len(table))
        since = float("-inf") if self.start is None else self.start.timestamp()
        until = float("inf") if self.end is None else self.end.timestamp()
        rows = zip(symbols, table.columns[entered], table.columns[left], strict=True)
        return [
            place for place, (symbol, begun, done) in enumerate(rows) if self.symbol in {None, symbol} and done >= since and begun <= until
        ]
