"""The loops of a portfolio's backtest: over one symbol's bars, or over the moments of several symbols' common clock."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats, Integers
from libs.quant.compiled import compiled, inlined
from libs.quant.fills import END, GAP, SIGNAL
from libs.quant.positions import (
    AT_OPEN,
    LATER,
    NOT,
    ROW,
    VOLATILITY,
    Position,
    Purse,
    Rules,
    enter,
    held_over,
    leave,
    nothing,
    ruined,
    sign,
    stopped,
)

Bits = NDArray[np.uint8]

# In a bar's code: it is the last of its segment.
_ENDS: Final = 16

# Columns of the places of several symbols.
_BAR: Final = 0  # its bar now, or its next one
_HERE: Final = 1  # whether it has a bar now
_GOAL: Final = 2  # the position wanted in this bar
_KEEP: Final = 2  # a goal: what is held stays
# Columns of the book of several symbols: a position's numbers in their order, and the newest price.
_MARK: Final = 12


class Tape(NamedTuple):
    """The bars of all symbols, one symbol after the other: symbol s has those from `first[s]` up to, not with, `first[s + 1]`.

    `code` is what was decided at each close (`coded`), and `goals[held + 1, code]` the position wanted then by who holds `held`. `size` is
    the fraction of the equity that volatility allows, empty where nobody asks for it. `borrowing` is what a short costs a bar, by symbol.
    All are read-only: the loop is compiled once.
    """

    clock: Integers
    time: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    stale_open: NDArray[np.bool_]
    code: Bits
    goals: NDArray[np.int8]
    size: Floats
    first: Integers
    borrowing: Floats


class Account(NamedTuple):
    """What comes of it: equity and gross value held at each moment of the clock, and a row for each trade (`positions.ROW`)."""

    equity: Floats
    gross: Floats
    rows: Floats


def open_account(moments: int, bars: int) -> Account:
    """Return an account to be filled; there is one entry a bar at most, and so at most as many trades as bars."""
    return Account(np.empty(moments), np.empty(moments), np.empty((bars, ROW)))


@compiled
def play_alone(tape: Tape, rules: Rules, account: Account, capital: float) -> Purse:
    """Play one symbol: fills at the open, stops inside the bar, fills at the close where the open is stale, its end, then the mark."""
    opens, high, low, closes, volume, stale = tape.open, tape.high, tape.low, tape.close, tape.volume, tape.stale_open
    code, goals, borrowing, size = tape.code, tape.goals, tape.borrowing[0], tape.size
    equity, gross, rows = account.equity, account.gross, account.rows
    purse, p, last, bar = Purse(capital, 0.0, 0, 0), nothing(0.0), len(closes) - 1, 0
    while bar <= last:
        held, cash, shares = sign(p.shares), purse.cash, p.shares
        if p.leaving == NOT and (held == 0 or (held > 0 and not rules.stopped)):  # most bars: nothing can happen in them
            begin = bar
            while bar <= last and (bar == 0 or goals[held + 1, code[bar - 1]] == held) and (held == 0 or code[bar] < _ENDS):
                bar += 1
            _mark(equity[begin:bar], gross[begin:bar], closes[begin:bar], cash, shares)
            if bar > last:
                break
        goal = goals[held + 1, code[bar - 1]]
        wants = goal != held or p.leaving != NOT
        allowed = size[bar - 1] if rules.sizing == VOLATILITY else 1.0
        if wants and not stale[bar]:
            purse, p = _turn(rows, rules, purse, p, bar, opens[bar], volume[bar], goal, held, allowed)
        purse, p = stopped(rows, rules, purse, p, 0, bar, opens[bar], high[bar], low[bar], volume[bar], 0.0)
        if wants and stale[bar]:
            purse, p = _turn(rows, rules, purse, p, bar, closes[bar], volume[bar], goal, held, allowed)
        if code[bar] >= _ENDS and p.shares != 0.0:
            purse, p = leave(rows, rules, purse, p, 0, bar, closes[bar], volume[bar], END if bar == last else GAP, LATER, 0.0)
        if p.shares < 0.0:
            cost = p.shares * closes[bar] * borrowing
            purse, p = Purse(purse.cash + cost, purse.traded, purse.missed, purse.trades), held_over(p, p.best, cost, 0.0)
        worth = purse.cash + p.shares * closes[bar]
        if worth <= 0.0 and p.shares != 0.0:
            purse, p, worth = ruined(rows, purse, p, 0, bar, closes[bar], worth), nothing(0.0), 0.0
        p = held_over(p, p.best, 0.0, 0.0)
        equity[bar], gross[bar] = max(worth, 0.0), abs(p.shares * closes[bar])
        bar += 1
    return purse


@inlined
def _mark(equity: Floats, gross: Floats, closes: Floats, cash: float, shares: float) -> None:
    """Mark what is held, none or long, at these closes; of slices counted from 0, this becomes vector instructions."""
    for bar in range(len(closes)):
        value = shares * closes[bar]
        gross[bar], equity[bar] = value, cash + value


@inlined
def _turn(  # noqa: PLR0917 - compiled functions take no keywords
    rows: Floats, rules: Rules, purse: Purse, p: Position, bar: int, quote: float, volume: float, goal: int, held: int, allowed: float
) -> tuple[Purse, Position]:
    """Leave what is not wanted any more, and enter what is."""
    if p.shares != 0.0:
        purse, p = leave(rows, rules, purse, p, 0, bar, quote, volume, SIGNAL if p.leaving == NOT else p.leaving, AT_OPEN, 0.0)
    if p.shares == 0.0 and goal != 0 and goal != held:  # noqa: PLR1714 - compiled code knows no set here
        purse, p = enter(rules, purse, p.today, goal, bar, quote, volume, allowed, purse.cash, 0.0)
    return purse, p


@compiled
def play_together(tape: Tape, rules: Rules, account: Account, capital: float) -> Purse:
    """Play several symbols: at each moment fills at opens, stops inside the bars, fills at stale opens' closes, ends, then the marks."""
    symbols, purse = len(tape.first) - 1, Purse(capital, 0.0, 0, 0)
    book, places = np.zeros((symbols, 13)), np.zeros((symbols, 3), dtype=np.int64)
    places[:, _BAR], book[:, 10] = tape.first[:-1], NOT
    for moment in range(len(tape.clock)):
        stale = _begin(tape, book, places, tape.clock[moment])
        purse = _fill(tape, rules, account.rows, purse, book, places, tape.open, 0)
        if rules.stopped:
            purse = _stop(tape, rules, account.rows, purse, book, places)
        if stale:
            purse = _fill(tape, rules, account.rows, purse, book, places, tape.close, 1)
        purse = _close(tape, rules, account.rows, purse, book, places)
        worth, gross = _worth(book, purse.cash, -1)
        if worth <= 0.0 and gross > 0.0:
            purse = _ruin(account.rows, purse, book, places, worth)
            worth = gross = 0.0
        account.equity[moment], account.gross[moment] = max(worth, 0.0), gross
        places[:, _BAR] += places[:, _HERE]
    return purse


