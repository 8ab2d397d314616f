"""Writes a canonical file as CSV to the standard output, as it could be sent again: `python -m libs.market.datasets.to_csv FILE`.

The time of a candle is its open, and that of a daily one its day; moments are in UTC. A process of its own does this for the gateway.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import numpy as np
from numpy.typing import NDArray

from libs.contracts.datasets import DatasetKind
from libs.market.datasets.canonical import NO_MOMENT, Facts, moments, read_facts, read_groups
from libs.market.sessions import opens_of
from libs.quant.candles import Integers

A_SECOND: Final = 1_000_000_000
DAILY: Final = "1d"


def write_csv(source: Path, *, into: BinaryIO) -> None:
    """Write the rows, a group at a time. Raise CanonicalError for any other file."""
    import pyarrow as pa  # noqa: PLC0415 - 50 MB that a process which reads no dataset need not carry
    from pyarrow import csv  # noqa: PLC0415 - as above

    facts, is_first = read_facts(source), True
    for group in read_groups(source):
        table = pa.table({name: _shown(name, column, facts) for name, column in _columns(group, facts).items()})
        csv.write_csv(table, into, csv.WriteOptions(include_header=is_first, quoting_style="needed"))
        is_first = False


def _columns(group: Mapping[str, Any], facts: Facts) -> Mapping[str, Any]:
    """Return the columns that a sender would have: a segment is what was made of them."""
    return {name: column for name, column in group.items() if facts.kind is not DatasetKind.CANDLES or name != "segment"}


def _shown(name: str, column: Any, facts: Facts) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - as above

    if pa.types.is_timestamp(column.type):
        return pa.array(_written(moments(column.cast(pa.int64()))), mask=column.is_null().to_numpy(zero_copy_only=False))
    if facts.kind is not DatasetKind.CANDLES or not pa.types.is_integer(column.type):
        return column
    if name != "time":
        return pa.array(_written(moments(column)), mask=column.is_null().to_numpy(zero_copy_only=False))
    assert facts.timeframe is not None
    assert facts.calendar is not None
    closes = moments(column)
    if facts.timeframe == DAILY:
        # Midnight belongs to the day before, whose candle closes then.
        return pa.array(_as_text(closes - 1, unit="D"))
    return pa.array(_written(opens_of(facts.calendar, facts.timeframe, closes=closes)))


def _written(times: Integers) -> NDArray[np.str_]:
    known = np.asarray(np.where(times == NO_MOMENT, 0, times))
    return np.char.add(_as_text(known, unit="ns" if (known % A_SECOND).any() else "s"), "Z")


def _as_text(times: Integers, *, unit: Literal["D", "s", "ns"]) -> NDArray[np.str_]:
    stamps: NDArray[np.datetime64] = times.astype("datetime64[ns]")
    return np.datetime_as_string(stamps, unit=unit)


if __name__ == "__main__":
    write_csv(Path(sys.argv[1]), into=sys.stdout.buffer)
