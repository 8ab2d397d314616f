"""Plays many decisions on one symbol: the points of a sweep, each with the same terms."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Candles, Floats, Integers
from libs.quant.compiled import compiled
from libs.quant.decisions import Decisions
from libs.quant.portfolio_fills import Account, Tape, play_alone
from libs.quant.positions import ROW, Rules
from libs.quant.tape import codes_of, rules_of, tape_of
from libs.quant.trading_terms import TradingTerms

_TOGETHER: Final = 64  # points whose decisions are in memory at once


@dataclass(frozen=True, slots=True, eq=False)
class SweepRun:
    """What came of each point, in their order; each array has shape (points,).

    `final_equity` and `net_profit` are in money. `mean_return` and `deviation` (of a sample) are those of the equity's returns from bar to
    bar, the first from the capital; `downside` is the root of the mean square of the returns below zero. The Sharpe ratio is the mean / the
    deviation, times the root of the bars a year. `max_drawdown` is the deepest fall from a highest equity so far, as a fraction of it.
    `equity` is (points, bars), of float32, where it was asked for, else None.
    """

    final_equity: Floats
    mean_return: Floats
    deviation: Floats
    downside: Floats
    max_drawdown: Floats
    trades: Integers
    wins: Integers
    signals: Integers
    bars_per_year: float
    equity: NDArray[np.float32] | None

    @property
    def sharpe_ratio(self) -> Floats:
        """Annualised, of simple returns and a riskless rate of nothing; NaN where the equity never moves."""
        missing = np.full(len(self.deviation), np.nan)
        ratio = np.divide(self.mean_return, self.deviation, out=missing, where=self.deviation > 0)
        return np.asarray(ratio * np.sqrt(self.bars_per_year))


def play_many(
    candles: Candles, decided: Iterable[Decisions], terms: TradingTerms, *, capital: float, first: int = 0, curves: bool = False
) -> SweepRun:
    """Play each decisions on the same candles from bar `first` on, each alone with all the capital, as `play_portfolio` does.

    `decided` may be a generator: a few points' decisions are in memory at once. `curves` keeps each point's equity. Raises `ValueError`
    for no points, no capital, and decisions that differ in length from the candles.
    """
    tape: Tape | None = None
    statistics: list[Floats] = []
    curve: list[NDArray[np.float32]] = []
    pending: list[NDArray[np.uint8]] = []
    signals: list[int] = []
    for decisions in decided:
        if tape is None:
            tape, _ = tape_of([(candles, decisions)], terms=terms, first=[first], capital=capital)
        codes, count = codes_of(candles, decisions, first=first, direction=terms.direction)
        pending.append(codes)
        signals.append(count)
        if len(pending) == _TOGETHER:
            _play(pending, tape, terms=terms, capital=capital, curves=curves, into=(statistics, curve))
    if tape is None:
        message = "a sweep has at least one point"
        raise ValueError(message)
    _play(pending, tape, terms=terms, capital=capital, curves=curves, into=(statistics, curve))
    table = np.concatenate(statistics)
    return SweepRun(
        final_equity=table[:, 0],
        mean_return=table[:, 1],
        deviation=table[:, 2],
        downside=table[:, 3],
        max_drawdown=table[:, 4],
        trades=table[:, 5].astype(np.int64),
        wins=table[:, 6].astype(np.int64),
        signals=np.array(signals),
        bars_per_year=candles.bars_per_year,
        equity=np.concatenate(curve) if curves else None,
    )


def _play(
    pending: list[NDArray[np.uint8]],
    tape: Tape,
    *,
    terms: TradingTerms,
    capital: float,
    curves: bool,
    into: tuple[list[Floats], list[NDArray[np.float32]]],
) -> None:
    """Play what is pending, and clear it."""
    if not pending:
        return
    codes = np.stack(pending)
    codes.flags.writeable = False
    kept = np.empty((len(codes), len(tape.time) if curves else 0), dtype=np.float32)
    into[0].append(_statistics(tape, rules_of(terms), codes, float(capital), kept))
    into[1].append(kept)
    pending.clear()


@compiled
def _statistics(tape: Tape, rules: Rules, codes: NDArray[np.uint8], capital: float, kept: NDArray[np.float32]) -> Floats:
    """Play each row of codes, and return a row of statistics for each; its equity goes to `kept` where that has room."""
    bars, table = len(tape.time), np.empty((len(codes), 7))
    account = Account(np.empty(bars), np.empty(bars), np.empty((bars, ROW)))
    for point in range(len(codes)):
        purse = play_alone(
            Tape(
                tape.clock, tape.time, tape.open, tape.high, tape.low, tape.close, tape.volume, tape.stale_open,
                codes[point], tape.goals, tape.size, tape.first, tape.borrowing,
            ),
            rules, account, capital,
        )  # fmt: skip
        equity, wins = account.equity, 0
        for trade in range(purse.trades):
            wins += account.rows[trade, 10] > 0.0
        mean, deviation, downside, fall = _returns(equity, capital)
        table[point, 0], table[point, 1], table[point, 2], table[point, 3] = equity[-1], mean, deviation, downside
        table[point, 4], table[point, 5], table[point, 6] = fall, purse.trades, wins
        if kept.shape[1] == bars:
            kept[point] = equity
    return table


@compiled
def _returns(equity: Floats, capital: float) -> tuple[float, float, float, float]:
    """Return mean, sample deviation and downside of the bars' returns, and the deepest fall; 0 after a ruin."""
    bars, moved, total, below, fall, before, peak = len(equity), 0, 0.0, 0.0, 0.0, capital, capital
    changes = np.empty(bars)
    for bar in range(bars):
        now = equity[bar]
        if now == before:
            continue
        change = now / before - 1.0
        changes[moved] = change
        moved += 1
        total += change
        below += min(change, 0.0) ** 2
        peak = max(peak, now)
        if now < peak * (1.0 - fall):
            fall = 1.0 - now / peak
        before = now
    mean = total / bars
    squares = (bars - moved) * mean * mean
    for place in range(moved):
        squares += (changes[place] - mean) ** 2
    return mean, np.sqrt(squares / (bars - 1)) if bars > 1 else 0.0, np.sqrt(below / bars), fall
