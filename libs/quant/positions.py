"""One position of a portfolio, in compiled code: how it is entered, left, stopped, paid for and written down.

Positions and purses are numbers alone and are handed on changed: compiled code keeps them in registers.
"""

from typing import Final, NamedTuple

from libs.quant.candles import Floats
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
NOT: Final = -1
# A trade's row: symbol, first and last bar, direction, reason, AT_OPEN or LATER, stake, quotes of entry and exit, shares, profit,
# commission, slippage.
ROW: Final = 13


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


class Purse(NamedTuple):
    """The account's cash, the value of all that was traded, entries that were missed, and trades that were written down."""

    cash: float
    traded: float
    missed: int
    trades: int


class Position(NamedTuple):
    """What is held of one symbol (`shares` below zero: short), and what has become of it since its entry.

    `quote` is the entry's, `best` the best price since; `flow` is money that came back less money that went out; `gone` counts the shares
    that were left so far, `left_at` the mean of their quotes by shares. `leaving` is why it is being left where a bar's volume did not
    do, else NOT. `today` counts the shares traded in this bar.
    """

    shares: float
    quote: float
    best: float
    stake: float
    flow: float
    commission: float
    slippage: float
    gone: float
    left_at: float
    entered: int
    leaving: int
    today: float


@inlined
def nothing(today: float) -> Position:
    """Return no position, of which so many shares were traded in this bar."""
    return Position(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, NOT, today)


@inlined
def sign(shares: float) -> int:
    """Return the direction of so many shares: 1 long, -1 short, 0 none."""
    return 0 if shares == 0.0 else 1 if shares > 0.0 else -1


@inlined
def held_over(p: Position, best: float, cost: float, today: float) -> Position:
    """Return a position with another best price, with what a short's borrowing has cost (below zero), and what was traded of it today."""
    return Position(
        p.shares, p.quote, best, p.stake, p.flow + cost, p.commission, p.slippage, p.gone, p.left_at, p.entered, p.leaving, today
    )


@inlined
def _slipped(rules: Rules, quote: float, side: int, traded: float, volume: float) -> float:
    """Return the price of buying (side 1) or selling (-1) at a quote, with so many shares of the bar traded then."""
    if not rules.by_volume:
        return quote * (1.0 + rules.rate * side)
    share = min(traded / volume, rules.limit) if volume > 0.0 else rules.limit
    return max(quote * (1.0 + rules.impact * share * share * side), 0.0)


@inlined
def _record(rows: Floats, trade: int, p: Position, s: int, bar: int, held: int, reason: int, at_open: int) -> None:  # noqa: PLR0917 - compiled
    """Write down a trade that has ended."""
    rows[trade, 0], rows[trade, 1], rows[trade, 2], rows[trade, 3], rows[trade, 4] = s, p.entered, bar, held, reason
    rows[trade, 5], rows[trade, 6], rows[trade, 7], rows[trade, 8] = at_open, p.stake, p.quote, p.left_at
    rows[trade, 9], rows[trade, 10], rows[trade, 11], rows[trade, 12] = p.gone, p.flow, p.commission, p.slippage


@compiled
def leave(  # noqa: PLR0917 - compiled functions take no keywords
    rows: Floats,
    rules: Rules,
    purse: Purse,
    p: Position,
    s: int,
    bar: int,
    quote: float,
    volume: float,
    reason: int,
    at_open: int,
    others: float,
) -> tuple[Purse, Position]:
    """Close a position at a quote, or as much of it as the bar's volume allows; the rest is tried again at the next open.

    `others` is what the account's other positions are worth: nobody can pay what a short loses beyond that and the cash.
    """
    held, whole = sign(p.shares), abs(p.shares)
    shares = whole
    if rules.by_volume and reason != GAP and reason != END:  # noqa: PLR1714 - compiled code knows no set here
        shares = min(whole, max(rules.limit * volume - p.today, 0.0))
    price = _slipped(rules, quote, -held, p.today + shares, volume)
    value = shares * price
    change, commission = held * value - value * rules.commission, value * rules.commission
    cash = purse.cash + change
    if held < 0 and shares == whole and cash + others < 0.0:
        change -= cash + others
        cash = -others
    # Of one fill exactly its quote.
    left_at = p.left_at + (quote - p.left_at) * (shares / (p.gone + shares)) if shares > 0.0 else p.left_at
    left = Position(
        held * (whole - shares), p.quote, p.best, p.stake, p.flow + change, p.commission + commission,
        p.slippage + shares * abs(price - quote), p.gone + shares, left_at, p.entered, reason, p.today + shares,
    )  # fmt: skip
    if shares < whole:
        return Purse(cash, purse.traded + value, purse.missed, purse.trades), left
    _record(rows, purse.trades, left, s, bar, held, reason, at_open)
    return Purse(cash, purse.traded + value, purse.missed, purse.trades + 1), nothing(left.today)


