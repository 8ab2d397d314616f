"""An environment with its candles: what agents learn from, and what they are judged by, apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from libs.contracts.agents import Period
from libs.contracts.environments import TradingEnvironment
from libs.market.candles import Market
from libs.quant.candles import Candles
from libs.quant.costs import USUAL
from libs.quant.environments.market import BALANCE, POSITION, PRICES, VOLUMES, Scale, TradedMarket, market_of
from libs.quant.environments.rewards import REWARDS
from libs.quant.environments.stepping import DISCRETE, SIGNED, WEIGHTS, Bars, Rules
from libs.quant.grammar import UnknownFeatureError
from services.training.learners.errors import ModelTooLargeError, NotEnoughDataError
from services.training.learners.series import day_of, moment_of

CHOICES: Final = {"long": ("hold", "buy", "sell"), "both": ("hold", "buy", "sell", "short")}
"""What an agent that chooses can do, by the directions it may take, in the order of the actions' numbers."""
EPISODE_BARS: Final = 252
"""How long an episode of learning is, where there are so many bars: a year of days."""
FEWEST_BARS: Final = 20
"""An evaluation of fewer bars says nothing, and neither does learning from fewer."""
NUMBERS_MOST: Final = 25_000_000
"""What is seen at all bars together, a number of 12 bytes each with its measured copy."""
STRETCHES: Final = 5
"""In so many equal parts the evaluation's days are played for the spread of rewards."""
LENDERS: Final = {"stock_trading": "equity", "portfolio_optimization": "equity", "crypto_trading": "crypto"}
"""Whose usual interest a short pays (`libs/quant/costs.py`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """An environment on its market. Windows are bars from a first up to, not with, a last."""

    environment: TradingEnvironment
    candles: Sequence[Candles]
    market: TradedMarket

    @property
    def choices(self) -> int:
        """Between how many actions an agent chooses; 0 where it says weights."""
        return len(CHOICES[self.environment.direction]) if self.environment.action_space == "discrete" else 0

    @property
    def actions(self) -> int:
        """How many numbers an action has."""
        return 1 if self.choices else len(self.market.symbols)

    @property
    def columns(self) -> int:
        """How many numbers an agent sees."""
        states = self.environment.state_space
        return len(self.market.names) + len(self.market.symbols) * (POSITION in states) + (BALANCE in states)

    def rules(self, first: int, last: int, *, length: int = 0) -> Rules:
        """Return the terms of episodes within a window."""
        wanted = self.environment
        return Rules(
            balance=float(wanted.initial_balance),
            commission=float(wanted.commission),
            slippage=float(wanted.slippage),
            borrowing=USUAL[LENDERS[wanted.type]].borrow_rate / self.market.bars_per_year,
            reward=REWARDS[wanted.reward_function],
            acting=DISCRETE if self.choices else SIGNED if wanted.direction == "both" else WEIGHTS,
            sees_position=POSITION in wanted.state_space,
            sees_balance=BALANCE in wanted.state_space,
            first=first,
            last=last,
            length=length,
        )

    def period(self, first: int, last: int) -> Period:
        """Return a window as it is told."""
        time = self.market.time
        return Period(start=moment_of(int(time[first])), end=moment_of(int(time[last - 1])), bars=last - first)

    def planted(self) -> "Desk":
        """Return the same prices without costs, and with a column that tells what comes."""
        free = self.environment.model_copy(update={"commission": 0.0, "slippage": 0.0})
        return replace(self, environment=free, market=self.market.planted())

    def card(self) -> dict[str, Any]:
        """Return what the run card says of the data."""
        return {
            "data_source": "; ".join(dict.fromkeys(each.source for each in self.candles)),
            "data_hash": "; ".join(dict.fromkeys(each.source_hash for each in self.candles)),
            "adjustment": "; ".join(dict.fromkeys(each.adjustment for each in self.candles)),
            "synthetic": any(each.synthetic for each in self.candles),
            "bars": len(self.market) - self.market.first,
            "first_bar": day_of(int(self.market.time[self.market.first])),
            "last_bar": day_of(int(self.market.time[-1])),
        }


@dataclass(frozen=True, slots=True)
class Split:
    """The window that is learnt from, and the one that is judged by; between both lie bars that neither uses."""

    first: int
    learnt: int
    judged: int
    last: int

    @property
    def purged(self) -> int:
        """How many bars lie between."""
        return self.judged - self.learnt


def open_desk(environment: TradingEnvironment, *, market: Market, synthetic: str | None) -> Desk:
    """Load the candles, from the first there are, so that what is seen is warm at the first bar that is played.

    Raise what `Market.candles` raises (an unknown symbol, no candles in the days), `UnknownFeatureError` for a state that nothing computes,
    NotEnoughDataError where too few bars are common to all symbols, ModelTooLargeError where what is seen would not fit.
    """
    allowed = None if synthetic is None else synthetic == "allow"
    found = [_candles(symbol, environment, market=market, allowed=allowed) for symbol in environment.symbols]
    day = environment.start_date
    start = None if day is None else int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 10**9 + 1
    _check_size(environment, bars=max(len(each) for each in found))
    try:
        traded = market_of(found, states=environment.state_space, window=environment.window, start=start)
    except UnknownFeatureError:
        raise
    except ValueError as error:
        msg = f"{error}."
        raise NotEnoughDataError(msg, details={"symbols": [msg]}) from error
    desk = Desk(environment, found, traded)
    decides = traded.decides
    decides[: traded.first] = False
    if decides.sum() < FEWEST_BARS:
        msg = f"An agent could decide at {decides.sum()} bars of these days, fewer than {FEWEST_BARS}: take more days or a shorter window."
        raise NotEnoughDataError(msg, details={"start_date": [msg]})
    return replace(desk, market=replace(traded, first=int(decides.argmax())))


def _check_size(environment: TradingEnvironment, *, bars: int) -> None:
    """Raise ModelTooLargeError where what is seen would not fit."""
    states = environment.state_space
    histories = sum(name in {PRICES, VOLUMES} for name in states)
    columns = len(environment.symbols) * (histories * environment.window + len(states) - histories)
    if bars * columns > NUMBERS_MOST:
        msg = f"{bars} bars at which {columns} numbers are seen are more than {NUMBERS_MOST:,}: take a shorter window, or fewer days."
        raise ModelTooLargeError(msg, details={"window": [msg]})


def _candles(symbol: str, environment: TradingEnvironment, *, market: Market, allowed: bool | None) -> Candles:
    timeframe = environment.timeframe
    if environment.start_date is not None:  # Days without candles are refused in the market's words.
        market.candles(symbol, timeframe, start=environment.start_date, end=environment.end_date, synthetic_allowed=allowed)
    return market.candles(symbol, timeframe, end=environment.end_date, synthetic_allowed=allowed)


def split(desk: Desk, *, share: float) -> Split:
    """Keep the newest `share` of the bars to judge by, and leave a history's length of bars before it out.

    Raise NotEnoughDataError where either part would have fewer than 20 bars.
    """
    first, last = desk.market.first, len(desk.market)
    judged = last - max(round((last - first) * share), FEWEST_BARS)
    learnt = judged - desk.environment.window
    if learnt - first < FEWEST_BARS:
        msg = (
            f"{last - first} bars are too few: {last - judged} are for the evaluation, {desk.environment.window} before it are left out, "
            f"and at least {FEWEST_BARS} must be left to learn from. Take more days, or a shorter window."
        )
        raise NotEnoughDataError(msg, details={"evaluation_share": [msg]})
    decides = desk.market.decides
    for what, rows in (("learn from", decides[first:learnt]), ("be judged by", decides[judged:last])):
        if rows.sum() < FEWEST_BARS:
            msg = (
                f"There are {rows.sum()} bars to {what} at which all of the state is known, fewer than {FEWEST_BARS}: each hole in the "
                "candles begins a history anew. Take more days, or a shorter window."
            )
            raise NotEnoughDataError(msg, details={"window": [msg]})
    return Split(first, learnt, judged, last)


def scaled(desk: Desk, parts: Split) -> tuple[Scale, Bars]:
    """Return how columns are measured in the bars that are learnt from, and all bars measured so."""
    market = desk.market
    scale = Scale.of(market.seen[parts.first : parts.learnt], names=market.names)
    return scale, scale.bars(market)
