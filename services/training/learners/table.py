"""The rows a model learns from and is tested on: features, labels, and when each was known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.training import ModelType
from libs.contracts.training_config import CheckedConfig
from libs.quant.candles import Floats, Integers
from libs.quant.labels import (
    CLASSES,
    ClassLabels,
    ValueLabels,
    balanced_barrier,
    change_to,
    direction,
    excursions,
    level_at,
    triple_barrier,
)
from libs.quant.splits import Split, chronological_split
from libs.quant.targets import Target, usual_target
from libs.quant.uniqueness import weights_of
from libs.quant.windows import Windows, latest_of
from services.training.learners.errors import (
    ClassMissingError,
    NotEnoughDataError,
    SymbolMissingError,
    TrainingRefusedError,
    UnusableFeatureError,
)
from services.training.learners.horizons import due_of
from services.training.learners.learner import Inputs, Sample, Spans
from services.training.learners.series import Series, day_of

FEWEST_TRAINING_ROWS: Final = 100
FEWEST_TEST_ROWS: Final = 20
FEWEST_OF_A_CLASS: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows of all symbols, one symbol after another. `time` and `known` (nanoseconds) say when a row is decided and its label known.

    `begins` is when the first bar closed that a row rests on: its own, or a window's first. `symbol` is the place of a row's symbol.
    `targets` are places in `classes`, or relative changes. `barrier` is the triple barrier's distance in volatilities; None without one.
    `label_bars` (rows, 2) are the bars of the row and of its label's end, in its symbol's candles, where rows are weighed by them.
    """

    rows: Inputs
    targets: NDArray[Any]
    begins: Integers
    time: Integers
    known: Integers
    symbol: Integers
    barrier: float | None
    classes: tuple[str, ...] | None = None
    label_bars: Integers | None = None

    def __len__(self) -> int:
        return len(self.time)

    def sample(self, places: Integers) -> Sample:
        """Return these rows with their targets, weighed by how unique their labels are among them, if at all."""
        spans = Spans(self.begins[places], self.time[places], self.known[places])
        weights = None
        if self.label_bars is not None:
            first, last = self.label_bars[places].T
            weights = weights_of(first, last, symbol=self.symbol[places])
        return Sample(self.rows[places], self.targets[places], spans, weights)

    def part(self, places: Integers) -> "Table":
        """Return the table of these rows alone."""
        begins, time, known, symbol = (array[places] for array in (self.begins, self.time, self.known, self.symbol))
        labels = None if self.label_bars is None else self.label_bars[places]
        return Table(self.rows[places], self.targets[places], begins, time, known, symbol, self.barrier, self.classes, labels)


def make_table(
    series: Sequence[Series], *, config: CheckedConfig, model_type: ModelType, steps: int = 0, target: Target | None = None
) -> Table:
    """Label every bar that has all its features and a whole horizon ahead. Raises NotEnoughDataError.

    Without a `target` it is the usual one of the type. With `steps`, a row is the window of so many bars that ends there, all of one
    symbol, in a row and with all their features.
    """
    wanted = target or usual_target(model_type)
    due = [due_of(each.candles, target=wanted, config=config) for each in series]
    kept = [_usable(each, due=ahead, config=config, steps=steps) for each, ahead in zip(series, due, strict=True)]
    barrier = (config.barrier or _barrier(series, kept, config=config)) if wanted.column == "signal" else None
    labels = [_labels(each, target=wanted, due=ahead, config=config, barrier=barrier) for each, ahead in zip(series, due, strict=True)]
    kept = [bars[label.known_at[bars] >= 0] for label, bars in zip(labels, kept, strict=True)]
    rows = _windows(series, kept, steps=steps) if steps else _rows(series, kept)
    time = np.concatenate([each.candles.time[bars] for each, bars in zip(series, kept, strict=True)])
    first = np.concatenate([each.candles.time[bars - max(steps - 1, 0)] for each, bars in zip(series, kept, strict=True)])
    symbol = np.repeat(np.arange(len(series)), [len(bars) for bars in kept])
    targets: NDArray[Any] = np.concatenate([label.values[bars] for label, bars in zip(labels, kept, strict=True)])
    if wanted.classes:
        targets = targets.astype(np.int64)
    known = _known(series, kept, [label.known_at for label in labels])
    ends = [np.stack((bars, label.known_at[bars]), axis=1) for label, bars in zip(labels, kept, strict=True)]
    weighed = np.concatenate(ends) if config.sample_weights == "uniqueness" else None
    return Table(rows, targets, first, time, known, symbol, barrier, wanted.classes, weighed)


