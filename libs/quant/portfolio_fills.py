"""The loops of a portfolio's backtest: over one symbol's bars, or over the moments of several symbols' common clock."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats, Integers
from libs.quant.compiled import compiled, inlined
from libs.quant.fills import END, GAP, SIGNAL
from libs.quant.positions import (
    AT_OPEN,
    BAR,
    BEST,
    BOOK,
    CASH,
    FLOW,
    GOAL,
    HERE,
    KEEP,
    LEAVING,
    MARK,
    NOT,
    PLACES,
    QUOTE,
    SHARES,
    TODAY,
    VOLATILITY,
    Ledger,
    Rules,
    enter,
    leave,
    ruin,
    settle,
    sign,
    stop,
    stop_in,
    worth_of,
)


class Tape(NamedTuple):
    """The bars of all symbols, one symbol after the other: symbol s has those from `first[s]` up to, not with, `first[s + 1]`.

    `code` is what was decided at each close, four bits (enter long 1, exit long 2, enter short 4, exit short 8), and
    `goals[held + 1, code]` the position wanted then by who holds `held`. `size` is the fraction of the equity that volatility allows,
    empty where nobody asks for it. `borrowing` is what a short costs a bar, by symbol. All are read-only: the loop is compiled once.
    """

    clock: Integers
    time: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    stale_open: NDArray[np.bool_]
    segment: NDArray[np.int32]
    code: NDArray[np.uint8]
    goals: NDArray[np.int8]
    size: Floats
    first: Integers
    borrowing: Floats


class Account(NamedTuple):
    """What comes of it: equity, cash and gross value held at each moment of the clock, a row for each trade, and sums of money."""

    equity: Floats
    cash: Floats
    gross: Floats
    rows: Floats
    money: Floats


@compiled
def open_account(moments: int, bars: int, capital: float) -> Account:
    """Return an account with nothing but cash; there is one entry a bar at most, and so at most as many trades as bars."""
    money = np.zeros(4)
    money[CASH] = capital
    return Account(np.empty(moments), np.empty(moments), np.empty(moments), np.empty((bars, 13)), money)


@compiled
def _ledger(symbols: int, account: Account) -> Ledger:
    places = np.zeros((symbols, PLACES), dtype=np.int64)
    places[:, LEAVING] = NOT
    return Ledger(np.zeros((symbols, BOOK)), places, account.money, account.rows)


@inlined
def _mark(account: Account, ledger: Ledger, moment: int) -> None:
    worth, gross = worth_of(ledger)
    if worth <= 0.0 and gross > 0.0:
        ruin(ledger, worth)
        worth = gross = 0.0
    account.equity[moment], account.cash[moment], account.gross[moment] = max(worth, 0.0), account.money[CASH], gross


@compiled
def play_alone(tape: Tape, rules: Rules, account: Account) -> None:
    """Play one symbol: quiet bars are only marked; in the others something may be traded."""
    ledger, last, bar = _ledger(1, account), len(tape.clock) - 1, 0
    book, places = ledger.book, ledger.places
    while bar <= last:
        if places[0, LEAVING] == NOT:
            bar = _quiet(tape, rules, account, ledger, bar)
            if bar > last:
                return
        held = sign(book[0, SHARES])
        goal = held if bar == 0 or tape.segment[bar - 1] != tape.segment[bar] else tape.goals[held + 1, tape.code[bar - 1]]
        places[0, GOAL], places[0, BAR], book[0, TODAY], book[0, MARK] = goal, bar, 0.0, tape.open[bar]
        wanted, stale = goal != held or places[0, LEAVING] != NOT, tape.stale_open[bar]
        allowed = tape.size[bar - 1] if rules.sizing == VOLATILITY and goal != held else 1.0
        if wanted and not stale:
            _trade(ledger, rules, tape.open[bar], tape.volume[bar], allowed, goal != held)
        if rules.stopped:
            stop(ledger, rules, 0, tape.open[bar], tape.high[bar], tape.low[bar], tape.volume[bar])
        if wanted and stale:
            _trade(ledger, rules, tape.close[bar], tape.volume[bar], allowed, goal != held)
        ending = END if bar == last else GAP if tape.segment[bar + 1] != tape.segment[bar] else NOT
        settle(ledger, rules, 0, tape.close[bar], tape.volume[bar], ending, tape.borrowing[0])
        _mark(account, ledger, bar)
        bar += 1


@inlined
def _trade(ledger: Ledger, rules: Rules, quote: float, volume: float, allowed: float, changes: bool) -> None:  # noqa: FBT001, PLR0917 - compiled
    """Leave what is not wanted any more, and enter what is."""
    leaving = ledger.places[0, LEAVING]
    if ledger.book[0, SHARES] != 0.0:
        leave(ledger, rules, 0, quote, volume, SIGNAL if leaving == NOT else leaving, AT_OPEN)
    if changes and ledger.places[0, GOAL] != 0 and ledger.book[0, SHARES] == 0.0:
        enter(ledger, rules, 0, quote, volume, allowed)


@inlined
def _quiet(tape: Tape, rules: Rules, account: Account, ledger: Ledger, bar: int) -> int:
    """Mark the bars up to the next in which something may happen, and return that one's place."""
    book, last, shares = ledger.book, len(tape.clock) - 1, ledger.book[0, SHARES]
    held, cash, best, paid, entry = sign(shares), account.money[CASH], book[0, BEST], 0.0, book[0, QUOTE]
    while bar <= last:
        begins = bar == 0 or tape.segment[bar - 1] != tape.segment[bar]
        if not begins and tape.goals[held + 1, tape.code[bar - 1]] != held:
            break
        worth = cash
        if held != 0:
            if bar == last or tape.segment[bar + 1] != tape.segment[bar]:
                break
            peak = best
            if rules.stopped:
                reason, _, _, peak = stop_in(rules, float(held), tape.open[bar], tape.high[bar], tape.low[bar], entry, best)
                if reason != NOT:
                    break
            cost = shares * tape.close[bar] * tape.borrowing[0] if held < 0 else 0.0
            worth = cash + cost + shares * tape.close[bar]
            if worth <= 0.0:
                break
            cash, paid, best = cash + cost, paid + cost, peak
        account.equity[bar], account.cash[bar], account.gross[bar] = worth, cash, abs(shares * tape.close[bar])
        bar += 1
    account.money[CASH], book[0, BEST] = cash, best
    book[0, FLOW] += paid
    return bar


