"""How large a training is, told from its specification alone: what past jobs are compared by, and what the first ones are reserved by.

The constants are CPU seconds measured on one core of an AMD EPYC in November 2026; docs/guides/compute.md has the measurements.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import log2, sqrt
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.algorithms_torch import MEMBERS
from libs.contracts.texts import TextSpec
from libs.contracts.training import ModelType, TrainingSpec
from libs.contracts.validation import ValidationRule
from libs.market.own import OwnCatalogue, catalogue_of
from libs.market.windows import common_days, days_of
from services.gateway.domain.jobs.text_size import text_size_hours, trained_by

SECONDS_AN_HOUR: Final = 3600
DAYS_A_YEAR: Final = 365.25
BARS_A_YEAR: Final = {
    "1m": 525_600, "5m": 105_120, "15m": 35_040, "30m": 17_520, "1h": 6_240, "4h": 2_190, "1d": 252, "1w": 52,
}  # fmt: skip
# The length of candles where the catalogue cannot say it, and what a training configuration has where it says nothing.
YEARS_UNSAID: Final = 13.0
FOLDS_UNSAID: Final = 5
SPLIT_UNSAID: Final = 0.8
# What a job costs before and after it fits anything: candles, plots, files; PyTorch's import; each of several workers.
FIXED_S: Final = 3.0
TORCH_S: Final = 4.0
WORKER_S: Final = 15.0
ROW_FEATURE_S: Final = 1e-6
# Trees: a row's way through a level of a tree for each feature that is looked at there.
LEVEL_S: Final = {"RANDOM_FOREST": 8.5e-8, "EXTRA_TREES": 4e-8, "XGBOOST": 1e-8, "LIGHTGBM": 1.2e-8}
DEEPEST: Final = 14
"""Levels in which many rows are left, however deep a tree may grow."""
# SHAP values of trees, in judging and drawing together: for each leaf and feature.
LEAF_S: Final = {"RANDOM_FOREST": 2.5e-6, "EXTRA_TREES": 2.5e-6, "XGBOOST": 2.5e-6, "LIGHTGBM": 6e-6}
CLASSES: Final = 3
# Linear models: a row's feature in an iteration, of which most fits need no more than so many.
ITERATION_S: Final = 3e-8
ITERATIONS: Final = 100
# Networks: a multiplication, forth and back, and a step of a layer that does nothing else.
MAC_S: Final = 1.3e-10
STEP_S: Final = {"LSTM": 1e-6, "GRU": 3.5e-6, "TRANSFORMER": 7e-6, "DEEPAR": 1.5e-6, "TFT": 1.2e-5, "NHITS": 2e-7}
GATES: Final = {"LSTM": 4, "GRU": 3, "DEEPAR": 4, "TFT": 6}
ANSWER: Final = {"DEEPAR": 8.5, "TFT": 1.6, "TRANSFORMER": 1 / 4}
AN_ANSWER: Final = 1 / 3
"""What an answer takes, as a share of a window's way through an epoch, where it is not said."""
# SHAP values of networks: each of so many rows is answered for each set of features, in judging and in drawing.
EXPLAINED_ROWS: Final = 1000
MOST_SETS: Final = 1024


@dataclass(frozen=True, slots=True)
class Size:
    """How large a training is, in CPU hours, and the algorithm that past ones must share to tell of it."""

    algorithm: str
    hours: float


def size_of(spec: TrainingSpec | TextSpec) -> Size:
    """Return how large a training is."""
    if isinstance(spec, TextSpec):
        return Size(trained_by(spec), text_size_hours(spec))
    return Size(spec.algorithm, size_hours(spec))


@dataclass(frozen=True, slots=True)
class Work:
    """A training in numbers: `rows` of the largest fit, `fitted` the rows of all fits together; settings as given or by default."""

    algorithm: str
    rows: float
    fitted: float
    features: int
    classes: int
    settings: Mapping[str, Any]

    def number(self, name: str, default: float) -> float:
        """Return a setting that is a number, else the default."""
        value = self.settings.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


def size_hours(spec: TrainingSpec) -> float:
    """Return the CPU hours that this work takes on one core as it was measured.

    Absolutely it is a guess; relative to another job of the same algorithm it says how much larger this one is.
    """
    config = spec.training_config
    bars = BARS_A_YEAR[config.get("timeframe", "1d")] * _years(config, own=catalogue_of(spec.own))
    rows = bars * float(config.get("train_test_split") or SPLIT_UNSAID)
    rule = config.get("validation")
    folds = ValidationRule.model_validate(rule).splits if rule else int(config.get("cross_validation_folds", FOLDS_UNSAID))
    known = ALGORITHMS[spec.algorithm].hyperparameters if spec.algorithm in ALGORITHMS else {}
    work = Work(
        algorithm=spec.algorithm,
        rows=rows,
        fitted=rows * max(folds, 1),  # Each of the folds learns from all but one part, and the last fit from all of them.
        features=max(len(spec.features), 1),
        classes=CLASSES if spec.model_type is ModelType.CLASSIFICATION else 1,
        settings={name: each.default for name, each in known.items()} | dict(spec.hyperparameters),
    )
    gathering = WORKER_S * spec.workers if spec.workers > 1 else 0.0
    return (FIXED_S + gathering + bars * work.features * ROW_FEATURE_S + FAMILIES[spec.algorithm](work)) / SECONDS_AN_HOUR