@inlined
def _load(book: Floats, s: int) -> Position:
    b = book[s]
    return Position(b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], int(b[9]), int(b[10]), b[11])


@inlined
def _store(book: Floats, s: int, p: Position) -> None:
    b = book[s]
    b[0], b[1], b[2], b[3], b[4], b[5] = p.shares, p.quote, p.best, p.stake, p.flow, p.commission
    b[6], b[7], b[8], b[9], b[10], b[11] = p.slippage, p.gone, p.left_at, p.entered, p.leaving, p.today


@compiled
def _worth(book: Floats, cash: float, but: int) -> tuple[float, float]:
    """Return what the account is worth at the newest prices, and the gross value of what it holds, but for one symbol."""
    worth, gross = cash, 0.0
    for s in range(len(book)):
        value = book[s, 0] * book[s, _MARK] if s != but else 0.0
        worth += value
        gross += abs(value)
    return worth, gross


@compiled
def _begin(tape: Tape, book: Floats, places: Integers, now: int) -> bool:
    """Find the bars of this moment, and what is wanted in them; tell whether an open among them is stale."""
    stale = False
    for s in range(len(book)):
        bar = places[s, _BAR]
        places[s, _HERE] = bar < tape.first[s + 1] and tape.time[bar] == now
        if not places[s, _HERE]:
            continue
        held = sign(book[s, 0])
        places[s, _GOAL], book[s, 11] = _KEEP, 0.0
        if bar > tape.first[s]:
            goal = tape.goals[held + 1, tape.code[bar - 1]]
            places[s, _GOAL] = _KEEP if goal == held else goal
        if tape.stale_open[bar]:
            stale = True
        else:
            book[s, _MARK] = tape.open[bar]
    return stale


