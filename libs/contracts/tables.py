"""What a training keeps of its test as files, a column after the other: training writes them, the gateway reads them."""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson

FORMAT: Final = "modelbourse-table/1"


class Table(StrEnum):
    """A table of a version, with these columns. Times are seconds since 1970, UTC, at which bars close; fractions are of 1.

    A trade's `weight` is what was put in and `pnl` what it earned, both of the capital at the start; its prices are before slippage,
    `costs` is the gross return less the net one, and `exit_reason` is signal, gap, end or ruin. Drawdowns are positive fractions of the
    peak before.
    """

    TRADES = "trades"
    EQUITY_CURVE = "equity-curve"


COLUMNS: Final[Mapping[Table, tuple[str, ...]]] = {
    Table.TRADES: (
        "symbol", "side", "entry_time", "entry_price", "exit_time", "exit_price", "bars_held",
        "weight", "gross_return", "costs", "net_return", "pnl", "exit_reason",
    ),
    Table.EQUITY_CURVE: ("time", "equity", "drawdown", "buy_and_hold", "buy_and_hold_drawdown"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TableFile:
    """Columns of one length, the oldest row first; `left_out` older rows were too many to be kept."""

    columns: Mapping[str, Sequence[Any]]
    left_out: int = 0

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def rows(self, start: int, stop: int) -> list[dict[str, Any]]:
        """Return the rows from `start` up to, not with, `stop`."""
        parts = (column[start:stop] for column in self.columns.values())
        return [dict(zip(self.columns, row, strict=True)) for row in zip(*parts, strict=True)]

    def at(self, places: Sequence[int]) -> list[dict[str, Any]]:
        """Return the rows at some places, in their order."""
        parts = ([column[place] for place in places] for column in self.columns.values())
        return [dict(zip(self.columns, row, strict=True)) for row in zip(*parts, strict=True)]

    def to_bytes(self) -> bytes:
        """Return the file; the same table is the same bytes."""
        whole = {"format": FORMAT, "left_out": self.left_out, "columns": self.columns}
        return gzip.compress(orjson.dumps(whole), mtime=0)

    @classmethod
    def from_bytes(cls, data: bytes) -> "TableFile":
        """Read a file. Raise ValueError for a format of another release."""
        whole = orjson.loads(gzip.decompress(data))
        if whole["format"] != FORMAT:
            message = f"a table of the format {whole['format']}; this release reads {FORMAT}"
            raise ValueError(message)
        return cls(whole["columns"], whole["left_out"])