def _forest(work: Work) -> float:
    trees, depth = work.number("n_estimators", 100), work.number("max_depth", DEEPEST)
    grown = work.fitted * trees * min(depth, DEEPEST) * _tried(work) * LEVEL_S[work.algorithm]
    leaves = min(2 ** min(depth, 30), work.number("max_leaf_nodes", work.rows / 2), work.rows / 2)
    return grown + trees * leaves * work.features * LEAF_S[work.algorithm]


def _tried(work: Work) -> float:
    """Return how many features a split of a forest's tree looks at."""
    most = work.settings.get("max_features")
    match most:
        case "sqrt":
            return max(sqrt(work.features), 1.0)
        case "log2":
            return max(log2(work.features), 1.0)
        case float() if most <= 1:
            return max(float(most) * work.features, 1.0)
        case int() if not isinstance(most, bool):
            return min(float(most), float(work.features))
        case _:
            return float(work.features)


def _boosted(work: Work) -> float:
    trees = work.number("n_estimators", 100) * work.classes
    depth = work.number("max_depth", 6) if work.algorithm == "XGBOOST" else 0.0
    unbounded = log2(max(work.number("num_leaves", 31), 2)) if work.algorithm == "LIGHTGBM" else DEEPEST
    levels = min(depth if depth > 0 else unbounded, DEEPEST)
    leaves = min(2**levels, work.rows / 2)
    grown = work.fitted * trees * levels * work.features * LEVEL_S[work.algorithm]
    return grown + trees * leaves * work.features * LEAF_S[work.algorithm]


def _linear(work: Work) -> float:
    return work.fitted * work.features * min(work.number("max_iter", 1), ITERATIONS) * ITERATION_S


def _network(work: Work) -> float:
    """Windows by epochs, and the answers that explaining takes: both by what one window takes."""
    window = WINDOWS[work.algorithm](work)
    sets = min(2.0 ** min(work.features, 30), MOST_SETS)
    return (
        TORCH_S
        + work.number("max_epochs", 50) * work.fitted * window
        + EXPLAINED_ROWS * sets * window * ANSWER.get(work.algorithm, AN_ANSWER)
    )


def _recurrent_s(work: Work) -> float:
    """Return what a window takes in an epoch: each layer's step multiplies what comes in and what is remembered, for each gate."""
    steps = work.number("sequence_length", 0) or work.number("encoder_length", 30)
    width, layers = work.number("hidden_size", 32), work.number("num_layers", 1)
    first, further = width * (work.features + width), 2 * width * width
    macs = GATES[work.algorithm] * (first + (layers - 1) * further)
    return steps * (layers * STEP_S[work.algorithm] + macs * MAC_S)


def _attentive_s(work: Work) -> float:
    """Return what a window of a transformer takes in an epoch: each step multiplies by all weights, and in each layer with every step."""
    steps, width, layers = work.number("sequence_length", 20), work.number("hidden_size", 32), work.number("num_layers", 1)
    macs = width * work.features + layers * width * (4 * width + 2 * work.number("dim_feedforward", 64) + 2 * steps)
    return steps * (layers * STEP_S["TRANSFORMER"] + macs * MAC_S)


def _pooled_s(work: Work) -> float:
    """Return what a window takes in an epoch of each of an ensemble's members."""
    return sum(WINDOWS[name](replace(work, algorithm=name)) for name in MEMBERS)


def _hierarchical_s(work: Work) -> float:
    """Return what a window of N-HiTS takes in an epoch: the whole of it goes through wide layers, without steps."""
    width, inputs = work.number("hidden_size", 32), work.number("encoder_length", 30) * work.features
    return work.number("encoder_length", 30) * STEP_S[work.algorithm] + 3 * width * (inputs + 2 * width) * MAC_S


WINDOWS: Final[Mapping[str, Callable[[Work], float]]] = {
    **dict.fromkeys(GATES, _recurrent_s),
    "TRANSFORMER": _attentive_s,
    "ENSEMBLE": _pooled_s,
    "NHITS": _hierarchical_s,
}

FAMILIES: Final[Mapping[str, Callable[[Work], float]]] = {
    "RANDOM_FOREST": _forest,
    "EXTRA_TREES": _forest,
    "XGBOOST": _boosted,
    "LIGHTGBM": _boosted,
    "LOGISTIC_REGRESSION": _linear,
    "RIDGE": _linear,
} | dict.fromkeys(WINDOWS, _network)


def _years(config: dict[str, Any], *, own: OwnCatalogue) -> float:
    """Return years of candles, of all symbols together: of the days that they have in common, or each of its own (`window` union)."""
    symbols, timeframe = config.get("symbols", ()), config.get("timeframe", "1d")
    start, end = (date.fromisoformat(text) if (text := config.get(name)) else None for name in ("start_date", "end_date"))
    try:
        if config.get("window", "common") == "union":
            spans = [days_of(symbol, timeframe=timeframe, start=start, end=end, own=own) for symbol in symbols]
        else:
            spans = [common_days(symbols, timeframe=timeframe, start=start, end=end, own=own)] * len(symbols)
    except InvalidError:  # a model from before a symbol was refused: it says so when it is trained
        return YEARS_UNSAID * len(symbols)
    return sum(max((last - first).days, 0) for first, last in spans) / DAYS_A_YEAR