@compiled
def enter(  # noqa: PLR0917 - compiled functions take no keywords
    rules: Rules, purse: Purse, today: float, goal: int, bar: int, quote: float, volume: float, allowed: float, worth: float, gross: float
) -> tuple[Purse, Position]:
    """Open the position wanted at a quote, as large as the terms, the money that is free and the bar's volume allow."""
    wanted = rules.value
    if rules.sizing == FRACTION:
        wanted *= worth
    elif rules.sizing == VOLATILITY:
        wanted = allowed * worth
    stake = min(wanted, worth - gross)
    shares = price = 0.0
    if stake > _LEAST * worth and worth > 0.0:
        if rules.by_volume:
            shares = min(stake / (quote * (1.0 + rules.commission)), max(rules.limit * volume - today, 0.0))
        price = _slipped(rules, quote, goal, today + shares, volume)
        most = stake / (price * (1.0 + rules.commission)) if price > 0.0 else 0.0
        shares = min(shares, most) if rules.by_volume else most
    if not shares > 0.0:
        return Purse(purse.cash, purse.traded, purse.missed + 1, purse.trades), nothing(today)
    value = shares * price
    commission = value * rules.commission
    change = -goal * value - commission
    paid = value + commission if rules.by_volume else stake
    return Purse(purse.cash + change, purse.traded + value, purse.missed, purse.trades), Position(
        goal * shares, quote, quote, paid, change, commission, shares * abs(price - quote), 0.0, 0.0, bar, NOT, today + shares
    )


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


@inlined
def stopped(  # noqa: PLR0917 - compiled functions take no keywords
    rows: Floats,
    rules: Rules,
    purse: Purse,
    p: Position,
    s: int,
    bar: int,
    first: float,
    high: float,
    low: float,
    volume: float,
    others: float,
) -> tuple[Purse, Position]:
    """Leave a position whose stop or target lies inside the bar; one that is being left already has none any more."""
    if not rules.stopped or p.shares == 0.0 or p.leaving != NOT:
        return purse, p
    reason, quote, at_open, best = stop_in(rules, float(sign(p.shares)), first, high, low, p.quote, p.best)
    if reason == NOT:
        return purse, held_over(p, best, 0.0, p.today)
    return leave(rows, rules, purse, p, s, bar, quote, volume, reason, at_open, others)


@compiled
def ruined(rows: Floats, purse: Purse, p: Position, s: int, bar: int, price: float, owed: float) -> Purse:  # noqa: PLR0917 - compiled
    """Write a position down as lost, at its newest price; what the account cannot pay (`owed`, below zero) is taken off its loss."""
    held, value, gone = sign(p.shares), p.shares * price, abs(p.shares)
    lost = Position(
        0.0,
        p.quote,
        p.best,
        p.stake,
        p.flow + value - owed,
        p.commission,
        p.slippage,
        p.gone + gone,
        p.left_at + (price - p.left_at) * (gone / (p.gone + gone)),
        p.entered,
        NOT,
        0.0,
    )
    _record(rows, purse.trades, lost, s, bar, held, RUIN, LATER)
    return Purse(0.0, purse.traded, purse.missed, purse.trades + 1)
