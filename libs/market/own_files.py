"""Candles of an account's own, from the canonical file of a version: by its hash from the artifact store, kept in the lake."""

import os
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.own_candles import OwnCandles
from libs.market.own import source_of
from libs.quant.candles import Candles, Floats
from libs.quant.known import known_at_close

FOLDER: Final = "datasets"
READ_ONLY: Final = 0o444


def load_own(own: OwnCandles, *, timeframe: str, artifacts: Artifacts, lake: Path | None) -> Candles:
    """Return the version's candles of a timeframe, made of finer ones where the file has those; columns are as of each bar's close.

    Raises `ArtifactMissingError` where the store has no such file, `ArtifactDamagedError`, and `UnavailableError` while it is away.
    """
    # Imported when first needed: numba, pandas and pyarrow are much for a process in which nobody has candles of their own.
    from libs.market.resample import Bars, resample  # noqa: PLC0415 - as said above
    from libs.market.sessions import bars_a_year, opens_of  # noqa: PLC0415 - as said above

    fine, further = _read(own, artifacts=artifacts, lake=lake)
    # What was known is told bar by bar before bars are put together: so a coarser bar has what was known at its own close.
    columns = _columns(fine, further)
    bars = Bars(fine.time, fine.open, fine.high, fine.low, fine.close, fine.volume, fine.segment, columns)
    made = resample(bars, calendar=own.calendar, of=own.timeframe, timeframe=timeframe)
    return Candles(
        symbol=own.symbol,
        timeframe=timeframe,
        time=made.time,
        open=made.open,
        high=made.high,
        low=made.low,
        close=made.close,
        volume=made.volume,
        segment=made.segment,
        source=source_of(own, timeframe=timeframe),
        source_hash=own.sha256,
        adjustment="none",
        synthetic=False,
        bars_per_year=bars_a_year(own.calendar, timeframe),
        columns=made.columns,
        calendar=own.calendar,
        opened=opens_of(own.calendar, timeframe, closes=made.time),
    )


def _columns(candles: Candles, further: dict[str, NDArray[Any]]) -> dict[str, Floats]:
    from libs.market.datasets.canonical import KNOWN_AT  # noqa: PLC0415 - as in load_own

    return {
        name: known_at_close(
            np.asarray(values, dtype=np.float64), time=candles.time, segment=candles.segment, known_at=further.get(f"{name}{KNOWN_AT}")
        )
        for name, values in further.items()
        if not name.endswith(KNOWN_AT)
    }


def _read(own: OwnCandles, *, artifacts: Artifacts, lake: Path | None) -> tuple[Candles, dict[str, NDArray[Any]]]:
    """Read the file from the lake; where it is not there, or is not what it should be, fill the lake again."""
    from libs.market.datasets.canonical import CanonicalError, read_candles  # noqa: PLC0415 - as in load_own

    if lake is None:
        return read_candles(artifacts.get(own.sha256), symbol=own.symbol)
    path = lake / FOLDER / own.sha256[:2] / f"{own.sha256}.parquet"
    try:
        candles, further = read_candles(path, symbol=own.symbol)
    except (FileNotFoundError, CanonicalError):
        pass
    else:
        if candles.source_hash == own.sha256:
            return candles, further
    _write_whole(path, artifacts.get(own.sha256))
    return read_candles(path, symbol=own.symbol)


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file that nobody changes any more; a reader sees all of it or none, also when two processes write at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(beside).chmod(READ_ONLY)
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)
