"""What training rows are like, so that each prediction can say how far its own is from them; and when a model then abstains."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from libs.contracts.training_config import CheckedConfig
from libs.quant.candles import Integers
from libs.quant.grammar import SYMBOL
from libs.quant.novelty import Novelty, fit_novelty
from libs.quant.playing import Abstains
from libs.quant.windows import latest_of
from services.training.learners.learner import Inputs

METHOD = "share of the training rows whose Mahalanobis distance is at least as large; covariance shrunk by Ledoit and Wolf (2004)"


def novelty_of(rows: Inputs, *, features: Sequence[str]) -> Novelty:
    """Learn what these rows are like; of windows the newest bar of each. Which symbol a bar is of has no say: its code is no quantity."""
    return fit_novelty(latest_of(rows), left_out=_left_out(features))


def abstains_of(novelty: Novelty, *, config: CheckedConfig) -> Abstains | None:
    """Return at which bars a model abstains for their quality; None for one that never does. No bar of a backtest is old."""
    rule = config.abstain_when
    return None if rule is None or rule.quality_below is None else partial(novelty.is_below, quality=rule.quality_below)


def abstaining(learned: Inputs, *, features: Sequence[str], config: CheckedConfig) -> Abstains | None:
    """Return at which bars a model that has learned from these rows abstains, as the one that serves does; None for one that never does."""
    if config.abstain_when is None:
        return None
    return abstains_of(novelty_of(learned, features=features), config=config)


def quality_card(novelty: Novelty, *, rows: Inputs, test: Integers, features: Sequence[str], config: CheckedConfig) -> dict[str, Any]:
    """Return what the run card says of quality: what it rests on, and of how many of the `test` rows it is 0 or the model abstains."""
    unseen = latest_of(rows[test])
    abstains = abstains_of(novelty, config=config)
    return {
        "method": METHOD,
        "rows": int(novelty.rows),
        "shrinkage": float(novelty.shrinkage),
        "left_out": [features[column] for column in _left_out(features)],
        "test_rows_beyond": int((novelty.quality(unseen) == 0).sum()),
        "abstained_test_rows": None if abstains is None else int(abstains(unseen).sum()),
    }


def _left_out(features: Sequence[str]) -> list[int]:
    return [column for column, name in enumerate(features) if name == SYMBOL]