@compiled
def _fill(  # noqa: PLR0917 - compiled functions take no keywords
    tape: Tape, rules: Rules, rows: Floats, purse: Purse, book: Floats, places: Integers, prices: Floats, stale: int
) -> Purse:
    """Trade what was decided at the close before: first what is left, then what is entered; at closes the bars whose open is stale."""
    for s in range(len(book)):
        bar, p = places[s, _BAR], _load(book, s)
        if places[s, _HERE] and stale == 1:
            book[s, _MARK] = prices[bar]
        if places[s, _HERE] and tape.stale_open[bar] == stale and p.shares != 0.0 and (p.leaving != NOT or places[s, _GOAL] != _KEEP):
            others, _ = _worth(book, 0.0, s)
            reason = SIGNAL if p.leaving == NOT else p.leaving
            purse, p = leave(rows, rules, purse, p, s, bar, prices[bar], tape.volume[bar], reason, AT_OPEN, others)
            _store(book, s, p)
    for s in range(len(book)):
        bar, opens = places[s, _BAR], places[s, _GOAL] == 1 or places[s, _GOAL] == -1
        if opens and places[s, _HERE] and tape.stale_open[bar] == stale and book[s, 0] == 0.0:
            allowed = tape.size[bar - 1] if rules.sizing == VOLATILITY else 1.0
            worth, gross = _worth(book, purse.cash, -1)
            purse, p = enter(rules, purse, book[s, 11], places[s, _GOAL], bar, prices[bar], tape.volume[bar], allowed, worth, gross)
            _store(book, s, p)
    return purse


@compiled
def _stop(tape: Tape, rules: Rules, rows: Floats, purse: Purse, book: Floats, places: Integers) -> Purse:  # noqa: PLR0917 - compiled
    """Leave the positions whose stop or target lies inside the bar."""
    for s in range(len(book)):
        bar = places[s, _BAR]
        if places[s, _HERE] and book[s, 0] != 0.0:
            others, _ = _worth(book, 0.0, s)
            purse, p = stopped(
                rows, rules, purse, _load(book, s), s, bar, tape.open[bar], tape.high[bar], tape.low[bar], tape.volume[bar], others
            )
            _store(book, s, p)
    return purse


@compiled
def _close(tape: Tape, rules: Rules, rows: Floats, purse: Purse, book: Floats, places: Integers) -> Purse:  # noqa: PLR0917 - compiled
    """Mark everything at the close; leave what ends with its segment, and pay for what is borrowed where it goes on."""
    for s in range(len(book)):
        bar = places[s, _BAR]
        if not places[s, _HERE]:
            continue
        book[s, _MARK] = tape.close[bar]
        p = _load(book, s)
        if p.shares != 0.0 and tape.code[bar] >= _ENDS:
            others, _ = _worth(book, 0.0, s)
            reason = END if bar + 1 == tape.first[s + 1] else GAP
            purse, p = leave(rows, rules, purse, p, s, bar, tape.close[bar], tape.volume[bar], reason, LATER, others)
        elif p.shares < 0.0:
            cost = p.shares * tape.close[bar] * tape.borrowing[s]
            purse, p = Purse(purse.cash + cost, purse.traded, purse.missed, purse.trades), held_over(p, p.best, cost, 0.0)
        _store(book, s, p)
    return purse


@compiled
def _ruin(rows: Floats, purse: Purse, book: Floats, places: Integers, worth: float) -> Purse:
    """Close everything, as nothing is left; what the account cannot pay is taken off the first short's loss."""
    owed = min(worth, 0.0)
    for s in range(len(book)):
        p = _load(book, s)
        if p.shares != 0.0:
            bar = places[s, _BAR] - (1 - places[s, _HERE])
            purse = ruined(rows, purse, p, s, bar, book[s, _MARK], owed if p.shares < 0.0 else 0.0)
            owed = 0.0 if p.shares < 0.0 else owed
            _store(book, s, nothing(0.0))
    return purse


@compiled
def coded(enter_long: Bits, exit_long: Bits, enter_short: Bits, exit_short: Bits, segment: NDArray[np.int32]) -> Bits:
    """Return what is decided at each bar as bits: enter long 1, exit long 2, enter short 4, exit short 8; and 16 where a segment ends."""
    codes = np.empty(len(segment), dtype=np.uint8)
    for bar in range(len(segment)):  # sums, not shifts: these become vector instructions
        codes[bar] = enter_long[bar] + 2 * exit_long[bar] + 4 * enter_short[bar] + 8 * exit_short[bar]
    for bar in range(len(segment) - 1):
        codes[bar] += _ENDS * (segment[bar] != segment[bar + 1])
    codes[-1:] += np.uint8(_ENDS)
    return codes
