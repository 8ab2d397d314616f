"""What a trial is worth: its learner's metrics over the folds, and ratios of what its signals earned out of sample, path by path."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.deflated import Moments
from libs.quant.measured import Measured, nothing
from libs.quant.moments import moments
from libs.quant.overfitting import block_edges
from libs.quant.trading import equity_metrics, sharpe_ratio
from services.training.tuning.fitting import FoldDone, Path

OWN: Final[Mapping[str, str]] = {
    "loss": "val_loss",
    "accuracy": "val_accuracy",
    "directional_accuracy": "val_accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1_score": "f1_score",
    "roc_auc": "roc_auc",
    "mae": "mae",
    "rmse": "rmse",
    "r2": "r2",
}
"""A learner's own metrics, by what they are called of a trial."""
PLAYED: Final[Mapping[str, str]] = {
    "sharpe_ratio": "sharpe",
    "sortino_ratio": "sortino",
    "calmar_ratio": "calmar",
    "max_drawdown": "max_drawdown",
    "total_return": "total_return",
}
TURNOVER: Final = "turnover"
LESS_TURNOVER: Final = "sharpe_less_turnover"
_NOTHING_PLAYED: Final = "no bar was played"


@dataclass(frozen=True, slots=True)
class Told:
    """A trial's metrics, and how far each differs from fold to fold (sample deviation; of two folds at least)."""

    metrics: Measured
    spread: Mapping[str, float]


def measure(folds: Sequence[FoldDone]) -> Told:
    """Return a trial's metrics by the names of `BETTER` (libs/contracts/tuning.py): means over folds, and ratios of what was earned.

    The ratios are of a whole path through time, as folds by themselves are short. What several folds play of the same bars, as in
    combinatorial cross-validation, makes several paths: ratios are means over them. `sharpe_less_turnover` is the Sharpe ratio where each
    trade costs twice as much.
    """
    paths = paths_of([path for fold in folds for path in fold.paths])
    own = [named(Measured(dict(fold.metrics), dict(fold.reasons)), OWN) for fold in folds]
    ratios = [ratios_of(path) for path in paths]
    names = (*PLAYED.values(), TURNOVER, LESS_TURNOVER)
    metrics = _mean(own) | (_mean(ratios) if ratios else nothing(names, reason=_NOTHING_PLAYED))
    by_fold = [each | ratios_of(fold.paths[0]) if fold.paths else each for each, fold in zip(own, folds, strict=True)]
    return Told(metrics, _spread(by_fold))


def paths_of(played: Sequence[Path]) -> list[Path]:
    """Join what was played to paths through time, each with every group once; only whole ones are returned.

    The p-th path takes the p-th fold that has played each group (López de Prado 2018, chapter 12).
    """
    by_group: dict[int, list[Path]] = defaultdict(list)
    for each in played:
        by_group[each.group].append(each)
    if not by_group:
        return []
    return [_joined([by_group[group][place] for group in sorted(by_group)]) for place in range(min(map(len, by_group.values())))]


def evidence_of(folds: Sequence[FoldDone]) -> dict[str, Any]:
    """Return what honesty needs of a trial's first path, as plain JSON: its ratio of one bar, its moments, and its sums by block."""
    paths = paths_of([path for fold in folds for path in fold.paths])
    return evidence(paths[0].returns) if paths else {}


def evidence(returns: Floats) -> dict[str, Any]:
    """Return the Sharpe ratio of one bar, skewness and kurtosis (None where they do not vary), and each block's sums of returns."""
    ratio, shape, edges = sharpe_ratio(returns, bars_per_year=1.0), moments(returns), block_edges(len(returns))
    found: dict[str, Any] = {"bars": len(returns), "sharpe": ratio, "shape": None if shape is None else [shape.skewness, shape.kurtosis]}
    if edges is not None:
        found["sums"] = np.add.reduceat(returns, edges[:-1]).tolist()
        found["squares"] = np.add.reduceat(returns**2, edges[:-1]).tolist()
    return found


def shape_of(evidence: Mapping[str, Any]) -> Moments | None:
    """Return the moments that `evidence` has kept."""
    return None if not evidence.get("shape") else Moments(*evidence["shape"])


def _joined(parts: Sequence[Path]) -> Path:
    time, returns, dearer = (np.concatenate([getattr(part, name) for part in parts]) for name in ("time", "returns", "dearer"))
    return Path(parts[0].group, time, returns, dearer, sum(part.traded for part in parts), parts[0].bars_per_year)


def ratios_of(path: Path) -> Measured:
    """Return what was earned on a path, by the names of `BETTER`."""
    equity = np.asarray(np.cumprod(1.0 + path.returns), dtype=np.float64)
    measured = named(equity_metrics(equity, bars_per_year=path.bars_per_year), PLAYED)
    dearer = sharpe_ratio(path.dearer, bars_per_year=path.bars_per_year)
    turnover = path.traded / max(len(path.returns) / path.bars_per_year, 1e-9)
    reasons = {LESS_TURNOVER: "the returns do not vary"} if dearer is None else {}
    return measured | Measured({TURNOVER: turnover, LESS_TURNOVER: dearer}, reasons)


def named(measured: Measured, names: Mapping[str, str]) -> Measured:
    """Return those of the metrics that have such a name, by it."""
    values = {names[name]: value for name, value in measured.values.items() if name in names}
    return Measured(values, {names[name]: words for name, words in measured.reasons.items() if name in names})


def _spread(folds: Sequence[Measured]) -> dict[str, float]:
    found = {}
    for name in dict.fromkeys(name for fold in folds for name in fold.values):
        known = [value for fold in folds if (value := fold.values.get(name)) is not None]
        if len(known) > 1:
            found[name] = float(np.std(known, ddof=1))
    return found


def _mean(found: Sequence[Measured]) -> Measured:
    """Return each metric's mean over those that have it; None, with the first reason, where none has."""
    values: dict[str, float | None] = {}
    reasons: dict[str, str] = {}
    for name in found[0].values:
        known = [value for each in found if (value := each.values[name]) is not None]
        values[name] = float(np.mean(known)) if known else None
        if not known:
            reasons[name] = next(words for each in found if (words := each.reasons.get(name)))
    return Measured(values, reasons)
