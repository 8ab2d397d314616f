"""One position of a portfolio, in compiled code: how it is entered, left, stopped, paid for and written down."""

from typing import Final, NamedTuple

from libs.quant.candles import Floats, Integers
from libs.quant.compiled import compiled, inlined
from libs.quant.fills import END, GAP, RUIN, STOP_LOSS, TAKE_PROFIT, TRAILING_STOP

FRACTION: Final = 0
FIXED: Final = 1
VOLATILITY: Final = 2
# What is left over by rounding is no money to open a position with: this share of the equity is the least.
_LEAST: Final = 1e-9
# A trade ended at its last bar's open (or what stands for it), or later.
AT_OPEN: Final = 1
LATER: Final = 0
# Entries of `Ledger.money`.
CASH: Final = 0
TRADED: Final = 1
MISSED: Final = 2
TRADES: Final = 3
# Columns of `Ledger.book`: a symbol's position, and what has become of it.
SHARES: Final = 0  # below zero: short
MARK: Final = 1  # the newest price
TODAY: Final = 2  # shares traded in this bar
QUOTE: Final = 3  # at the entry
BEST: Final = 4  # price since the entry
STAKE: Final = 5
FLOW: Final = 6  # money that came back less money that went out
_COMMISSION: Final = 7
_SLIPPAGE: Final = 8
_GONE: Final = 9  # shares of it that were left so far
_LEFT_AT: Final = 10  # the mean of their quotes, by shares
BOOK: Final = 11
# Columns of `Ledger.places`.
BAR: Final = 0  # the symbol's bar now, or its next one
HERE: Final = 1  # whether it has a bar now
GOAL: Final = 2  # the position wanted in this bar
LEAVING: Final = 3  # why it is being left, where a bar's volume did not suffice; NOT: it is not
ENTERED: Final = 4
PLACES: Final = 5
NOT: Final = -1
KEEP: Final = 2  # a goal: what is held stays


class Rules(NamedTuple):
    """The terms as numbers; an infinite stop is none."""

    commission: float
    by_volume: bool
    rate: float
    impact: float
    limit: float
    sizing: int
    value: float
    stopped: bool
    loss: float
    profit: float
    trailing: float


class Ledger(NamedTuple):
    """Where the loop keeps its books: a row of numbers and one of places for each symbol, sums of money, and a row for each trade."""

    book: Floats
    places: Integers
    money: Floats
    rows: Floats


@inlined
def sign(shares: float) -> int:
    """Return the direction of so many shares: 1 long, -1 short, 0 none."""
    return 0 if shares == 0.0 else 1 if shares > 0.0 else -1


@compiled
def worth_of(ledger: Ledger) -> tuple[float, float]:
    """Return what the account is worth at the newest prices, and the gross value of what it holds."""
    worth, gross = ledger.money[CASH], 0.0
    for s in range(len(ledger.book)):
        value = ledger.book[s, SHARES] * ledger.book[s, MARK]
        worth += value
        gross += abs(value)
    return worth, gross


@inlined
def _slipped(rules: Rules, quote: float, side: int, traded: float, volume: float) -> float:
    """Return the price of buying (side 1) or selling (-1) at a quote, with so many shares of the bar traded then."""
    if not rules.by_volume:
        return quote * (1.0 + rules.rate * side)
    share = min(traded / volume, rules.limit) if volume > 0.0 else rules.limit
    return max(quote * (1.0 + rules.impact * share * share * side), 0.0)


@inlined
def _pay(ledger: Ledger, rules: Rules, s: int, shares: float, side: int, price: float, quote: float) -> None:  # noqa: PLR0917 - compiled
    """Book a fill: money, costs, and what was traded."""
    book, value = ledger.book, shares * price
    change = -side * value - value * rules.commission
    ledger.money[CASH] += change
    ledger.money[TRADED] += value
    book[s, FLOW] += change
    book[s, _COMMISSION] += value * rules.commission
    book[s, _SLIPPAGE] += shares * abs(price - quote)
    book[s, TODAY] += shares
    book[s, SHARES] += side * shares


@inlined
def _record(ledger: Ledger, s: int, bar: int, held: int, reason: int, at_open: int) -> None:  # noqa: PLR0917 - compiled
    """Write down a trade that has ended, and forget the position."""
    book, rows, trade = ledger.book, ledger.rows, int(ledger.money[TRADES])
    rows[trade, 0], rows[trade, 1], rows[trade, 2], rows[trade, 3] = s, ledger.places[s, ENTERED], bar, held
    rows[trade, 4], rows[trade, 5], rows[trade, 6], rows[trade, 7] = reason, at_open, book[s, STAKE], book[s, QUOTE]
    rows[trade, 8], rows[trade, 9], rows[trade, 10] = book[s, _LEFT_AT], book[s, _GONE], book[s, FLOW]
    rows[trade, 11], rows[trade, 12] = book[s, _COMMISSION], book[s, _SLIPPAGE]
    ledger.money[TRADES] += 1
    ledger.places[s, LEAVING] = NOT
    book[s, SHARES] = book[s, FLOW] = book[s, _COMMISSION] = book[s, _SLIPPAGE] = book[s, _GONE] = book[s, _LEFT_AT] = 0.0


