"""What the job kind `refresh` runs: candles from a live source, checked and added to a series as its next version."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from libs.chassis.errors import ErrorKind, PlatformError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.datasets import Finding, FindingCode, Upload, ValidateSpec
from libs.contracts.live import RefreshResult, RefreshSpec
from libs.market.datasets.canonical import read_groups
from libs.market.datasets.check import check_dataset
from libs.market.live.fetch import Fetched, Patience, Wanted, close_of, closes_of, day_of, fetch
from libs.market.live.source import SECOND, Bar, Source
from libs.market.live.sources import make_source
from libs.market.sessions import INTRADAY, opens_of, sessions_of
from libs.quant.candles import Integers
from services.training.learners.progress import Progress, Report

STEPS: Final = 3
HEADER: Final = "time,open,high,low,close,volume\n"
EPOCH: Final = date(1970, 1, 1).toordinal()


class NothingCameError(PlatformError, kind=ErrorKind.UNAVAILABLE):
    """A source has no candle where it must have some."""

    def __init__(self, spec: RefreshSpec, since: int) -> None:
        begin = datetime.fromtimestamp(since // SECOND, UTC).isoformat(timespec="minutes")
        super().__init__(f"{spec.source} has no closed candle of {spec.market} since {begin}.")


class NothingYetError(PlatformError, kind=ErrorKind.UNAVAILABLE):
    """A series begins, and none of its candles is over yet. Monitoring knows it by this name, NOTHING_YET: nothing went wrong."""

    def __init__(self, spec: RefreshSpec) -> None:
        begin = spec.since.isoformat(timespec="minutes")
        super().__init__(f"No candle of {spec.timeframe} has closed since {begin}, where {spec.market} begins: it comes when one has.")


def run(spec: RefreshSpec, *, artifacts: Artifacts, report: Report, **_: object) -> RefreshResult:
    """Fetch what is new and what may have changed, and make the next version of it; keys of the source are in this process's environment.

    It may run twice: the same candles are the same file. Raise SourceRefusedError, NothingCameError or NothingYetError, which are not
    tried again here: the next refresh is; UnavailableError while the store is away.
    """
    return refresh(spec, source=make_source(spec.source, base_url=spec.base_url), artifacts=artifacts, report=report)


def refresh(spec: RefreshSpec, *, source: Source, artifacts: Artifacts, report: Report, patience: Patience | None = None) -> RefreshResult:
    """Do it with a source that is there already."""
    calendar = spec.calendar or source.calendar
    with tempfile.TemporaryDirectory(prefix="modelbourse-refresh-") as name:
        folder = Path(name)
        base = None
        if spec.base is not None:
            base = folder / "base.parquet"
            artifacts.fetch(spec.base.sha256, base)
        closes = None if base is None else _closes_in(base)
        since = _since(spec, closes, calendar=calendar)
        wanted = Wanted(spec.market, spec.timeframe, calendar, since=since, bars_most=spec.bars_most, begins=closes is None)

        def tell(count: int) -> None:
            report(Progress(stage="fetching candles", step=1, total_steps=STEPS, message="", metrics={"candles": count}))

        patience = patience or Patience()
        fetched = fetch(source, wanted, patience=patience, report=tell)
        if not fetched.bars:
            raise _nothing(spec, wanted, at=patience(source.now))
        first = close_of(fetched.bars[0], timeframe=spec.timeframe, calendar=calendar) if closes is None else int(closes[0])
        file = folder / "candles.csv"
        file.write_text(HEADER + "".join(_lines(fetched.bars, spec=spec, calendar=calendar)))
        report(Progress(stage="checking", step=2, total_steps=STEPS, message=_said(fetched, spec)))
        checked = check_dataset(
            _checking(spec, size=file.stat().st_size, calendar=calendar),
            upload=file,
            base=base,
            folder=folder,
            report=_nobody,
            known=_missing_before(first, spec=spec, calendar=calendar),
        )
        kept = {"artifact": checked.file, "page": checked.page}
        files = {kind: artifacts.put_file(path) for kind, path in kept.items() if path is not None}
        found = checked.result.model_dump() | files
        return RefreshResult(**found, came=len(fetched.bars), missing=fetched.missing, caught_up=fetched.is_all)


def _nothing(spec: RefreshSpec, wanted: Wanted, *, at: int) -> PlatformError:
    """Return what is wrong where no closed candle came; `at` is the source's time, nanoseconds since 1970."""
    over = closes_of(wanted.calendar, wanted.timeframe, since=wanted.since, until=at)
    return NothingCameError(spec, wanted.since) if len(over) or spec.base is not None else NothingYetError(spec)


