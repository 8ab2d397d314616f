"""Plays whole windows of an environment, several accounts side by side, and tells what became of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats, Integers
from libs.quant.environments.stepping import GOES_ON, Bars, Rules, Singles, advance, begin_all, look_all, new_accounts
from libs.quant.environments.trips import trips
from libs.quant.measured import Measured
from libs.quant.trading import equity_metrics, trade_metrics

Act = Callable[[Singles], Singles]
"""What an agent does about what its accounts see: (accounts, columns) to (accounts, actions)."""
SYMBOL, ENTRY, LEFT, DIRECTION, REASON, ENTRY_PRICE, EXIT_PRICE, SHARES, STAKE, PROFIT, COMMISSION = range(11)


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """Episodes over the same window: `rewards` (their sums) and `steps` by episode; `equity` (episodes, bars) in money at each close.

    `trades` has for each episode the rows of `trips`.
    """

    rewards: Floats
    steps: Integers
    equity: Floats
    trades: tuple[Floats, ...]
    balance: float

    @property
    def returns(self) -> Floats:
        """Each episode's total return."""
        return np.asarray(self.equity[:, -1] / self.balance - 1.0)

    def figures(self, *, bars_per_year: float) -> list[Measured]:
        """Return what each episode's equity and trades measure."""
        return [
            equity_metrics(equity[1:] / self.balance, bars_per_year=bars_per_year) | trade_metrics(rows[:, PROFIT] / rows[:, STAKE])
            for equity, rows in zip(self.equity, self.trades, strict=True)
        ]


def play_episodes(bars: Bars, rules: Rules, act: Act, *, number: int, seed: int = 0) -> Episodes:
    """Play the window of `rules` (its `length` does not count) `number` times side by side; `act` is asked once for all at each bar."""
    rules = rules._replace(length=0)
    length, symbols = rules.last - rules.first, bars.closes.shape[1]
    accounts = new_accounts(number, symbols=symbols, seed=seed)
    begin_all(bars, rules, accounts)
    columns = bars.seen.shape[1] + symbols * rules.sees_position + rules.sees_balance
    seen, ends = np.zeros((number, columns), dtype=np.float32), np.full(number, GOES_ON, dtype=np.int8)
    equity = np.full((number, length), rules.balance)
    opened, held = np.zeros((number, length, symbols)), np.zeros((number, length, symbols))
    goes_on = True
    while goes_on:
        look_all(bars, rules, accounts, seen)
        goes_on = advance(bars, rules, accounts, act(seen), ends, equity, opened, held)
    return Episodes(
        rewards=accounts.total.copy(),
        steps=accounts.steps.copy(),
        equity=equity,
        trades=tuple(trips(opened[each], held[each], bars, rules) for each in range(number)),
        balance=rules.balance,
    )


def constant(action: Singles) -> Act:
    """Return whoever always does the same: `action` (actions,)."""
    return lambda seen: np.repeat(action[None], len(seen), axis=0)


def unthinking(*, choices: int, actions: int, seed: int) -> Act:
    """Return whoever acts at random: one of `choices`, or where there are none each of `actions` evenly from -1 to 1."""
    random = np.random.default_rng(seed)

    def act(seen: NDArray[np.float32]) -> Singles:
        if choices:
            return random.integers(0, choices, size=(len(seen), 1)).astype(np.float32)
        return random.uniform(-1.0, 1.0, size=(len(seen), actions)).astype(np.float32)

    return act
