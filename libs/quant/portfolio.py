"""Plays decisions on several symbols with one cash: long and short, sized, slipped and stopped as the terms say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from libs.quant.backtest import Backtest, Positions, Trades
from libs.quant.candles import LENGTHS, Candles, Floats, Integers, common_bars_per_year
from libs.quant.portfolio_fills import Tape, open_account, play_alone, play_together
from libs.quant.tape import Part, rules_of, tape_of
from libs.quant.trading_terms import TradingTerms


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioTrades:
    """Trades in the order they ended, an array for each thing there is to say of them.

    `part` is the place of the symbol among the parts, `entry_bar` and `exit_bar` places among that part's played bars, `entered` and
    `left` those bars' closes (nanoseconds); `entered_at` and `left_at` are when it was filled: at a bar's open, or its close; for a stop
    inside a bar, whose moment nobody knows, the bar's close. `bars` is over how many of its symbol's bars it was held, `direction` 1 for
    long and -1 for short. Prices are quotes before slippage; of a position that was left in several fills, their mean by shares. `stake`
    is the money put in, commission included, `profit` what it earned after all costs; `commission` and `slippage` are those of both sides.
    All money is in the capital's currency. `reason` is why it ended (`libs/quant/fills.py`).
    """

    symbol: NDArray[np.str_]
    part: Integers
    entry_bar: Integers
    exit_bar: Integers
    entered: Integers
    left: Integers
    entered_at: Integers
    left_at: Integers
    bars: Integers
    direction: Positions
    entry_price: Floats
    exit_price: Floats
    shares: Floats
    stake: Floats
    profit: Floats
    commission: Floats
    slippage: Floats
    reason: NDArray[np.int8]

    @property
    def net_return(self) -> Floats:
        """Profit as a fraction of the stake; a short that takes less than all of the equity can lose more than its stake."""
        return self.profit / self.stake

    def __len__(self) -> int:
        return len(self.profit)


@dataclass(frozen=True, eq=False)
class PortfolioRun:
    """What came of it, at each bar's close of the common clock (`time`): equity in money, the gross value held.

    `trades` are laid out when they are first asked for: what scores equity alone does not wait for them. `signals` is how
    often a rule that the directions use was met, also where that changed nothing; `traded` is the value of all fills, `missed` how many
    entries found no money, no volume or no known volatility.
    """

    time: Integers
    equity: Floats
    gross: Floats
    capital: float
    signals: int
    traded: float
    missed: int
    bars_per_year: float
    _trades: Callable[[], PortfolioTrades]

    @cached_property
    def trades(self) -> PortfolioTrades:
        """What was bought and sold, in the order it ended."""
        return self._trades()

    @property
    def exposure(self) -> Floats:
        """Gross share of the equity that is invested at each close: (long + short value) / equity; 0 where nothing is left."""
        return np.divide(self.gross, self.equity, out=np.zeros(len(self.equity)), where=self.equity > 0)

    @property
    def turnover(self) -> float:
        """Return the traded value of both sides / the mean equity; NaN where there was never any."""
        mean = float(self.equity.mean())
        return self.traded / mean if mean > 0 else float("nan")

    def relative(self) -> Backtest:
        """Return the same as fractions of the capital, as `libs/quant/backtest.py` has it: what its measures read."""
        trades = self.trades
        return Backtest(
            self.time,
            self.equity / self.capital,
            Trades(
                symbol=trades.symbol,
                entered=trades.entered,
                left=trades.left,
                bars=trades.bars,
                direction=trades.direction,
                entry_price=trades.entry_price,
                exit_price=trades.exit_price,
                net_return=trades.net_return,
                stake=trades.stake / self.capital,
                profit=trades.profit / self.capital,
                reason=trades.reason,
            ),
            self.bars_per_year,
        )


def play_portfolio(parts: Sequence[Part], terms: TradingTerms, *, capital: float, first: Sequence[int] = ()) -> PortfolioRun:
    """Play each symbol's decisions; `capital` (money, above zero) is one cash for all.

    `first` gives for each part the bar it is played from (none: from its first): nothing before it is traded, but the volatility that
    sizes a position is known from before.

    **Order.** What is decided on a bar's close is filled at its symbol's next open, or at that bar's close where its open is no price of
    its own (`Candles.stale_open`); what is decided on the last bar of a segment is not filled. At one moment of the common clock: first
    the fills at opens, exits before entries, in the order of the parts; then stops and targets inside the bars; then the fills at closes;
    then what a hole or the end closes. Money that an exit frees is there for the entries after it.
    **Money.** A position's stake (commission included) is what the sizing wants, and no more than is free: equity less the gross value of
    all positions. So nothing is levered: long and short value together are never above the equity at an entry, and a short of all the
    equity has it all as its margin. A short that goes on to lose everything ruins the account: all is closed at the newest prices, equity
    stays 0. An entry that finds nothing free, less than a billionth of the equity, is missed and not made up for.
    **Stops.** See `Stops`: fractions of the entry's quote. A bar that opens beyond a stop or a target is left at its open. Inside the bar
    the stop comes before the target. A trailing stop follows the best price, the bar's own included: a bar that falls from its high to
    the raised stop is left there. Every fill is slipped and pays commission, a target's too.
    **Volume share.** How many shares are wanted is counted at the quote; the price moves by impact * (shares of the bar so far / volume)²;
    what is above `limit` * volume is not bought. A position that cannot be left in one bar is left over the next opens, and no stop can
    change that; what a hole or the end closes is closed whole, at the impact of `limit` at most.

    A portfolio's bars a year are its symbols' own where they agree, else the clock's. Raises `ValueError` for no parts, no capital, and
    candles and decisions that differ in length.
    """
    tape, signals = tape_of(parts, terms=terms, first=first or [0] * len(parts), capital=capital)
    account, candles = open_account(len(tape.clock), len(tape.time)), [candles for candles, _ in parts]
    play = play_alone if len(parts) == 1 else play_together
    _, traded, missed, trades = play(tape, rules_of(terms), account, float(capital))
    return PortfolioRun(
        time=tape.clock,
        equity=account.equity,
        gross=account.gross,
        capital=float(capital),
        signals=signals,
        traded=traded,
        missed=missed,
        bars_per_year=common_bars_per_year([each.bars_per_year for each in candles], clock=tape.clock),
        _trades=partial(_trades, candles, account.rows[:trades], tape=tape),
    )


def _trades(candles: Sequence[Candles], rows: Floats, *, tape: Tape) -> PortfolioTrades:
    part, entry, leave, direction, reason, at_open = rows[:, :6].T.astype(np.int64)
    stake, entry_price, exit_price, shares, profit, commission, slippage = rows[:, 6:].T
    entered_at, left_at = _filled_at(candles, part=part, bars=np.array([entry, leave]), tape=tape)
    return PortfolioTrades(
        symbol=np.array([each.symbol for each in candles])[part],
        part=part,
        entry_bar=entry - tape.first[part],
        exit_bar=leave - tape.first[part],
        entered=tape.time[entry],
        left=tape.time[leave],
        entered_at=entered_at,
        left_at=np.where(at_open == 1, left_at, tape.time[leave]),
        bars=leave - entry + (at_open == 0),
        direction=direction.astype(np.int8),
        entry_price=entry_price,
        exit_price=exit_price,
        shares=shares,
        stake=stake,
        profit=profit,
        commission=commission,
        slippage=slippage,
        reason=reason.astype(np.int8),
    )


def _filled_at(candles: Sequence[Candles], *, part: Integers, bars: Integers, tape: Tape) -> Integers:
    """Return when the fills of these bars, of shape (…, trades), were: at the open, or at the close of a bar whose open is stale."""
    opened = tape.time[bars] - np.array([LENGTHS[each.timeframe] for each in candles])[part]
    for place, each in enumerate(candles):
        if each.opened is not None:
            mine = part == place
            skipped = len(each) - int(tape.first[place + 1] - tape.first[place])
            opened[..., mine] = each.opened[bars[..., mine] - tape.first[place] + skipped]
    return np.asarray(np.where(tape.stale_open[bars], tape.time[bars], opened))
