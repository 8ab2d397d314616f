"""The step of an environment in compiled code, of many accounts in one call: what was decided at a close is filled at the next open."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats, Integers
from libs.quant.compiled import compiled, inlined
from libs.quant.environments.rebalancing import close_all, rebalance
from libs.quant.environments.rewards import FIRST_MOMENT, reward_of

DISCRETE: Final = 0
WEIGHTS: Final = 1
SIGNED: Final = 2
HOLDING: Final = 3
"""How an action is read: one of HOLD, BUY, SELL and SHORT; from -1 to 1 as a weight from 0 to 1; the same as a weight from -1 to 1; not at
all, as equal shares of all symbols are bought and held."""
HOLD: Final = 0
BUY: Final = 1
SELL: Final = 2
SHORT: Final = 3

GOES_ON: Final = 0
CUT_OFF: Final = 1
RUINED: Final = 2

Singles = NDArray[np.float32]


class Bars(NamedTuple):
    """What the accounts trade on: arrays over bars, and symbols where they are of prices.

    `fills` are the prices at which what was decided on the bar before is traded, `ends` marks bars behind which nothing is held, `decides`
    those at whose close an action counts, `seen` (bars, columns) is what is known of the market at each close.
    """

    fills: Floats
    closes: Floats
    ends: NDArray[np.bool_]
    decides: NDArray[np.bool_]
    seen: Singles


class Rules(NamedTuple):
    """The terms as numbers; `borrowing` is what a short costs for each close that it is held over.

    An episode plays the bars from `first` up to, not with, `last`; where `length` is not 0 only so many of them, from one that is drawn.
    """

    balance: float
    commission: float
    slippage: float
    borrowing: float
    reward: int
    acting: int
    sees_position: bool
    sees_balance: bool
    first: int
    last: int
    length: int


class Accounts(NamedTuple):
    """The accounts' state, an array row each; whoever keeps all of it can go on from there.

    `shares` is what is held after the newest bar, `opened` what was held after its open. `mean` and `second` are the reward's moments,
    `total` and `steps` what an episode has come to, `random` its generator. `ended_*` is what the last finished episode of each came to.
    """

    bar: Integers
    stop: Integers
    cash: Floats
    shares: Floats
    opened: Floats
    equity: Floats
    peak: Floats
    mean: Floats
    second: Floats
    total: Floats
    steps: Integers
    random: NDArray[np.uint64]
    ended_total: Floats
    ended_steps: Integers
    ended_equity: Floats


def new_accounts(number: int, *, symbols: int, seed: int) -> Accounts:
    """Return accounts that have not begun; each has a random generator of its own."""
    random = np.random.default_rng(seed).integers(1, 2**63 - 1, size=number, dtype=np.uint64)
    floats = {name: np.zeros(number) for name in ("cash", "equity", "peak", "mean", "second", "total", "ended_total", "ended_equity")}
    whole = {name: np.zeros(number, dtype=np.int64) for name in ("bar", "stop", "steps", "ended_steps")}
    held = {name: np.zeros((number, symbols)) for name in ("shares", "opened")}
    arrays: dict[str, Any] = {**floats, **whole, **held}
    return Accounts(**arrays, random=random)


@inlined
def _drawn(random: NDArray[np.uint64], each: int, below: int) -> int:
    """Return a number from 0 up to, not with, `below` (xorshift64, Marsaglia 2003)."""
    state = random[each]
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    random[each] = state
    return int((state >> np.uint64(11)) % np.uint64(below))


@inlined
def _deciding(decides: NDArray[np.bool_], bar: int, stop: int) -> int:
    """Return the first bar from this one on at which an action counts; the last one where there is none. Nothing is held meanwhile."""
    while bar < stop - 1 and not decides[bar]:
        bar += 1
    return bar


@compiled
def begin(bars: Bars, rules: Rules, accounts: Accounts, each: int) -> None:
    """Begin an episode with the balance as cash."""
    start, stop = rules.first, rules.last
    if rules.length and rules.length < rules.last - rules.first:
        start = rules.first + _drawn(accounts.random, each, rules.last - rules.first - rules.length + 1)
        stop = start + rules.length
    accounts.bar[each], accounts.stop[each] = _deciding(bars.decides, start, stop), stop
    accounts.cash[each] = accounts.equity[each] = accounts.peak[each] = rules.balance
    accounts.shares[each, :] = 0.0
    accounts.opened[each, :] = 0.0
    accounts.mean[each], accounts.second[each] = 0.0, FIRST_MOMENT
    accounts.total[each], accounts.steps[each] = 0.0, 0


@compiled
def look(bars: Bars, rules: Rules, accounts: Accounts, each: int, out: Singles) -> None:
    """Write what an agent sees: the market's columns, its weights by symbol and its cash, both of its equity."""
    bar, equity = accounts.bar[each], accounts.equity[each]
    place = bars.seen.shape[1]
    out[:place] = bars.seen[bar]
    if rules.sees_position:
        for symbol in range(accounts.shares.shape[1]):
            out[place] = accounts.shares[each, symbol] * bars.closes[bar, symbol] / equity if equity > 0.0 else 0.0
            place += 1
    if rules.sees_balance:
        out[place] = accounts.cash[each] / equity if equity > 0.0 else 0.0