def _missing_before(first: int, *, spec: RefreshSpec, calendar: str) -> tuple[Finding, ...]:
    """Return a finding where the series should begin before its first candle (by its close, nanoseconds since 1970), as it says."""
    count = len(closes_of(calendar, spec.timeframe, since=int(spec.since.timestamp()) * SECOND, until=first - 1))
    if not count:
        return ()
    begin, there = (moment.isoformat(timespec="minutes") for moment in (spec.since, datetime.fromtimestamp(first // SECOND, UTC)))
    message = (
        f"{count:,} of the candles since {begin} are missing: the first that {spec.source} has closed at {there}. "
        "Another source may have older ones, or let the series begin later."
    )
    return (Finding(code=FindingCode.GAP, severity="warning", count=count, first=begin, message=message),)


def _closes_in(base: Path) -> Integers:
    groups = read_groups(base, columns=["time"])
    return np.concatenate([np.asarray(group["time"].to_numpy(zero_copy_only=False)) for group in groups]).astype(np.int64)


def _since(spec: RefreshSpec, closes: Integers | None, *, calendar: str) -> int:
    """Return from when on candles are asked for: the open of the first of the newest that are asked for again."""
    if closes is None:
        return int(spec.since.timestamp()) * SECOND
    first = closes[-min(len(closes), spec.revise_bars) :][:1]
    if spec.timeframe in INTRADAY:
        return int(opens_of(calendar, spec.timeframe, closes=first)[0])
    sessions = sessions_of(calendar, first=int(first[0]))
    place = int(np.searchsorted(sessions.close, first[0]))
    day = date.fromordinal(EPOCH + int(sessions.day[min(place, len(sessions.day) - 1)]))
    return int(datetime.combine(day, time(), ZoneInfo(sessions.zone)).timestamp()) * SECOND


def _lines(bars: Sequence[Bar], *, spec: RefreshSpec, calendar: str) -> list[str]:
    """Return candles as a file has them: by their open, a day's by its day alone."""
    by_day = spec.timeframe not in INTRADAY

    def moment(bar: Bar) -> str:
        if by_day:
            return day_of(bar, calendar=calendar).isoformat()
        return datetime.fromtimestamp(bar.opened // SECOND, UTC).isoformat().replace("+00:00", "Z")

    return [f"{moment(bar)},{','.join(map(repr, bar[1:]))}\n" for bar in bars]


def _checking(spec: RefreshSpec, *, size: int, calendar: str) -> ValidateSpec:
    """Return what the check of a file is asked: what came is a file like any other."""
    return ValidateSpec(
        dataset_id=spec.dataset_id,
        version=spec.version,
        name=spec.name,
        kind=spec.kind,
        upload=Upload(path="candles.csv", sha256="", size=size, format="csv"),
        symbol=spec.symbol,
        timeframe=spec.timeframe,
        calendar=calendar,
        base=spec.base,
        revise=True,
        rows_most=spec.rows_most,
        stale_after_bars=spec.stale_after_bars,
    )


def _said(fetched: Fetched, spec: RefreshSpec) -> str:
    """Return a line for the job's log."""
    counts = {
        "came twice": fetched.duplicates,
        "not over yet": fetched.unclosed,
        "outside of sessions": fetched.outside,
        "missing": fetched.missing,
    }
    besides = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    came = f"{len(fetched.bars)} closed candles of {spec.market} came from {spec.source}{f' ({besides})' if besides else ''}"
    return f"{came}; the series begins anew with them: before, it was {spec.replaces}" if spec.replaces else came


def _nobody(stage: str, step: int, total_steps: int) -> None:
    """Tell nobody: the check of some thousand candles is over before anybody would look."""
