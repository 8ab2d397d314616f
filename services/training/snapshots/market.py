"""Both sides of a version that learned from candles: its features, its answers and what came true, computed as its training did."""

from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.model_monitoring import MarketSubject, MonitorSpec
from libs.contracts.training_config import CheckedConfig
from libs.market.candles import Market
from libs.quant.windows import latest_of
from services.training.batches.answering import Version, load_version
from services.training.learners.horizons import with_most_bars
from services.training.learners.learner import probabilities
from services.training.learners.parity import scores_of
from services.training.learners.series import Series, load_candles, moment_of, with_features
from services.training.learners.table import label_bars
from services.training.snapshots.sides import Side, Sides

IN_SAMPLE: Final = "The version's run card does not say which rows it was tested on: the reference is all that it was trained on."
REFITTED: Final = "The version was refitted on all rows of its training: the reference is none that it had not seen."
OVERLAP: Final = "The window begins before the reference ends: some rows are on both sides."
WINDOWED: Final = "The version looks at windows of {steps} candles; what is compared is each window's last candle."
NONE_NEW: Final = "There is no candle after the reference's last: the newest is of {newest}."


def market_sides(spec: MonitorSpec, subject: MarketSubject, *, artifacts: Artifacts, market: Market) -> Sides:
    """Return the test rows of a version's training, and the rows of the window, by default all that came after them.

    Raise InvalidError where the version's files or columns that it looks at are gone; what `Market.candles` raises.
    """
    version = load_version(spec.artifact, name=spec.version, artifacts=artifacts)
    training = subject.training
    config = CheckedConfig.model_validate({**training.training_config, "end_date": None})
    loaded = [load_candles(symbol, config=config, market=market) for symbol in config.symbols]
    series = [with_features(candles, first=first, names=version.features) for candles, first in loaded]
    config = with_most_bars(config, series=series, target=version.target)
    whole = _joined([_side(each, version, config=config) for each in series])
    assert whole.time is not None
    start, end, notes = _reference(subject, version)
    of_reference = (whole.time >= start) & (whole.time <= end)
    after = end if spec.window.start is None else _nanoseconds(spec.window.start) - 1
    before = np.iinfo(np.int64).max if spec.window.end is None else _nanoseconds(spec.window.end)
    of_now = (whole.time > after) & (whole.time < before)
    if (of_reference & of_now).any():
        notes.append(OVERLAP)
    newest = max(int(each.candles.time[-1]) for each in series)
    if not of_now.any() and spec.window.start is None:
        notes.append(NONE_NEW.format(newest=moment_of(newest).isoformat()[:16]))
    if version.steps:
        notes.append(WINDOWED.format(steps=version.steps))
    return Sides(
        reference=whole.part(np.flatnonzero(of_reference)),
        current=whole.part(np.flatnonzero(of_now)),
        names=version.features,
        classes=version.classes,
        ordered=True,
        synthetic=any(each.candles.synthetic for each in series),
        newest=newest,
        notes=notes,
    )


def _reference(subject: MarketSubject, version: Version) -> tuple[int, int, list[str]]:
    """Return the closes of the reference's first and last candle at most, and what to know of them."""
    spans = (version.manifest.get("learned") or {}).values()
    end = max((int(span["last"]) for span in spans), default=np.iinfo(np.int64).max)
    if subject.test_start is None:
        return min((int(span["first"]) for span in spans), default=0), end, [IN_SAMPLE]
    closes = end if subject.test_end is None else _nanoseconds(subject.test_end)
    start = _nanoseconds(subject.test_start)
    return start, max(start, closes), [REFITTED] if start < end < np.iinfo(np.int64).max else []


def _side(series: Series, version: Version, *, config: CheckedConfig) -> Side:
    """Return all bars of a symbol that can be answered."""
    ready = series.ready(steps=version.steps)
    ready[: series.first] = False
    bars = np.flatnonzero(ready)
    rows = series.rows(bars, steps=version.steps)
    truth = _truth(series, version, config=config)[bars]
    scores = scores_of(version.session, rows)[0] if len(bars) else np.zeros((0, max(1, len(version.classes))))
    is_classifier = bool(version.classes)
    return Side(
        numbers=latest_of(rows) if len(bars) else np.zeros((0, len(version.features))),
        chances=probabilities(scores, scale=version.manifest["scale"], calibration=version.calibration) if is_classifier else None,
        values=None if is_classifier else scores[:, 0],
        truth=truth,
        time=series.candles.time[bars],
        symbols=np.full(len(bars), series.candles.symbol, dtype=object),
    )


def _truth(series: Series, version: Version, *, config: CheckedConfig) -> NDArray[np.float64]:
    values, known_at = label_bars(series, config=config, target=version.target, barrier=version.manifest.get("barrier"))
    return np.where(known_at >= 0, values.astype(np.float64), np.nan)


def _joined(sides: list[Side]) -> Side:
    """Return the rows of all symbols, each symbol's in order of time, one symbol after another."""

    def joined(name: str) -> Any:
        values = [getattr(each, name) for each in sides]
        return None if values[0] is None else np.concatenate(values)

    return Side(**{name: joined(name) for name in ("numbers", "chances", "values", "truth", "time", "symbols")})


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 10**6) * 1000
