"""A portfolio's backtest in plain Python, written from the definitions in `docs/backtests.md`: slow, and not from the compiled loop."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isnan
from statistics import stdev

import numpy as np

from libs.quant.candles import Candles
from libs.quant.decisions import Decisions
from libs.quant.trading_terms import TradingTerms

Part = tuple[Candles, Decisions]
Trade = tuple[int, int, int, int, str, float, float]  # part, entry, exit, direction, reason, shares, profit


@dataclass
class Holding:
    """A position that is open."""

    entry: int
    direction: int
    shares: float
    whole: float
    quote: float
    best: float
    flow: float
    leaving: str | None = None


@dataclass
class SlowPortfolio:
    """One account that plays its parts when `play` is called."""

    parts: Sequence[Part]
    terms: TradingTerms
    cash: float
    held: dict[int, Holding] = field(default_factory=dict)
    price: dict[int, float] = field(default_factory=dict)
    filled: dict[int, float] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)

    def play(self) -> "SlowPortfolio":
        clock = sorted({int(at) for candles, _ in self.parts for at in candles.time})
        places = [{int(at): bar for bar, at in enumerate(candles.time)} for candles, _ in self.parts]
        for now in clock:
            here = {part: bars[now] for part, bars in enumerate(places) if now in bars}
            goals = {part: goal for part, bar in here.items() if (goal := self._goal(part, bar)) is not None}
            fresh = {part for part, bar in here.items() if not self.parts[part][0].stale_open[bar]}
            self.filled = dict.fromkeys(here, 0.0)
            self.price.update({part: float(self.parts[part][0].open[here[part]]) for part in fresh})
            self._fill({part: here[part] for part in here if part in fresh}, goals)
            for part, bar in here.items():
                self._stop(part, bar)
            if len(fresh) < len(here):
                self.price.update({part: float(self.parts[part][0].close[bar]) for part, bar in here.items()})
            self._fill({part: here[part] for part in here if part not in fresh}, goals)
            for part, bar in here.items():
                self._end(part, bar)
            self._mark(here)
        return self

    def _worth(self) -> float:
        return self.cash + sum(each.direction * each.shares * self.price[part] for part, each in self.held.items())

    def _goal(self, part: int, bar: int) -> int | None:
        candles, decided = self.parts[part]
        if bar == 0 or candles.segment[bar] != candles.segment[bar - 1]:
            return None
        way = self.terms.direction
        longs = decided.enter_long[bar - 1] and not decided.exit_long[bar - 1] and way != "short"
        shorts = decided.enter_short[bar - 1] and not decided.exit_short[bar - 1] and way != "long"
        goal = 0 if longs and shorts else 1 if longs else -1 if shorts else 0
        now = self.held[part].direction if part in self.held else 0
        if now == 1 and not decided.exit_long[bar - 1] and goal != -1:
            return None
        if now == -1 and not decided.exit_short[bar - 1] and goal != 1:
            return None
        return None if goal == now else goal

    def _quote(self, part: int, bar: int) -> float:
        candles = self.parts[part][0]
        return float(candles.close[bar] if candles.stale_open[bar] else candles.open[bar])

    def _fill(self, bars: dict[int, int], goals: dict[int, int]) -> None:
        for part, bar in bars.items():
            if part in self.held and (part in goals or self.held[part].leaving):
                self._leave(part, bar, self._quote(part, bar), self.held[part].leaving or "signal")
        for part, bar in bars.items():
            if goals.get(part) and part not in self.held:
                self._enter(part, bar, goals[part], self._quote(part, bar))

    def _slipped(self, part: int, bar: int, quote: float, side: int, shares: float) -> float:
        slippage = self.terms.slippage
        if slippage.model == "fixed":
            return quote * (1 + side * slippage.rate)
        volume = float(self.parts[part][0].volume[bar])
        share = min((self.filled[part] + shares) / volume, slippage.limit) if volume else slippage.limit
        return max(quote * (1 + side * slippage.impact * share**2), 0.0)

    def _room(self, part: int, bar: int) -> float:
        slippage = self.terms.slippage
        if slippage.model == "fixed":
            return float("inf")
        return max(slippage.limit * float(self.parts[part][0].volume[bar]) - self.filled[part], 0.0)

    def _enter(self, part: int, bar: int, direction: int, quote: float) -> None:
        worth, sizing = self._worth(), self.terms.sizing
        free = worth - sum(each.shares * self.price[other] for other, each in self.held.items())
        wanted = sizing.value * worth if sizing.method == "fraction" else sizing.value
        if sizing.method == "volatility_target":
            wanted = worth * self._allowed(part, bar - 1)
        stake = min(wanted, free)
        if isnan(stake) or worth <= 0 or stake <= 1e-9 * worth:
            return
        rate = 1 + self.terms.commission
        asked = min(stake / (quote * rate), self._room(part, bar))
        price = self._slipped(part, bar, quote, direction, asked)
        shares = min(stake / (price * rate), asked if self.terms.slippage.model == "volume_share" else float("inf"))
        if shares <= 0:
            return
        flow = -direction * shares * price - shares * price * self.terms.commission
        self.cash += flow
        self.filled[part] += shares
        self.held[part] = Holding(bar, direction, shares, shares, quote, quote, flow)

    def _allowed(self, part: int, bar: int) -> float:
        candles = self.parts[part][0]
        if bar < 20 or len(set(candles.segment[bar - 20 : bar + 1])) > 1:
            return float("nan")
        spread = stdev(np.log(candles.close[i] / candles.close[i - 1]) for i in range(bar - 19, bar + 1))
        return min(self.terms.sizing.value / (spread * candles.bars_per_year**0.5), 1.0) if spread else 1.0

    def _leave(self, part: int, bar: int, quote: float, reason: str) -> None:
        position = self.held[part]
        shares = position.shares if reason in {"gap", "end"} else min(position.shares, self._room(part, bar))
        if shares > 0:
            price = self._slipped(part, bar, quote, -position.direction, shares)
            flow = position.direction * shares * price - shares * price * self.terms.commission
            self.cash += flow
            position.flow += flow
            position.shares -= shares
            self.filled[part] += shares
        if position.shares > 0:
            position.leaving = reason
            return
        del self.held[part]
        owed = min(self._worth(), 0.0) if position.direction < 0 else 0.0
        self.cash -= owed
        self.trades.append((part, position.entry, bar, position.direction, reason, position.whole, position.flow - owed))

    def _stop(self, part: int, bar: int) -> None:
        position = self.held.get(part)
        if position is not None and not position.leaving and (found := self._stopped(part, bar, position)):
            self._leave(part, bar, *found)

    def _stopped(self, part: int, bar: int, position: Holding) -> tuple[float, str] | None:
        candles, stops, way = self.parts[part][0], self.terms.stops, position.direction
        opened, worst, top = (
            float(each[bar]) for each in (candles.open, candles.low if way > 0 else candles.high, candles.high if way > 0 else candles.low)
        )
        target = None if stops.profit is None else position.quote * (1 + way * stops.profit)
        levels = [] if stops.loss is None else [(position.quote * (1 - way * stops.loss), "stop_loss")]
        if stops.trailing is not None:
            levels.append((position.best * (1 - way * stops.trailing), "trailing_stop"))
        for level, reason in sorted(levels, key=lambda pair: -way * pair[0]):
            if way * worst <= way * level:
                return (opened if way * opened <= way * level else level), reason
        if target is not None and way * opened >= way * target:
            return opened, "take_profit"
        reached = top if target is None or way * top <= way * target else target
        position.best = reached if way * reached > way * position.best else position.best
        raised = None if stops.trailing is None else position.best * (1 - way * stops.trailing)
        if raised is not None and way * worst <= way * raised:
            return raised, "trailing_stop"
        return (target, "take_profit") if target is not None and way * top >= way * target else None

    def _end(self, part: int, bar: int) -> None:
        candles = self.parts[part][0]
        self.price[part] = float(candles.close[bar])
        if part not in self.held:
            return
        if bar + 1 == len(candles):
            self._leave(part, bar, float(candles.close[bar]), "end")
        elif candles.segment[bar + 1] != candles.segment[bar]:
            self._leave(part, bar, float(candles.close[bar]), "gap")
        elif self.held[part].direction < 0:
            cost = self.held[part].shares * float(candles.close[bar]) * self.terms.borrow_rate / candles.bars_per_year
            self.cash -= cost
            self.held[part].flow -= cost

    def _mark(self, here: dict[int, int]) -> None:
        worth = self._worth()
        if self.held and worth <= 0:
            owed = worth
            for part, each in sorted(self.held.items()):
                paid, owed = (owed, 0.0) if each.direction < 0 else (0.0, owed)
                profit = each.flow + each.direction * each.shares * self.price[part] - paid
                at = here.get(part, int(np.searchsorted(self.parts[part][0].time, max(self.parts[0][0].time))) - 1)
                self.trades.append((part, each.entry, at, each.direction, "ruin", each.whole, profit))
            self.held, self.cash, worth = {}, 0.0, 0.0
        self.equity.append(max(worth, 0.0))
