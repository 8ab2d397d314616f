"""What a report is drawn from: plain numbers, whoever played them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from libs.quant.backtest import Trades
from libs.quant.candles import Candles, Floats, Integers
from services.training.reports.sheet import Picture


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReportTrades:
    """Trades in the order they ended, an array for each thing told of them, all of one length.

    `entered` and `left` are moments (nanoseconds since 1970) in or at the close of the bars in which they were filled; `direction` is 1 for
    long and -1 for short; `net_return` is a fraction of what was put in, `profit` of the capital at the start; `reason` is a word.
    """

    symbol: NDArray[Any]
    direction: NDArray[np.int8]
    entered: Integers
    left: Integers
    entry_price: Floats
    exit_price: Floats
    net_return: Floats
    profit: Floats
    reason: NDArray[Any]

    def __len__(self) -> int:
        return len(self.left)

    def of(self, symbol: str) -> "ReportTrades":
        """Return those of one symbol."""
        return self.part(np.flatnonzero(self.symbol == symbol))

    def part(self, places: NDArray[np.intp] | slice) -> "ReportTrades":
        """Return those at these places."""
        return ReportTrades(**{name: getattr(self, name)[places] for name in self.__slots__})

    @classmethod
    def of_backtest(cls, trades: Trades, *, reasons: Mapping[int, str]) -> "ReportTrades":
        """Return the trades of a backtest; `reasons` are the words for why they ended."""
        words = np.array([reasons[code] for code in trades.reason.tolist()], dtype=object)
        same = {name: getattr(trades, name) for name in cls.__slots__ if name != "reason"}
        return cls(reason=words, **same)


@dataclass(frozen=True, slots=True)
class Section:
    """A table of figures by their names in answers (`total_return`, …); what is None has its reason under the same name."""

    title: str
    values: Mapping[str, object]
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReportData:
    """Everything that a report shows.

    `equity` and `held` (buy and hold of the same symbols; None where there is none) are (bars,) at the closes `time`, and were 1.0 before
    the first; `capital` is what 1.0 stands for in money: figures of trades are in money, too, unless it is 1.0. `candles` are those that
    were played, a symbol each. `name` is what the curve is called in the legend. `sections` are tables of figures, `notes` (warnings, what
    was left out) stand above everything. `further` pictures, by the names of their files, stand below the others.
    """

    title: str
    small_print: str
    name: str = "strategy"
    time: Integers
    equity: Floats
    held: Floats | None
    trades: ReportTrades
    candles: Sequence[Candles]
    capital: float = 1.0
    sections: Sequence[Section] = ()
    notes: Sequence[str] = ()
    further: Mapping[str, Picture] = field(default_factory=dict)