def label_bars(series: Series, *, config: CheckedConfig, target: Target, barrier: float | None) -> tuple[NDArray[Any], Integers]:
    """Return what comes true for each bar of a symbol (bars,), and the place of the bar at which that is known, below 0 where it is not.

    `barrier` is that of the version whose answers are looked at, in volatilities; None of targets that have none.
    """
    due = due_of(series.candles, target=target, config=config)
    found = _labels(series, target=target, due=due, config=config, barrier=barrier)
    return found.values, found.known_at


def split(table: Table, *, series: Sequence[Series], config: CheckedConfig) -> Split:
    """Split by time, purged and embargoed by the label's horizon.

    Raises NotEnoughDataError, and SymbolMissingError for a symbol that would only be learned from, or only be tested on.
    """
    try:
        parts = chronological_split(
            table.time,
            table.known,
            train_share=config.train_test_split,
            embargo=config.horizon,
            begins=table.begins,
            symbol=table.symbol,
        )
    except ValueError as error:
        msg = f"The rows cannot be split: {error}"
        raise _not_enough(msg) from error
    for name, places, fewest in (("training", parts.train, FEWEST_TRAINING_ROWS), ("test", parts.test, FEWEST_TEST_ROWS)):
        if len(places) < fewest:
            msg = f"Only {len(places)} {name} rows are left of {len(table)} usable ones{_between(series)}; at least {fewest} are needed"
            raise _not_enough(msg)
    _check_symbols(table, parts, series=series, window=config.window)
    return parts


def opens_of(table: Table, parts: Split) -> int:
    """Return the close of the bar from which on all symbols are tested (nanoseconds): the latest of their first test rows."""
    time, symbol = table.time[parts.test], table.symbol[parts.test]
    return max(int(time[symbol == each].min()) for each in np.unique(symbol))


def _check_symbols(table: Table, parts: Split, *, series: Sequence[Series], window: str) -> None:
    """Raise SymbolMissingError for symbols without rows in either part: a result would not be theirs, whatever it is called."""
    problems = []
    tested = parts.test[table.time[parts.test] >= opens_of(table, parts)]
    for place, each in enumerate(series):
        lacking = [name for name, rows in (("to train on", parts.train), ("to test on", tested)) if not (table.symbol[rows] == place).any()]
        if lacking:
            first, last = day_of(int(each.candles.time[each.first])), day_of(int(each.candles.time[-1]))
            problems.append(f"{each.candles.symbol} (candles from {first} to {last}) has no rows {' and none '.join(lacking)}")
    if problems:
        other = ", or ask for training_config.window 'common'" if window == "union" else ""
        msg = (
            f"{'; '.join(problems)}: the test begins on {day_of(parts.cut)}. Leave the symbol out, choose dates between which every symbol "
            f"has candles{other}"
        )
        raise SymbolMissingError(msg, details={"training_config.symbols": [msg]})


def check_training_part(
    training: Sample, *, features: Sequence[str], classification: bool, barrier: float | None, classes: Sequence[str] = CLASSES
) -> None:
    """Raise UnusableFeatureError for a feature that never changes, ClassMissingError for a class with next to no rows."""
    constant = [name for name, spread in zip(features, np.ptp(latest_of(training.rows), axis=0), strict=True) if spread == 0]
    if constant:
        msg = f"{', '.join(constant)} is constant over the training rows, so nothing can be learned from it: leave it out"
        raise UnusableFeatureError(msg, details={"features": [msg]})
    if not classification:
        if np.ptp(training.targets) == 0:
            msg = "What is to be predicted is the same in all training rows, so there is nothing to learn"
            raise NotEnoughDataError(msg, details={"training_config": [msg]})
        return
    counts = class_balance(training.targets, classes=classes)
    rare = [f"{name} {count}" for name, count in counts.items() if count < FEWEST_OF_A_CLASS]
    if rare:
        msg = (
            f"Too few training rows of a class ({', '.join(rare)} of {len(training)}; each needs {FEWEST_OF_A_CLASS}) "
            f"with a barrier of {barrier:.3g}: change training_config.barrier, or leave it out to have it chosen"
            if barrier is not None
            else f"Too few training rows of a class ({', '.join(rare)} of {len(training)}; each needs {FEWEST_OF_A_CLASS})"
        )
        raise ClassMissingError(msg, details={"training_config": [msg]})


