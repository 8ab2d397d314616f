"""Candles of an account's own, from the canonical file of a version: by its hash from the artifact store, kept in the lake."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.own_candles import OwnCandles
from libs.market.datasets.column_names import KNOWN_AT
from libs.market.own import source_of
from libs.quant.candles import Candles
from libs.quant.known import KnownColumn

if TYPE_CHECKING:
    from libs.market.resample import Bars

FOLDER: Final = "datasets"
READ_ONLY: Final = 0o444
MOST_BYTES: Final = 8 * 2**30  # of files of versions in a lake; they can be fetched again
NUMBERS: Final = ("open", "high", "low", "close", "volume")


def load_own(own: OwnCandles, *, timeframe: str, artifacts: Artifacts, lake: Path | None) -> Candles:
    """Return the version's candles of a timeframe, made of finer ones where the file has those; columns are as of each bar's close.

    The file is read a part at a time, so that what is made of very many candles takes no more memory than what is made.
    Raises `ArtifactMissingError` where the store has no such file, `ArtifactDamagedError`, and `UnavailableError` while it is away.
    """
    # Imported when first needed: pandas and pyarrow are much for a process in which nobody has candles of their own.
    from libs.market.resample import divided  # noqa: PLC0415 - as said above
    from libs.market.sessions import bars_a_year, opens_of  # noqa: PLC0415 - as said above

    with _file(own, artifacts=artifacts, lake=lake) as file:
        made = _joined(list(_parts(file, own, timeframe=timeframe)))
    if timeframe != own.timeframe:
        made = divided(made, calendar=own.calendar, timeframe=timeframe)
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


def _parts(file: Path, own: OwnCandles, *, timeframe: str) -> Iterator["Bars"]:
    """Yield the bars of the timeframe, oldest first, with the segments of the file's; what a part leaves over goes to the next one."""
    from libs.market.datasets.canonical import read_groups  # noqa: PLC0415 - as in load_own
    from libs.market.resample import put_together  # noqa: PLC0415 - as in load_own

    known: dict[str, KnownColumn] = {}
    left: list[Bars] = []
    for group in read_groups(file):
        # What was known is told bar by bar before bars are put together: so a coarser bar has what was known at its own close.
        fine = _bars(group, known)
        if timeframe == own.timeframe:
            yield fine
            continue
        bars = _joined([*left, fine])
        cut = _last_begun(bars, own, timeframe=timeframe)
        left = [_cut(bars, cut, len(bars))]
        yield put_together(_cut(bars, 0, cut), calendar=own.calendar, of=own.timeframe, timeframe=timeframe)
    for bars in left:
        yield put_together(bars, calendar=own.calendar, of=own.timeframe, timeframe=timeframe)


def _bars(group: Mapping[str, Any], known: dict[str, KnownColumn]) -> "Bars":
    """Return a group of rows as bars with their further columns as of each close; `known` remembers what earlier groups had."""
    from libs.market.datasets.canonical import NO_MOMENT, moments, numbers  # noqa: PLC0415 - as in load_own
    from libs.market.resample import Bars  # noqa: PLC0415 - as in load_own

    time, segment = moments(group["time"]), np.asarray(group["segment"].to_numpy(), dtype=np.int32)
    columns = {}
    for name in group:
        if name in {"time", "segment", *NUMBERS} or name.endswith(KNOWN_AT):
            continue
        said = moments(group[name + KNOWN_AT]) if name + KNOWN_AT in group else None
        known_at = None if said is None else np.where(said == NO_MOMENT, time, said)
        columns[name] = known.setdefault(name, KnownColumn()).read(numbers(group[name]), time=time, segment=segment, known_at=known_at)
    return Bars(time=time, segment=segment, columns=columns, **{name: numbers(group[name]) for name in NUMBERS})


def _last_begun(bars: "Bars", own: OwnCandles, *, timeframe: str) -> int:
    """Return where the last coarser bar begins: more of it may come."""
    from libs.market.sessions import bars_of  # noqa: PLC0415 - as in load_own

    coarse = bars_of(own.calendar, timeframe, first=int(bars.time[0]))
    number = coarse.before(bars.time[-1:] - 1)
    return int(np.searchsorted(bars.time, coarse.closes(number - 1)[0], side="right")) if number[0] else 0


def _cut(bars: "Bars", start: int, stop: int) -> "Bars":
    from libs.market.resample import Bars  # noqa: PLC0415 - as in load_own

    arrays = {each.name: getattr(bars, each.name)[start:stop] for each in fields(Bars) if each.name != "columns"}
    return Bars(**arrays, columns={name: values[start:stop] for name, values in bars.columns.items()})


def _joined(parts: Sequence["Bars"]) -> "Bars":
    from libs.market.resample import Bars  # noqa: PLC0415 - as in load_own

    if len(parts) == 1:
        return parts[0]
    arrays = {each.name: np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Bars) if each.name != "columns"}
    return Bars(**arrays, columns={name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns})


@contextmanager
def _file(own: OwnCandles, *, artifacts: Artifacts, lake: Path | None) -> Iterator[Path]:
    """Give the file in the lake; where it is not there, or is not what it should be, the lake is filled again."""
    from libs.market.datasets.canonical import sha256_of  # noqa: PLC0415 - as in load_own

    if lake is None:
        with TemporaryDirectory() as folder:
            artifacts.fetch(own.sha256, Path(folder) / own.sha256)
            yield Path(folder) / own.sha256
        return
    path = lake / FOLDER / f"{own.sha256}.parquet"
    if path.exists() and sha256_of(path) == own.sha256:
        path.touch()
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        artifacts.fetch(own.sha256, path)
        path.chmod(READ_ONLY)
        _make_room(path.parent, but=path)
    yield path


def _make_room(folder: Path, *, but: Path) -> None:
    """Remove files that were not read for the longest until the others fit; who reads one keeps it until it is closed."""
    with suppress(FileNotFoundError):  # Another process does the same.
        found = sorted(
            ((each.stat().st_mtime, each.stat().st_size, each) for each in folder.glob("*.parquet") if each != but), reverse=True
        )
        kept = but.stat().st_size
        for _, size, each in found:
            kept += size
            if kept > MOST_BYTES:
                each.unlink()
