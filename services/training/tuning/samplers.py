"""Optuna's samplers and pruners by the words that a request has for them, seeded so that each trial can be drawn again."""

import warnings
from typing import Final

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner, WilcoxonPruner
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, RandomSampler, TPESampler

# Drawing a trial's own seed: any odd number far from others' use; a seed has 32 bits.
SEEDS_APART: Final = 1_000_003
SEEDS: Final = 2**32

optuna.logging.set_verbosity(optuna.logging.WARNING)


def make_sampler(name: str, *, seed: int, trial: int) -> BaseSampler:
    """Return the sampler that draws one trial.

    Each trial has a sampler of its own, seeded by the search's seed and the trial's number: what it draws depends on these and on the
    trials told before alone, so that a search that goes on in another process draws what it would have drawn in the first.
    Optuna's defaults, but for the warnings. A grid is walked by `Space.grid`, and its sampler draws nothing.
    """
    own = (seed * SEEDS_APART + trial) % SEEDS
    with warnings.catch_warnings(action="ignore", category=ExperimentalWarning):
        match name:
            case "tpe":
                return TPESampler(seed=own)
            case "cmaes":
                return CmaEsSampler(seed=own, warn_independent_sampling=False)
            case "gp":
                return GPSampler(seed=own, deterministic_objective=True, warn_independent_sampling=False)
            case "random" | "grid":
                return RandomSampler(seed=own)
            case _:
                msg = f"There is no sampler {name}"
                raise ValueError(msg)


def make_pruner(name: str, *, steps: int) -> BasePruner:
    """Return the pruner that looks at a trial after each of `steps` folds.

    `median` ends what is worse than the median of the trials before it at the same fold (from the sixth trial on), `hyperband` gives few
    folds to many and all to the best (Li et al. 2018), `wilcoxon` ends what is worse than the best one on the same folds with p < 0.1.
    """
    with warnings.catch_warnings(action="ignore", category=ExperimentalWarning):
        match name:
            case "none":
                return NopPruner()
            case "median":
                return MedianPruner()
            case "hyperband":
                return HyperbandPruner(min_resource=1, max_resource=max(steps, 2))
            case "wilcoxon":
                return WilcoxonPruner()
            case _:
                msg = f"There is no pruner {name}"
                raise ValueError(msg)
