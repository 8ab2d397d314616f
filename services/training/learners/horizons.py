"""Which bar each label looks at, as the target's name says: so many candles ahead, or so many sessions of the symbol's calendar."""

from collections.abc import Sequence

import numpy as np

from libs.contracts.training_config import CheckedConfig
from libs.market.sessions_ahead import candles_ahead
from libs.quant.candles import Candles, Integers
from libs.quant.labels import bars_ahead
from libs.quant.targets import HORIZON_MOST, Target
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.series import Series


def due_of(candles: Candles, *, target: Target, config: CheckedConfig) -> Integers:
    """Return for each bar the place of the bar that its label looks at, below 0 where there is none."""
    if config.horizon_in == "sessions":
        return candles_ahead(candles, target=target)
    return bars_ahead(candles, horizon=config.horizon)


def with_most_bars(config: CheckedConfig, *, series: Sequence[Series], target: Target) -> CheckedConfig:
    """Return the configuration with a horizon of as many bars as a label looks ahead at most, which sessions alone do not say.

    By it rows are kept apart. Raise TrainingRefusedError for more than a target may look.
    """
    if config.horizon_in != "sessions":
        return config
    most = 1
    for each in series:
        due = due_of(each.candles, target=target, config=config)
        bars = np.flatnonzero(due >= 0)
        most = max(most, int((due[bars] - bars).max(initial=1)))
    if most > HORIZON_MOST:
        msg = f"'{target.name}' looks up to {most} candles of {config.timeframe} ahead, and may look {HORIZON_MOST}: ask for longer candles"
        raise TrainingRefusedError(msg, details={"target_variable": [msg]})
    return config.model_copy(update={"horizon": most})