def class_balance(targets: NDArray[Any], *, classes: Sequence[str] = CLASSES) -> dict[str, int]:
    """Return how many rows each class has."""
    return dict(zip(classes, np.bincount(targets, minlength=len(classes)).tolist(), strict=True))


def _usable(series: Series, *, due: Integers, config: CheckedConfig, steps: int) -> Integers:
    """Return the bars asked for that have all features, and (so that both targets rest on the same rows) a whole horizon ahead."""
    has = due >= 0 if config.horizon_in == "sessions" else ~np.isnan(excursions(series.candles, horizon=config.horizon))
    ready = series.ready(steps=steps) & has
    ready[: series.first] = False
    return np.flatnonzero(ready)


def _labels(series: Series, *, target: Target, due: Integers, config: CheckedConfig, barrier: float | None) -> ClassLabels | ValueLabels:
    """Label a symbol's bars with what is to be predicted, of the bars at the places `due`."""
    if (own := target.own_column) is not None:
        if own not in series.candles.columns:
            msg = f"The candles of {series.candles.symbol} have no column '{own}', so '{target.name}' cannot be predicted"
            raise TrainingRefusedError(msg, details={"target_variable": [msg]})
        return level_at(series.candles, column=own, due=due)
    match target.column:
        case "signal":
            assert barrier is not None
            return triple_barrier(series.candles, horizon=config.horizon, barrier=barrier)
        case "direction":
            return direction(series.candles, due=due)
        case column:
            return change_to(series.candles, column="close" if column == "return" else column, due=due)


def _rows(series: Sequence[Series], kept: Sequence[Integers]) -> Floats:
    return np.concatenate([each.features[bars] for each, bars in zip(series, kept, strict=True)])


def _windows(series: Sequence[Series], kept: Sequence[Integers], *, steps: int) -> Windows:
    before = np.cumsum([0, *(len(each.candles) for each in series)])
    last = np.concatenate([start + bars for start, bars in zip(before[:-1], kept, strict=True)])
    return Windows(np.concatenate([each.features for each in series]), last, steps)


def _barrier(series: Sequence[Series], kept: Sequence[Integers], *, config: CheckedConfig) -> float:
    """Choose the barrier from rows whose whole horizon lies in the training part: the test part must not have a say."""
    time = np.concatenate([each.candles.time[bars] for each, bars in zip(series, kept, strict=True)])
    latest = np.concatenate([each.candles.time[bars + config.horizon] for each, bars in zip(series, kept, strict=True)])
    reached = np.concatenate([excursions(each.candles, horizon=config.horizon)[bars] for each, bars in zip(series, kept, strict=True)])
    try:
        training = chronological_split(time, latest, train_share=config.train_test_split).train
        return balanced_barrier(reached[training])
    except ValueError as error:
        msg = f"No labels can be made: {error}"
        raise _not_enough(msg) from error


def _known(series: Sequence[Series], kept: Sequence[Integers], known_at: Sequence[Integers]) -> Integers:
    return np.concatenate([each.candles.time[at[bars]] for each, bars, at in zip(series, kept, known_at, strict=True)])


def _between(series: Sequence[Series]) -> str:
    """Say between which days the symbols have bars, where there are several."""
    if len(series) == 1:
        return ""
    first, last = min(int(each.candles.time[each.first]) for each in series), max(int(each.candles.time[-1]) for each in series)
    return f" of {len(series)} symbols from {day_of(first)} to {day_of(last)}"


def _not_enough(message: str) -> NotEnoughDataError:
    whole = f"{message}. Ask for more days or symbols, features that look back less, a shorter horizon or sequence_length"
    return NotEnoughDataError(whole, details={"training_config": [whole]})
