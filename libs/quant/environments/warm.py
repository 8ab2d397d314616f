"""Compiles the step of environments once, after an installation, so that the first agent does not wait for it."""

import numpy as np

from libs.quant.environments.episodes import constant, play_episodes
from libs.quant.environments.stepping import DISCRETE, Bars, Rules, begin, look, new_accounts, step, step_all


def warm_environments() -> None:
    """Play four bars that never move."""
    prices, never = np.ones((4, 1)), np.zeros(4, dtype=np.bool_)
    bars = Bars(prices, prices, never, ~never, np.zeros((4, 1), dtype=np.float32))
    rules = Rules(
        balance=1.0, commission=0.0, slippage=0.0, borrowing=0.0, reward=0, acting=DISCRETE, sees_position=True, sees_balance=True, first=0,
        last=4, length=0,
    )  # fmt: skip
    action = np.zeros(1, dtype=np.float32)
    play_episodes(bars, rules, constant(action), number=1)
    accounts, seen = new_accounts(1, symbols=1, seed=0), np.zeros((1, 3), dtype=np.float32)
    begin(bars, rules, accounts, 0)
    step(bars, rules, accounts, 0, action)
    look(bars, rules, accounts, 0, seen[0])
    step_all(bars, rules, accounts, action[None], seen, action.copy(), np.zeros(1, dtype=np.int8), seen.copy())
