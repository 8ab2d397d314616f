"""Whether an agent of these settings can learn at all: on the same prices with a signal that nobody could have."""

from math import log1p
from typing import Final, Literal

import numpy as np

from libs.contracts.agents import AgentSpec
from libs.quant.environments.episodes import Act
from libs.quant.environments.stepping import BUY, SELL, SHORT, Bars, Singles
from services.training.agents.desk import Desk, Split, scaled
from services.training.agents.learning import Tell, acting, learn
from services.training.agents.scoring import judge
from services.training.learners.progress import Checkpoints

TIMESTEPS_MOST: Final = 30_000
"""An agent that does not see the signal in so many steps will not see weaker ones in many more."""
ENOUGH: Final = 0.25
"""Of the growth that following the signal earns, what an agent that has learnt it earns at least."""
Verdict = Literal["learnt", "not_learnt"]


def check_learnability(
    spec: AgentSpec, desk: Desk, *, parts: Split, tell: Tell, checkpoints: Checkpoints | None, key: str
) -> tuple[Verdict, float]:
    """Let the agent learn where a column tells whether the next fill is above this one, without costs; judge it as it will be judged.

    Return the verdict, and the agent's growth (the logarithm of final by first equity) as a share of what following the signal earns.
    """
    planted = desk.planted()
    _, bars = scaled(planted, parts)
    steps = min(spec.total_timesteps, TIMESTEPS_MOST)
    learnt = learn(spec, planted, parts=parts, bars=bars, seed=spec.seed, timesteps=steps, tell=tell, checkpoints=checkpoints, key=key)
    window = (parts.judged, parts.last)
    best = _growth(planted, window, bars, _following(planted))
    share = _growth(planted, window, bars, acting(learnt.agent)) / best if best > 0 else 0.0
    return ("learnt" if share >= ENOUGH else "not_learnt"), share


def _growth(desk: Desk, window: tuple[int, int], bars: Bars, act: Act) -> float:
    return log1p(max(float(judge(desk, window, bars, act).returns[0]), -1.0 + 1e-9))


def _following(desk: Desk) -> Act:
    """Return whoever does what the planted columns tell."""
    last = desk.market.seen.shape[1]
    first, down = last - len(desk.market.symbols), SHORT if desk.environment.direction == "both" else SELL

    def act(seen: Singles) -> Singles:
        up = seen[:, first:last]
        if desk.choices:
            return np.where(up > 0, BUY, down).astype(np.float32)
        return np.sign(up).astype(np.float32)

    return act