@compiled
def play_together(tape: Tape, rules: Rules, account: Account) -> None:
    """Play several symbols: at each moment fills at opens, stops inside the bars, fills at stale opens' closes, ends, then the marks."""
    ledger = _ledger(len(tape.first) - 1, account)
    book, places = ledger.book, ledger.places
    places[:, BAR] = tape.first[:-1]
    for moment in range(len(tape.clock)):
        stale = _begin(tape, ledger, tape.clock[moment])
        _fill(tape, rules, ledger, tape.open, 0)
        for s in range(len(book)):
            bar = places[s, BAR]
            if rules.stopped and places[s, HERE]:
                stop(ledger, rules, s, tape.open[bar], tape.high[bar], tape.low[bar], tape.volume[bar])
        if stale:
            _fill(tape, rules, ledger, tape.close, 1)
        for s in range(len(book)):
            bar = places[s, BAR]
            if places[s, HERE]:
                last = bar + 1 == tape.first[s + 1]
                ending = END if last else GAP if tape.segment[bar + 1] != tape.segment[bar] else NOT
                settle(ledger, rules, s, tape.close[bar], tape.volume[bar], ending, tape.borrowing[s])
        _mark(account, ledger, moment)
        places[:, BAR] += places[:, HERE]


@compiled
def _begin(tape: Tape, ledger: Ledger, now: int) -> bool:
    """Find the bars of this moment, and what is wanted in them; tell whether an open among them is stale."""
    book, places, stale = ledger.book, ledger.places, False
    for s in range(len(book)):
        bar = places[s, BAR]
        places[s, HERE] = bar < tape.first[s + 1] and tape.time[bar] == now
        if not places[s, HERE]:
            continue
        held = sign(book[s, SHARES])
        places[s, GOAL], book[s, TODAY] = KEEP, 0.0
        if bar > tape.first[s] and tape.segment[bar - 1] == tape.segment[bar]:
            goal = tape.goals[held + 1, tape.code[bar - 1]]
            places[s, GOAL] = KEEP if goal == held else goal
        if tape.stale_open[bar]:
            stale = True
        else:
            book[s, MARK] = tape.open[bar]
    return stale


@compiled
def _fill(tape: Tape, rules: Rules, ledger: Ledger, prices: Floats, stale: int) -> None:
    """Trade what was decided at the close before: first what is left, then what is entered; at closes the bars whose open is stale."""
    book, places = ledger.book, ledger.places
    for s in range(len(book)):
        bar, leaving = places[s, BAR], places[s, LEAVING]
        if places[s, HERE] and stale == 1:
            book[s, MARK] = prices[bar]
        if places[s, HERE] and tape.stale_open[bar] == stale and book[s, SHARES] != 0.0 and (leaving != NOT or places[s, GOAL] != KEEP):
            leave(ledger, rules, s, prices[bar], tape.volume[bar], SIGNAL if leaving == NOT else leaving, AT_OPEN)
    for s in range(len(book)):
        bar, opens = places[s, BAR], places[s, GOAL] == 1 or places[s, GOAL] == -1
        if opens and places[s, HERE] and tape.stale_open[bar] == stale and book[s, SHARES] == 0.0:
            allowed = tape.size[bar - 1] if rules.sizing == VOLATILITY else 1.0
            enter(ledger, rules, s, prices[bar], tape.volume[bar], allowed)
