"""How large a training is, told from its specification alone: what past jobs are compared by."""

from datetime import date
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.training import TrainingSpec
from libs.market.windows import common_days, days_of

SECONDS_AN_HOUR: Final = 3600
DAYS_A_YEAR: Final = 365.25
# Measured on one core: what a job costs before it fits anything, a row's way through one tree of usual depth for each feature (4 µs at
# five features), and a window's way through one epoch of a network, forth and back; and what it costs to gather workers, each.
FIXED_S: Final = 12.0
ROW_TREE_FEATURE_S: Final = 8e-7
WINDOW_EPOCH_S: Final = {"TFT": 7e-4, "NHITS": 1e-4, "DEEPAR": 1.5e-4, "LSTM": 2e-4, "GRU": 2e-4}
WORKER_S: Final = 30.0
BARS_A_YEAR: Final = {"1d": 252, "1h": 6_240, "15m": 35_040}
# The length of candles where the catalogue cannot say it, and where they are not said, rounds of a learner that has none of its own.
YEARS_UNSAID: Final = 13.0
ROUNDS_UNSAID: Final = 100
FOLDS_UNSAID: Final = 5


def size_hours(spec: TrainingSpec) -> float:
    """Return the hours that this work takes at the measured speed of one core: rows by features by trees (or by epochs), by fits.

    Absolutely it is a guess; relative to another job of the same algorithm it says how much larger this one is.
    """
    config = spec.training_config
    rows = BARS_A_YEAR[config.get("timeframe", "1d")] * _years(config)
    fits = 1 + int(config.get("cross_validation_folds", FOLDS_UNSAID))
    epochs = _rounds(spec, "max_epochs")
    trees = _rounds(spec, "n_estimators") or ROUNDS_UNSAID
    if epochs and spec.algorithm in WINDOW_EPOCH_S:
        row_s = epochs * WINDOW_EPOCH_S[spec.algorithm]
    else:
        row_s = trees * len(spec.features) * ROW_TREE_FEATURE_S
    # Workers divide the fits among them; what comes before and after is done by one process.
    gathering = WORKER_S * spec.workers if spec.workers > 1 else 0.0
    return (FIXED_S + gathering + rows * fits * row_s) / SECONDS_AN_HOUR


def _rounds(spec: TrainingSpec, name: str) -> float | None:
    """Return a hyperparameter as given, else its default; None where the algorithm has none of this name."""
    known = ALGORITHMS[spec.algorithm].hyperparameters.get(name) if spec.algorithm in ALGORITHMS else None
    given = spec.hyperparameters.get(name, known.default if known else None)
    return float(given) if isinstance(given, int | float) else None


def _years(config: dict[str, Any]) -> float:
    """Return years of candles, of all symbols together: of the days that they have in common, or each of its own (`window` union)."""
    symbols, timeframe = config.get("symbols", ()), config.get("timeframe", "1d")
    start, end = (date.fromisoformat(text) if (text := config.get(name)) else None for name in ("start_date", "end_date"))
    try:
        if config.get("window", "common") == "union":
            spans = [days_of(symbol, timeframe=timeframe, start=start, end=end) for symbol in symbols]
        else:
            spans = [common_days(symbols, timeframe=timeframe, start=start, end=end)] * len(symbols)
    except InvalidError:  # a model from before a symbol was refused: it says so when it is trained
        return YEARS_UNSAID * len(symbols)
    return sum(max((last - first).days, 0) for first, last in spans) / DAYS_A_YEAR
