"""Reads the rows of a file of candles: its cells become numbers and moments on the disk, and what is wrong with single rows is noted."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.datasets import FindingCode
from libs.market.datasets.canonical import NO_MOMENT, PRICES
from libs.market.datasets.findings import found, quoted
from libs.market.datasets.notes import WHERE, Notes
from libs.market.datasets.recognise import Layout, Read
from libs.market.datasets.source import Cells, Report, Source
from libs.market.datasets.spool import Spool
from libs.market.datasets.values import Wrong, shown_cell, to_floats, to_moments
from libs.quant.candles import Floats

CORE: Final = (*PRICES, "volume")
# A high that is below the close by the last digits is rounding, as adjusted prices have it.
_ROUNDING: Final = 1e-9
_SYMBOLS_SHOWN: Final = 5


def kinds_of(layout: Layout) -> dict[str, str]:
    """Return the columns that are read from a file, by their names, as a spool needs them; `time` is when a candle opens."""
    further = {read.column.name: "i" if read.column.role == "known_at" else "f" for read in layout.reads if _is_further(read)}
    return {"time": "i", **dict.fromkeys(CORE, "f"), **further}


def read_rows(source: Source, *, layout: Layout, spool: Spool, notes: Notes, rows_most: int, report: Report) -> int:
    """Add every good row to the spool, in the file's order, and return how many rows there are, good and bad.

    Columns of the spool that the file lacks are empty. Raise `UnreadableError`.
    """
    rows, symbols = 0, dict[str, None]()
    named = next((read for read in layout.reads if read.column.role == "symbol"), None)
    for cells in source.blocks(notes, places=layout.places, report=report):
        if named is not None and len(symbols) < _SYMBOLS_SHOWN:
            symbols |= dict.fromkeys(str(symbol) for symbol in cells[named.places[0]].unique().to_pylist() if symbol)
        columns, good = _block(cells, layout=layout, notes=notes, start=rows)
        count = len(good)
        empty = {name: np.full(count, np.nan if kind == "f" else NO_MOMENT) for name, kind in spool.kinds.items() if name not in columns}
        spool.append({name: column[good] for name, column in (columns | empty).items()})
        rows += count
        if rows > rows_most:
            message = (
                f"There are more than {rows_most:,} rows: that is what a dataset of yours may have. Send fewer, or a coarser timeframe."
            )
            notes.findings.append(found(FindingCode.TOO_MANY_ROWS, message, count=rows))
            break
    if len(symbols) > 1:
        shown = ", ".join(list(symbols)[:_SYMBOLS_SHOWN])
        message = f"The file has candles of several symbols, {shown}: send a file for each."
        notes.findings.append(found(FindingCode.CONFLICT, message, count=len(symbols)))
    return rows


def _is_further(read: Read) -> bool:
    return read.kept and read.column.role in {"feature", "known_at"}


def _block(cells: Cells, *, layout: Layout, notes: Notes, start: int) -> tuple[dict[str, NDArray[Any]], Wrong]:
    """Return the columns of a block, and which rows of it are good."""
    columns: dict[str, NDArray[Any]] = {}
    good = np.ones(len(cells[0]), dtype=np.bool_)
    for read in layout.reads:
        if not read.kept or read.column.role in {"symbol", "value"}:
            continue
        name = read.column.name
        if read.reading is not None:
            columns[name] = _moments(cells, read, notes=notes, start=start, good=good)
        elif read.column.role == "known_at":
            columns[name] = np.full(len(good), NO_MOMENT)  # it is empty
        else:
            columns[name] = _numbers(cells, read, layout=layout, notes=notes, start=start, good=good)
    _check_prices(columns, notes=notes, start=start)
    return columns, good


def _moments(cells: Cells, read: Read, *, notes: Notes, start: int, good: Wrong) -> NDArray[Any]:
    assert read.reading is not None
    name, zone = read.column.name, read.reading.zone
    columns = [cells[place] for place in read.places]
    moments, wrong, shifted = to_moments(columns, read.reading)

    def cell(row: int) -> str:
        return quoted(" ".join(shown_cell(column, row=row) for column in columns))

    notes.rows(
        FindingCode.UNPARSED_TIME,
        wrong & ~shifted,
        start=start,
        message=lambda row: (
            f"{WHERE}: {cell(row)} is no moment as the other times are ({(read.reading and read.reading.understood) or 'ISO 8601'})."
        ),
        about=name,
    )
    notes.rows(
        FindingCode.UNPARSED_TIME,
        shifted,
        start=start,
        message=lambda row: (
            f"{WHERE}: {cell(row)} is twice or never in {zone}, where clocks change for daylight saving: send times in UTC."
        ),
        about=f"{name} daylight",
    )
    good &= ~wrong
    if read.column.role == "time":
        empty = (moments == NO_MOMENT) & ~wrong
        notes.rows(FindingCode.UNPARSED_TIME, empty, start=start, message=lambda _: f"{WHERE}: the time is empty.", about="empty")
        good &= ~empty
    return moments


def _numbers(cells: Cells, read: Read, *, layout: Layout, notes: Notes, start: int, good: Wrong) -> Floats:
    name, column = read.column.name, cells[read.places[0]]
    floats, wrong = to_floats(column, comma=layout.comma)
    notes.rows(
        FindingCode.UNPARSED_NUMBER,
        wrong,
        start=start,
        message=lambda row: f"{WHERE}: {name} is {quoted(shown_cell(column, row=row))}, which is no finite number.",
        about=name,
    )
    if wrong is not None:
        good &= ~wrong
    if name in CORE:
        empty = np.isnan(floats) if wrong is None else np.isnan(floats) & ~wrong
        told = "write 0 where nothing was traded" if name == "volume" else "leave the row out where there is no candle"
        notes.rows(
            FindingCode.UNPARSED_NUMBER, empty, start=start, message=lambda _: f"{WHERE}: {name} is empty: {told}.", about=f"{name} empty"
        )
        good &= ~empty
    return floats


def _check_prices(columns: Mapping[str, NDArray[Any]], *, notes: Notes, start: int) -> None:
    """Note prices that cannot be; put highs and lows right that are wrong by rounding alone."""
    if not all(name in columns for name in CORE):
        return
    open_, high, low, close, volume = (columns[name] for name in CORE)
    top, bottom = np.maximum(open_, close), np.minimum(open_, close)
    np.copyto(high, top, where=(high < top) & (high >= top * (1 - _ROUNDING)))
    np.copyto(low, bottom, where=(low > bottom) & (low <= bottom * (1 + _ROUNDING)))
    for name in PRICES:
        prices = columns[name]
        notes.rows(
            FindingCode.NONPOSITIVE_PRICE,
            prices <= 0,
            start=start,
            message=lambda row, name=name, prices=prices: f"{WHERE}: {name} is {prices[row]:g}: a price is above zero.",  # type: ignore[misc] # bound now
            about=name,
        )
    notes.rows(
        FindingCode.NONPOSITIVE_PRICE,
        volume < 0,
        start=start,
        message=lambda row: f"{WHERE}: volume is {volume[row]:g}: it is zero or above.",
        about="volume",
    )
    outside = (high < low) | (high < top) | (low > bottom)
    notes.rows(
        FindingCode.HIGH_BELOW_LOW,
        outside,
        start=start,
        message=lambda row: (
            f"{WHERE}: open {open_[row]:g}, high {high[row]:g}, low {low[row]:g}, close {close[row]:g}: "
            + ("the high is below the low." if high[row] < low[row] else "open or close lies outside of low and high.")
        ),
    )
