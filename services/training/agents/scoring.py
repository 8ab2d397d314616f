"""What agents came to: figures of episodes, what doing nothing clever earns on the same bars, and what several seeds say together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from libs.contracts.agents import AcrossSeeds, SeedResult
from libs.quant.candles import Floats
from libs.quant.environments.episodes import Act, Episodes, constant, play_episodes, unthinking
from libs.quant.environments.stepping import HOLDING, SELL, SIGNED, Bars
from services.training.agents.desk import Desk, Split
from services.training.agents.learning import rewards_of_stretches, spread_of

TOLD: Final = ("total_return", "sharpe_ratio", "sortino_ratio", "max_drawdown", "win_rate", "total_trades")
RANDOM_EPISODES: Final = 20
"""A random agent is judged by the mean of so many."""
AT_ONCE: Final = 32
"""Episodes that are played side by side, for the memory's sake."""
RESAMPLES: Final = 2000
LEVEL: Final = 0.95
SEED: Final = 42
FEWEST_SEEDS: Final = 5
"""Of an interval over seeds."""
"""The same figures have the same interval, whenever it is computed."""
Metrics = dict[str, float | None]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Episodes of one window: their rewards, returns and steps, means of their figures, and the first one whole."""

    rewards: Floats
    returns: Floats
    steps: int
    metrics: Metrics
    reasons: dict[str, str]
    first: Episodes


def judge(desk: Desk, window: tuple[int, int], bars: Bars, act: Act, *, episodes: int = 1, acting: int | None = None) -> Judged:
    """Play a window `episodes` times and measure each. A mean is over the episodes that have the figure; None, with why, where none has."""
    rules = desk.rules(*window)
    rules = rules if acting is None else rules._replace(acting=acting)
    counts = [min(AT_ONCE, episodes - done) for done in range(0, episodes, AT_ONCE)]
    played = [play_episodes(bars, rules, act, number=number) for number in counts]
    measured = [figures for each in played for figures in each.figures(bars_per_year=desk.market.bars_per_year)]
    metrics: Metrics = {}
    reasons: dict[str, str] = {}
    for name in TOLD:
        found = [value for each in measured if (value := each.values.get(name)) is not None]
        metrics[name] = float(np.mean(found)) if found else None
        if not found:
            reasons[name] = next((each.reasons[name] for each in measured if name in each.reasons), "it was not measured")
    return Judged(
        rewards=np.concatenate([each.rewards for each in played]),
        returns=np.concatenate([each.returns for each in played]),
        steps=int(sum(each.steps.sum() for each in played)),
        metrics=metrics,
        reasons=reasons,
        first=played[0],
    )


def baselines_of(desk: Desk, window: tuple[int, int], bars: Bars, *, parts: Split | None = None) -> tuple[dict[str, Metrics], Floats]:
    """Return what holding equal shares, acting at random (20 times) and doing nothing come to in the window, and the held equity.

    With `parts` rewards are of the evaluation's stretches, as an agent's are; without, of the whole window.
    """
    random = unthinking(choices=desk.choices, actions=desk.actions, seed=SEED)
    still = np.full(desk.actions, float(SELL) if desk.choices else 0.0 if desk.rules(*window).acting == SIGNED else -1.0, dtype=np.float32)
    doing = constant(still)
    found = {
        "buy_and_hold": judge(desk, window, bars, doing, acting=HOLDING),
        "random": judge(desk, window, bars, random, episodes=RANDOM_EPISODES),
        "flat": judge(desk, window, bars, doing),
    }
    told = {}
    for name, each in found.items():
        acting = HOLDING if name == "buy_and_hold" else None
        rewards = (
            each.rewards if parts is None else rewards_of_stretches(desk, parts, bars, random if name == "random" else doing, acting=acting)
        )
        told[name] = {**spread_of(rewards), **each.metrics}
    return told, found["buy_and_hold"].first.equity[0]


def across(seeds: Sequence[SeedResult]) -> tuple[AcrossSeeds, ...]:
    """Return what the seeds say together of each figure (Agarwal et al. 2021, "Deep RL at the Edge of the Statistical Precipice").

    The interquartile mean leaves out the lowest and the highest quarter of the seeds, rounded down; its interval holds 95 % of those of
    2,000 resamples of the seeds. Of one seed there is neither a deviation nor an interval, and of fewer than 5 no interval: it would be
    little else than the lowest and the highest of them.
    """
    told = []
    for metric in ("total_return", "mean_reward", "sharpe_ratio"):
        found = np.array([value for each in seeds if (value := getattr(each, metric)) is not None])
        many = len(found) > 1
        told.append(
            AcrossSeeds(
                metric=metric,
                mean=float(found.mean()) if len(found) else None,
                std=float(found.std(ddof=1)) if many else None,
                best=float(found.max()) if many else None,
                worst=float(found.min()) if many else None,
                iqm=float(_iqm(found[None])[0]) if many else None,
                iqm_interval=_interval(found) if len(found) >= FEWEST_SEEDS else None,
            )
        )
    return tuple(told)


def _iqm(rows: Floats) -> Floats:
    """Return the interquartile mean of each row."""
    ordered, cut = np.sort(rows, axis=1), rows.shape[1] // 4
    return np.asarray(ordered[:, cut : rows.shape[1] - cut].mean(axis=1))


def _interval(values: Floats) -> tuple[float, float]:
    drawn = np.random.default_rng(SEED).choice(values, size=(RESAMPLES, len(values)))
    low, high = np.quantile(_iqm(drawn), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