@compiled
def leave(ledger: Ledger, rules: Rules, s: int, quote: float, volume: float, reason: int, at_open: int) -> None:  # noqa: PLR0917 - compiled
    """Close a position at a quote, or as much of it as the bar's volume allows; the rest is tried again at the next open."""
    book, money, held = ledger.book, ledger.money, sign(ledger.book[s, SHARES])
    whole = abs(book[s, SHARES])
    shares = whole
    if rules.by_volume and reason != GAP and reason != END:  # noqa: PLR1714 - compiled code knows no set here
        shares = min(whole, max(rules.limit * volume - book[s, TODAY], 0.0))
    if shares > 0.0:
        price = _slipped(rules, quote, -held, book[s, TODAY] + shares, volume)
        _pay(ledger, rules, s, shares, -held, price, quote)
        book[s, _GONE] += shares
        # Of one fill exactly its quote.
        book[s, _LEFT_AT] += (quote - book[s, _LEFT_AT]) * (shares / book[s, _GONE])
    if shares < whole:
        ledger.places[s, LEAVING] = reason
        return
    book[s, SHARES] = 0.0
    if held < 0:
        worth, _ = worth_of(ledger)
        if worth < 0.0:  # a short lost more than there was: nobody can pay that
            money[CASH] -= worth
            book[s, FLOW] -= worth
    _record(ledger, s, ledger.places[s, BAR], held, reason, at_open)


@compiled
def enter(ledger: Ledger, rules: Rules, s: int, quote: float, volume: float, allowed: float) -> None:  # noqa: PLR0917 - compiled
    """Open the position wanted at a quote, as large as the terms, the money that is free and the bar's volume allow."""
    book, places, goal = ledger.book, ledger.places, ledger.places[s, GOAL]
    worth, gross = worth_of(ledger)
    wanted = rules.value
    if rules.sizing == FRACTION:
        wanted *= worth
    elif rules.sizing == VOLATILITY:
        wanted = allowed * worth
    stake = min(wanted, worth - gross)
    shares = price = 0.0
    if stake > _LEAST * worth and worth > 0.0:
        if rules.by_volume:
            shares = min(stake / (quote * (1.0 + rules.commission)), max(rules.limit * volume - book[s, TODAY], 0.0))
        price = _slipped(rules, quote, goal, book[s, TODAY] + shares, volume)
        most = stake / (price * (1.0 + rules.commission)) if price > 0.0 else 0.0
        shares = min(shares, most) if rules.by_volume else most
    if not shares > 0.0:
        ledger.money[MISSED] += 1
        return
    book[s, STAKE] = shares * price * (1.0 + rules.commission) if rules.by_volume else stake
    places[s, ENTERED], book[s, QUOTE], book[s, BEST] = places[s, BAR], quote, quote
    _pay(ledger, rules, s, shares, goal, price, quote)


@inlined
def stop_in(  # noqa: PLR0917 - compiled functions take no keywords
    rules: Rules, d: float, first: float, high: float, low: float, entry: float, best: float
) -> tuple[int, float, int, float]:
    """Return why a position is left inside a bar (-1: it is not), at which quote, whether at the open, and the best price since its entry.

    `d` is 1 for long and -1 for short, which mirrors prices: more is better then. The open comes first; then the stop, before the target;
    then the trailing stop as the bar's own best price raises it, up to the target.
    """
    begin, worst, top = d * first, d * (low if d > 0 else high), d * (high if d > 0 else low)
    target, loss, trail = d * entry + entry * rules.profit, d * entry - entry * rules.loss, d * best - best * rules.trailing
    level = max(loss, trail)
    if worst <= level:
        return STOP_LOSS if loss >= trail else TRAILING_STOP, d * min(begin, level), AT_OPEN if begin <= level else LATER, best
    if begin >= target:
        return TAKE_PROFIT, first, AT_OPEN, best
    peak = d * max(d * best, min(top, target))
    raised = d * peak - peak * rules.trailing
    if worst <= raised:
        return TRAILING_STOP, d * raised, LATER, peak
    if top >= target:
        return TAKE_PROFIT, d * target, LATER, peak
    return NOT, 0.0, LATER, peak


@compiled
def stop(ledger: Ledger, rules: Rules, s: int, first: float, high: float, low: float, volume: float) -> None:  # noqa: PLR0917 - compiled
    """Leave a position whose stop or target lies inside the bar."""
    book = ledger.book
    if book[s, SHARES] == 0.0 or ledger.places[s, LEAVING] != NOT:
        return
    d = float(sign(book[s, SHARES]))
    reason, quote, at_open, book[s, BEST] = stop_in(rules, d, first, high, low, book[s, QUOTE], book[s, BEST])
    if reason != NOT:
        leave(ledger, rules, s, quote, volume, reason, at_open)


@compiled
def settle(ledger: Ledger, rules: Rules, s: int, close: float, volume: float, ending: int, borrowing: float) -> None:  # noqa: PLR0917 - compiled
    """Mark a position at the close; leave it where its bars end, for that reason, and pay for what is borrowed where they go on."""
    ledger.book[s, MARK] = close
    if ledger.book[s, SHARES] == 0.0:
        return
    if ending != NOT:
        leave(ledger, rules, s, close, volume, ending, LATER)
    elif ledger.book[s, SHARES] < 0.0:
        cost = ledger.book[s, SHARES] * close * borrowing
        ledger.money[CASH] += cost
        ledger.book[s, FLOW] += cost


@compiled
def ruin(ledger: Ledger, worth: float) -> None:
    """Close everything at its newest price, as nothing is left; what the account cannot pay is taken off the first short's loss."""
    book, owed = ledger.book, min(worth, 0.0)
    for s in range(len(book)):
        held, value = sign(book[s, SHARES]), book[s, SHARES] * book[s, MARK]
        if held == 0:
            continue
        book[s, FLOW] += value
        if held < 0:
            book[s, FLOW] -= owed
            owed = 0.0
        book[s, _GONE] += abs(book[s, SHARES])
        book[s, _LEFT_AT] += (book[s, MARK] - book[s, _LEFT_AT]) * (abs(book[s, SHARES]) / book[s, _GONE])
        _record(ledger, s, ledger.places[s, BAR], held, RUIN, LATER)
    ledger.money[CASH] = 0.0
