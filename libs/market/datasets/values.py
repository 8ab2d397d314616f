"""Cells of a file as numbers and moments, a block at a time, and which of them are none."""

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.market.datasets.canonical import NO_MOMENT
from libs.market.datasets.recognise import COMMA_NUMBER, NOTHING, NUMBER, THOUSANDS
from libs.market.datasets.times import EPOCH, ISO, MISREAD, MISREAD_UNIT, ZONED, TimeReading, read_moment
from libs.quant.candles import NANOSECONDS_A_DAY, Floats, Integers

Wrong = NDArray[np.bool_]
# From 1900 to 2100: moments outside are an epoch in another unit.
_FIRST: Final = -25_567 * NANOSECONDS_A_DAY
_LAST: Final = 47_847 * NANOSECONDS_A_DAY
_FOREVER: Final = 2**63 / 10**9


def to_floats(cells: Any, *, comma: bool) -> tuple[Floats, Wrong | None]:
    """Return the cells of an arrow array as numbers (NaN where there is none), and which are neither empty nor a finite number."""
    import pyarrow as pa  # noqa: PLC0415 - 50 MB that a process which reads no dataset need not carry

    kind, wrong = cells.type, None
    if pa.types.is_string(kind):
        values, wrong = _parsed(cells, comma=comma)
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values = cells.cast(pa.float64(), safe=False)
    elif pa.types.is_boolean(kind):
        values = cells.cast(pa.int8()).cast(pa.float64())
    else:
        return np.full(len(cells), np.nan), np.ones(len(cells), dtype=np.bool_)
    floats: Floats = np.array(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    floats += 0.0  # a zero has no sign
    infinite = np.isinf(floats)
    if infinite.any():
        floats[infinite] = np.nan
        wrong = infinite if wrong is None else wrong | infinite
    return floats, wrong


def texts_of(cells: Any) -> Any:
    """Return the trimmed cells of an arrow array of strings, null where they say that there is no value."""
    import pyarrow as pa  # noqa: PLC0415 - as in to_floats
    from pyarrow import compute  # noqa: PLC0415 - as in to_floats

    texts = compute.utf8_trim_whitespace(cells)
    empty = compute.is_in(texts, value_set=pa.array(sorted(NOTHING)))
    return compute.if_else(empty, pa.scalar(None, pa.string()), texts) if compute.any(empty).as_py() else texts


def _parsed(cells: Any, *, comma: bool) -> tuple[Any, Wrong | None]:
    import pyarrow as pa  # noqa: PLC0415 - as in to_floats
    from pyarrow import compute  # noqa: PLC0415 - as in to_floats

    texts = texts_of(cells)
    if comma:
        points = compute.replace_substring(compute.replace_substring(texts, ".", ""), ",", ".")
        texts = compute.if_else(compute.match_substring_regex(texts, COMMA_NUMBER), points, texts)
    try:
        return texts.cast(pa.float64()), None
    except pa.ArrowInvalid:
        plain = compute.if_else(compute.match_substring_regex(texts, THOUSANDS), compute.replace_substring(texts, ",", ""), texts)
        good = compute.match_substring_regex(plain, NUMBER)
        wrong = np.asarray(compute.fill_null(compute.invert(good), fill_value=False).to_numpy(zero_copy_only=False), dtype=np.bool_)
        return compute.if_else(good, plain, pa.scalar(None, pa.string())).cast(pa.float64()), wrong


def to_moments(cells: Sequence[Any], reading: TimeReading) -> tuple[Integers, Wrong, Wrong]:
    """Return the cells as moments in nanoseconds since 1970, UTC (a day's: its midnight; `NO_MOMENT` where there is none).

    Then which are neither empty nor a moment, and which of these are a local time that daylight saving makes twice, or leaves out.
    """
    import pyarrow as pa  # noqa: PLC0415 - as in to_floats

    column, none = cells[0], np.zeros(len(cells[0]), dtype=np.bool_)
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        column = column.cast(pa.timestamp("s")) if pa.types.is_date(kind) else column
        unit = 10 ** (9 - 3 * ("s", "ms", "us", "ns").index(column.type.unit))
        moments, wrong = _in_range(*_counted(column.cast(pa.int64()), none, unit=unit))
        if column.type.tz is None and reading.zone != "UTC" and not reading.dated:
            local = pa.array(moments, mask=moments == NO_MOMENT).cast(pa.timestamp("ns"))
            return _in_zone(local, wrong, zone=reading.zone)
        return moments, wrong, none
    if reading.unit is not None:
        moments, wrong = _in_range(*_epochs(column, unit=reading.unit))
        misread = (moments >= MISREAD[0]) & (moments < MISREAD[1]) & (reading.unit < MISREAD_UNIT)
        return np.where(misread, NO_MOMENT, moments), wrong | misread, none
    return _written(_joined(cells), reading)


def _joined(cells: Sequence[Any]) -> Any:
    from pyarrow import compute  # noqa: PLC0415 - as in to_floats

    texts = [texts_of(column) for column in cells]
    return texts[0] if len(texts) == 1 else compute.binary_join_element_wise(*texts, "T")


def _written(texts: Any, reading: TimeReading) -> tuple[Integers, Wrong, Wrong]:
    import pyarrow as pa  # noqa: PLC0415 - as in to_floats
    from pyarrow import compute  # noqa: PLC0415 - as in to_floats

    original, empty = texts, np.asarray(texts.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)
    for pattern, replacement in reading.rewritings:
        texts = compute.replace_substring_regex(texts, pattern, replacement)
    good = compute.match_substring_regex(texts, ISO)
    zoned = compute.match_substring_regex(texts, ZONED)
    good = compute.and_(good, zoned if reading.zoned else compute.invert(zoned))
    kind, nothing = pa.timestamp("ns", tz="UTC" if reading.zoned else None), pa.scalar(None, pa.string())
    try:
        moments = compute.if_else(good, texts, nothing).cast(kind)
    except pa.ArrowInvalid:
        # The 30th of February looks like a day: such are found one by one.
        real = [text is not None and read_moment(text, reading) is not None for text in original.to_pylist()]
        good = compute.and_(good, pa.array(real))
        moments = compute.if_else(good, texts, nothing).cast(kind)
    wrong = ~np.asarray(compute.fill_null(good, fill_value=False).to_numpy(zero_copy_only=False), dtype=np.bool_) & ~empty
    if reading.zoned or reading.dated or reading.zone == "UTC":
        return _integers(moments), wrong, np.zeros(len(wrong), dtype=np.bool_)
    return _in_zone(moments, wrong, zone=reading.zone)


def _in_zone(local: Any, wrong: Wrong, *, zone: str) -> tuple[Integers, Wrong, Wrong]:
    """Return local times as moments; those that daylight saving makes twice, or leaves out, are wrong."""
    from pyarrow import compute  # noqa: PLC0415 - as in to_floats

    first = compute.assume_timezone(local, zone, ambiguous="earliest", nonexistent="earliest")
    last = compute.assume_timezone(local, zone, ambiguous="latest", nonexistent="latest")
    moments, there = _integers(first), _integers(local) != NO_MOMENT
    shifted = there & ((moments != _integers(last)) | (_integers(compute.local_timestamp(first)) != _integers(local)))
    moments[shifted] = NO_MOMENT
    return moments, wrong | shifted, shifted


def _epochs(column: Any, *, unit: int) -> tuple[Integers, Wrong]:
    import pyarrow as pa  # noqa: PLC0415 - as in to_floats
    from pyarrow import compute  # noqa: PLC0415 - as in to_floats

    none = np.zeros(len(column), dtype=np.bool_)
    if pa.types.is_string(column.type):
        column = texts_of(column)
        whole = re.fullmatch(r"-?\d+", next((text for text in column[:1].to_pylist() if text), ""))
        good = compute.match_substring_regex(column, EPOCH)
        none = np.asarray(compute.fill_null(compute.invert(good), fill_value=False).to_numpy(zero_copy_only=False), dtype=np.bool_)
        column = compute.if_else(good, column, pa.scalar(None, pa.string()))
        try:
            column = column.cast(pa.int64() if whole else pa.float64())
        except pa.ArrowInvalid:
            column = column.cast(pa.float64())
    if pa.types.is_integer(column.type):
        return _counted(column, none, unit=unit)
    floats = np.array(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    far = np.abs(floats) > _FOREVER * 10**9 / unit
    absent = np.isnan(floats) | far
    floats[absent] = 0
    # Microseconds are what a float of this size can tell.
    return np.where(absent, NO_MOMENT, np.rint(floats * (unit / 1000)).astype(np.int64) * 1000), none | far


def _counted(column: Any, wrong: Wrong, *, unit: int) -> tuple[Integers, Wrong]:
    """Return whole numbers of a unit as nanoseconds; those that nanoseconds cannot tell are wrong."""
    import pyarrow as pa  # noqa: PLC0415 - as in to_floats

    counts = np.asarray(column.cast(pa.int64(), safe=False).fill_null(NO_MOMENT).to_numpy(zero_copy_only=False), dtype=np.int64)
    far = (counts != NO_MOMENT) & (np.abs(counts.astype(np.float64)) > _FOREVER * 10**9 / unit)
    absent = far | (counts == NO_MOMENT)
    return np.where(absent, NO_MOMENT, np.where(absent, 0, counts) * np.int64(unit)), wrong | far


def _in_range(moments: Integers, wrong: Wrong) -> tuple[Integers, Wrong]:
    outside = (moments != NO_MOMENT) & ((moments < _FIRST) | (moments >= _LAST))
    return np.where(outside, NO_MOMENT, moments), wrong | outside


def _integers(moments: Any) -> Integers:
    import pyarrow as pa  # noqa: PLC0415 - as in to_floats

    return np.array(moments.cast(pa.int64()).fill_null(NO_MOMENT).to_numpy(zero_copy_only=False), dtype=np.int64)


def shown_cell(column: Any, *, row: int) -> str:
    """Return a cell of an arrow array as text."""
    import pyarrow as pa  # noqa: PLC0415 - as in to_floats

    try:
        return str(column[row].as_py())
    except (OverflowError, ValueError):  # a moment beyond the year 9999
        return str(column.cast(pa.int64())[row].as_py())
