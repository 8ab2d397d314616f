"""What each symbol brings to each part of a training, and what is odd about its candles."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from libs.contracts.training_config import CheckedConfig
from libs.quant.bootstrap import FEW_BARS
from libs.quant.candles import Candles, Integers
from libs.quant.columns import read_feature
from libs.quant.grammar import SYMBOL, Feature
from libs.quant.indicators.volume import VOLUME
from libs.quant.splits import Split
from libs.quant.uniqueness import rows_worth
from services.training.learners.folding import rule_of, tested_of
from services.training.learners.learner import Sample
from services.training.learners.series import Series
from services.training.learners.table import Table, opens_of
from services.training.learners.trading import costs_of

SHARED_COSTS: Final = ("commission", "slippage", "borrow_rate")


def shares_of(series: Sequence[Series], *, table: Table, parts: Split, config: CheckedConfig) -> list[dict[str, Any]]:
    """Return each symbol's rows and bars to train on, validate on and test on, its costs, and how many of its candles are odd.

    Bars are those of the part's days, rows those of them that have features and a label and are neither purged nor embargoed.
    """
    validated = _validated(table, parts=parts, config=config)
    spans = {
        "train": (parts.train, 0, parts.cut - 1),
        "validation": (validated, int(table.time[validated].min()), int(table.time[validated].max())),
        "test": (parts.test, opens_of(table, parts), np.iinfo(np.int64).max),
    }
    found: list[dict[str, Any]] = []
    for place, each in enumerate(series):
        time = each.candles.time[each.first :]
        share = {
            name: {"rows": int((table.symbol[rows] == place).sum()), "bars": int(((time >= first) & (time <= last)).sum())}
            for name, (rows, first, last) in spans.items()
        }
        asked = each.candles.part(each.first, len(each.candles))
        odd = {"stale_opens": int(asked.stale_open.sum()), "unknown_volumes": int(asked.volume_unknown.sum())}
        found.append({**share, **asdict(costs_of(asked, config=config)), **odd})
    return found


def shared_costs(shares: Sequence[dict[str, Any]]) -> dict[str, float | None]:
    """Return the costs that are the same for all symbols; None for one that differs, which each symbol then says itself."""
    first = shares[0]
    return {name: first[name] if all(each[name] == first[name] for each in shares) else None for name in SHARED_COSTS}


def learned_of(series: Sequence[Series], *, table: Table, parts: Split) -> dict[str, dict[str, int]]:
    """Return the closes of each symbol's first and last candle that was trained on, in nanoseconds."""
    found = {}
    for place, each in enumerate(series):
        times = table.time[parts.train][table.symbol[parts.train] == place]
        found[each.candles.symbol] = {"first": int(times.min()), "last": int(times.max())}
    return found


def warnings_of(series: Sequence[Series], *, features: Sequence[str], opens: int) -> list[str]:
    """Return what a reader of the results should know about the candles and how many were tested on."""
    found = []
    for each in series:
        asked = each.candles.part(each.first, len(each.candles))
        read = [read_feature(name, asked.columns) for name in features if name != SYMBOL]
        volumes = [feature.name for feature in read if isinstance(feature, Feature) and feature.family in VOLUME]
        found += [*_stale(asked), *_unknown(asked, volumes)]
    bars = len(np.unique(np.concatenate([each.candles.time[each.candles.time >= opens] for each in series])))
    if bars < FEW_BARS:
        found.append(f"The test has {bars} bars: under {FEW_BARS}, ratios such as the Sharpe ratio say little; see its interval")
    return found


def weights_card(training: Sample) -> dict[str, Any]:
    """Say how the rows that were learned from are weighed; nothing where all count alike."""
    if training.weights is None:
        return {}
    method = "average uniqueness of labels, with a mean of 1 (López de Prado 2018, section 4.4)"
    least, most = float(training.weights.min()), float(training.weights.max())
    return {"sample_weights": {"method": method, "least": least, "most": most, "rows_worth": rows_worth(training.weights)}}


def _stale(candles: Candles) -> Iterator[str]:
    if count := int(candles.stale_open.sum()):
        yield (
            f"{candles.symbol}: {count} of {len(candles)} candles ({count / len(candles):.0%}) open at the close before them, which nobody "
            "could trade at: what is decided before such a candle is filled at its close"
        )


def _unknown(candles: Candles, names: Sequence[str]) -> Iterator[str]:
    if names and (count := int(candles.volume_unknown.sum())):
        yield (
            f"{candles.symbol}: the source has no volume for {count} of {len(candles)} candles ({count / len(candles):.0%}) whose price "
            f"moved: {', '.join(names)} count the last known volume there"
        )


def _validated(table: Table, *, parts: Split, config: CheckedConfig) -> Integers:
    """Return the rows that validation judged: those that the folds test on, or without folds the held-out ones."""
    tested = tested_of(table.part(parts.train), rule=rule_of(config), horizon=config.horizon)
    if not tested:
        return parts.test
    return np.unique(np.concatenate([parts.train[each.split.test] for each in tested]))
