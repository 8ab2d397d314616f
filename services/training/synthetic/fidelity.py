"""How like rows that were held out the generated ones are: column by column, pair by pair, and all together."""

from typing import Final

import numpy as np
from scipy.stats import rankdata

from libs.contracts.synthetic_rows import ColumnFidelity, Fidelity
from libs.quant.drift.columns import distances
from libs.quant.drift.domain_classifier import domain_drift
from services.training.synthetic.columns import Column, Floats
from services.training.synthetic.generator import Generator

NO_VALUE: Final = "One side has no value."
NAMES: Final = "Its words are names, which are made anew."
ONE_COLUMN: Final = "There are no two columns that vary."
WORDS: Final = frozenset({"category", "boolean"})
PAIR: Final = 2


def fidelity_of(generator: Generator, *, held_out: Floats, made: Floats, seed: int) -> Fidelity:
    """Compare rows (rows, columns), each as the generator's numbers; what a learner makes of them is added by who runs it."""
    columns = tuple(_column(each, was, now) for each, was, now in zip(generator.columns, held_out.T, made.T, strict=True))
    told = [place for place, each in enumerate(generator.columns) if not each.names]
    apart, pair = _apart(held_out[:, told], made[:, told])
    names = [generator.columns[place].about.name for place in told]
    # Its folds are stretches, and held-out rows are in the order of their file.
    mixed = np.random.default_rng(seed).permutation(len(held_out))
    drift = domain_drift(held_out[mixed][:, told], made[:, told], seed=seed)
    reasons = {} if apart is not None else dict.fromkeys(("correlation_difference_mean", "correlation_difference_most"), ONE_COLUMN)
    if drift.auc is None:
        reasons["domain_classifier_auc"] = drift.reason or NO_VALUE
    return Fidelity(
        columns=columns,
        correlation_difference_mean=None if apart is None else apart[0],
        correlation_difference_most=None if apart is None else apart[1],
        correlation_most_pair=tuple(names[place] for place in pair),
        domain_classifier_auc=drift.auc,
        domain_classifier_interval=() if drift.lower is None or drift.upper is None else (drift.lower, drift.upper),
        reasons=reasons,
    )


def _column(column: Column, was: Floats, now: Floats) -> ColumnFidelity:
    lacking = [np.isnan(each) for each in (was, now)]
    known = [np.sort(values[~missing]) for values, missing in zip((was, now), lacking, strict=True)]
    difference = float(lacking[1].mean() - lacking[0].mean())
    if column.names or not all(len(each) for each in known):
        return ColumnFidelity(name=column.about.name, missing_difference=difference, reason=NAMES if column.names else NO_VALUE)
    if column.about.type not in WORDS:
        return ColumnFidelity(name=column.about.name, ks=min(distances(*known)[0], 1.0), missing_difference=difference)
    most = int(max(each[-1] for each in known)) + 1
    shares = [np.bincount(each.astype(np.int64), minlength=most) / len(each) for each in known]
    return ColumnFidelity(
        name=column.about.name, total_variation=min(float(np.abs(shares[0] - shares[1]).sum() / 2), 1.0), missing_difference=difference
    )


def _apart(was: Floats, now: Floats) -> tuple[tuple[float, float] | None, tuple[int, ...]]:
    """Return mean and most of how the rank correlations differ, and the pair of which they do most; None where there is no pair."""
    sides = [_ranked(each) for each in (was, now)]
    varying = [place for place in range(was.shape[1]) if all(side[:, place].std() > 0 for side in sides)]
    if len(varying) < PAIR:
        return None, ()
    differences = np.abs(np.corrcoef(sides[0][:, varying], rowvar=False) - np.corrcoef(sides[1][:, varying], rowvar=False))
    above = np.triu_indices(len(varying), 1)
    most = int(differences[above].argmax())
    return (float(differences[above].mean()), float(differences[above].max())), (varying[above[0][most]], varying[above[1][most]])


def _ranked(rows: Floats) -> Floats:
    """Return ranks within each column; a cell without a value has the middle one."""
    ranks = np.asarray(rankdata(rows, axis=0, nan_policy="omit"))
    middle = np.array([np.nanmean(each) if not np.isnan(each).all() else 0.0 for each in ranks.T])
    return np.where(np.isnan(ranks), middle, ranks)