@inlined
def _goals(acting: int, action: Singles, shares: Floats, goals: Floats) -> None:
    """Write which weights an action wants; NaN keeps what is held. Weights together are 1 at most: what is left lies as cash."""
    if acting == DISCRETE:
        choice, held = int(action[0]), shares[0]
        if choice == BUY:
            goals[0] = np.nan if held > 0.0 else 1.0
        elif choice == SHORT:
            goals[0] = np.nan if held < 0.0 else -1.0
        else:
            goals[0] = 0.0 if choice == SELL else np.nan
        return
    if acting == HOLDING:
        goals[:] = np.nan if shares.any() else 1.0 / len(goals)
        return
    gross = 0.0
    for place in range(len(goals)):
        wanted = min(max(float(action[place]), -1.0), 1.0)
        goals[place] = wanted if acting == SIGNED else (wanted + 1.0) / 2.0
        gross += abs(goals[place])
    if gross > 1.0:
        goals /= gross


@compiled
def step(bars: Bars, rules: Rules, accounts: Accounts, each: int, action: Singles) -> tuple[float, int]:
    """Fill an action at the next bar's open and go to its close; return the reward, and whether the episode goes on.

    The order is that of a backtest (`libs/quant/fills.py`): fills at the open; where a hole, the candles' end or the episode's follows, all
    is left at the close; what is short pays for the night; an account without equity is ruined. Bars at which an action does not count are
    passed over where nothing is held.
    """
    now = accounts.bar[each]
    bar, last = now + 1, accounts.stop[each] - 1
    if bar > last:
        return 0.0, CUT_OFF
    shares, cash, before = accounts.shares[each], accounts.cash[each], accounts.equity[each]
    goals = np.empty(len(shares))
    if bars.decides[now]:
        _goals(rules.acting, action, shares, goals)
        cash = rebalance(cash, shares, bars.fills[bar], goals, rules.commission, rules.slippage)
    accounts.opened[each, :] = shares
    if bar == last or bars.ends[bar]:
        cash = close_all(cash, shares, bars.closes[bar], rules.commission, rules.slippage)
    value = 0.0
    for place in range(len(shares)):
        worth = shares[place] * bars.closes[bar, place]
        cash += min(worth, 0.0) * rules.borrowing
        value += worth
    equity = max(cash + value, 0.0)
    end = CUT_OFF if bar == last else GOES_ON
    if equity == 0.0:
        end = RUINED
        cash = 0.0
        shares[:] = 0.0
    reward, mean, second = reward_of(
        rules.reward, rules.balance, before, equity, accounts.peak[each], accounts.mean[each], accounts.second[each]
    )
    accounts.cash[each], accounts.equity[each], accounts.peak[each] = cash, equity, max(accounts.peak[each], equity)
    accounts.mean[each], accounts.second[each] = mean, second
    accounts.total[each] += reward
    accounts.steps[each] += 1
    if end == GOES_ON and not shares.any():
        bar = _deciding(bars.decides, bar, accounts.stop[each])
        if bar == last:
            end = CUT_OFF
    accounts.bar[each] = bar
    if end != GOES_ON:
        accounts.ended_total[each], accounts.ended_steps[each] = accounts.total[each], accounts.steps[each]
        accounts.ended_equity[each] = equity
    return reward, end


@compiled
def step_all(  # noqa: PLR0917 - compiled
    bars: Bars, rules: Rules, accounts: Accounts, actions: Singles, seen: Singles, rewards: Singles, ends: NDArray[np.int8], final: Singles
) -> None:
    """Step every account by its row of `actions`; one whose episode has ended begins another.

    Writes what each sees then into `seen` (accounts, columns), its reward, how it ended (GOES_ON, CUT_OFF, RUINED), and into `final` what
    it saw at the end of an episode.
    """
    for each in range(len(actions)):
        reward, end = step(bars, rules, accounts, each, actions[each])
        rewards[each], ends[each] = reward, end
        if end != GOES_ON:
            look(bars, rules, accounts, each, final[each])
            begin(bars, rules, accounts, each)
        look(bars, rules, accounts, each, seen[each])


@compiled
def advance(  # noqa: PLR0917 - compiled
    bars: Bars, rules: Rules, accounts: Accounts, actions: Singles, ends: NDArray[np.int8], equity: Floats, opened: Floats, held: Floats
) -> bool:
    """Step the accounts whose episodes go on, and write down their course; return whether any goes on.

    By account and bar of the episode's window (from `rules.first` on): `equity` at its close, and by symbol what was held after its open
    (`opened`) and its close (`held`); all are filled up to the window's end with what stays. `ends` is changed in place.
    """
    anybody = False
    for each in range(len(actions)):
        if ends[each] != GOES_ON:
            continue
        at = accounts.bar[each] + 1 - rules.first
        if at >= equity.shape[1]:  # No action counted at any bar of the window.
            ends[each] = CUT_OFF
            continue
        _, ends[each] = step(bars, rules, accounts, each, actions[each])
        equity[each, at:] = accounts.equity[each]
        opened[each, at], held[each, at] = accounts.opened[each], accounts.shares[each]
        anybody = anybody or ends[each] == GOES_ON
    return anybody


@compiled
def look_all(bars: Bars, rules: Rules, accounts: Accounts, seen: Singles) -> None:
    """Write what each account sees."""
    for each in range(len(seen)):
        look(bars, rules, accounts, each, seen[each])


@compiled
def begin_all(bars: Bars, rules: Rules, accounts: Accounts) -> None:
    """Begin an episode of every account."""
    for each in range(len(accounts.bar)):
        begin(bars, rules, accounts, each)
