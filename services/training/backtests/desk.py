"""Candles, terms and whoever decides, put together: any strategy of a backtest can be played on all of its days, or on some."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from libs.contracts.backtests import BacktestSpec
from libs.contracts.strategies import ModelStrategy, RulesStrategy, Strategy
from libs.market.candles import Market
from libs.quant.backtest import Backtest, portfolio
from libs.quant.candles import Candles, Floats, Integers, common_bars_per_year
from libs.quant.decisions import Decisions
from libs.quant.lines import LINES_BYTES, Lines
from libs.quant.look_ahead import LookAhead, cut_places, prove_no_look_ahead
from libs.quant.portfolio import PortfolioRun, play_portfolio
from libs.quant.rule_values import decisions_by_rules
from libs.quant.rules import Rule, parse_rule
from libs.quant.strategies import decisions_of
from libs.quant.sweeps import play_many
from libs.quant.trading import max_drawdown, returns_of, sharpe_ratio
from libs.quant.trading_terms import Sizing, Slippage, Stops, TradingTerms
from services.training.backtests.model_player import ModelPlayer


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One symbol: its candles from the first there are to the last asked for, so that indicators are warm; played from bar `first` on."""

    candles: Candles
    first: int
    lines: Lines

    @property
    def played(self) -> Candles:
        """The candles that are played."""
        return self.candles.part(self.first, len(self.candles))

    def between(self, begin: int, end: int) -> slice:
        """Return the played bars that close from one moment to another, both inclusive (nanoseconds)."""
        start, stop = np.searchsorted(self.candles.time, [begin, end + 1], side="left")
        return slice(max(int(start), self.first), int(stop))


@dataclass(frozen=True, slots=True, eq=False)
class Many:
    """What came of several strategies, each alone: arrays over them, ratios NaN where nothing moves; `equity` is (strategies, bars)."""

    sharpe_ratio: Floats
    final_equity: Floats
    max_drawdown: Floats
    trades: Integers
    equity: NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """Plays strategies on its parts, at its terms."""

    parts: Sequence[Part]
    terms: TradingTerms
    capital: float
    player: ModelPlayer | None = None

    @property
    def bars(self) -> int:
        """How many candles are played, of all symbols."""
        return sum(len(part.candles) - part.first for part in self.parts)

    @property
    def clock(self) -> Integers:
        """The closes of all symbols' played bars, each once."""
        return np.unique(np.concatenate([part.candles.time[part.first :] for part in self.parts]))

    @property
    def bars_per_year(self) -> float:
        """By which ratios are annualised: the symbols' own where they agree, else the clock's."""
        return common_bars_per_year([part.candles.bars_per_year for part in self.parts], clock=self.clock)

    def decide(self, strategy: Strategy) -> list[Decisions]:
        """Return what the strategy decides at each bar of each symbol. Raise what its model or its rules raise."""
        return [self._decide(strategy, part.lines) for part in self.parts]

    def play(self, decisions: Sequence[Decisions]) -> PortfolioRun:
        """Play decisions on all days."""
        pairs = [(part.candles, each) for part, each in zip(self.parts, decisions, strict=True)]
        return play_portfolio(pairs, self.terms, capital=self.capital, first=[part.first for part in self.parts])

    def play_each(self, strategies: Sequence[Strategy]) -> Many:
        """Play each of these strategies alone on all days."""
        if len(self.parts) == 1:
            (part,) = self.parts
            decided = (self._decide(strategy, part.lines) for strategy in strategies)
            run = play_many(part.candles, decided, self.terms, capital=self.capital, first=part.first, curves=True)
            assert run.equity is not None
            return Many(run.sharpe_ratio, run.final_equity, run.max_drawdown, run.trades, run.equity)
        runs = [self.play(self.decide(strategy)) for strategy in strategies]
        equity = np.array([run.equity for run in runs])
        ratios = [sharpe_ratio(returns_of(run.equity / run.capital), bars_per_year=run.bars_per_year) for run in runs]
        return Many(
            np.array([np.nan if ratio is None else ratio for ratio in ratios]),
            equity[:, -1],
            np.array([max_drawdown(run.equity / run.capital) for run in runs]),
            np.array([len(run.trades) for run in runs]),
            equity,
        )

    def hold(self) -> Backtest:
        """Buy and hold the same symbols, each with all of an equal share of the capital, at the same commission and slippage.

        Where a bar's volume bounds what can be bought, that much is held and the rest lies as cash.
        """
        terms = TradingTerms(commission=self.terms.commission, slippage=self.terms.slippage)
        share, held = self.capital / len(self.parts), []
        for part in self.parts:
            always, never = np.ones(len(part.candles), dtype=np.bool_), np.zeros(len(part.candles), dtype=np.bool_)
            decisions = Decisions(enter_long=always, exit_long=never, enter_short=never, exit_short=never)
            held.append(play_portfolio([(part.candles, decisions)], terms, capital=share, first=[part.first]).relative())
        return portfolio(held)

    def prove(self, strategy: Strategy, *, run: PortfolioRun) -> LookAhead:
        """Decide and play again, with one cash, on what there was of all symbols at some moments; of symbols by their place here.

        `run` is what came of the strategy: some of the moments are those at which it decided on its entries.
        """
        decided, clock, trades = self.decide(strategy), self.clock, run.trades
        time = [part.candles.time for part in self.parts]
        before = [time[part][self.parts[part].first + bar - 1] for part, bar in zip(trades.part, trades.entry_bar, strict=True)]
        places = cut_places(len(clock), entries=np.searchsorted(clock, np.sort(before), side="right"))

        def play(bars: Sequence[int]) -> PortfolioRun:
            kept = [(part, each.part(0, bar)) for part, each, bar in zip(self.parts, decided, bars, strict=True) if bar > part.first]
            pairs = [(part.candles.part(0, len(each)), each) for part, each in kept]
            return play_portfolio(pairs, self.terms, capital=self.capital, first=[part.first for part, _ in kept])

        return prove_no_look_ahead(partial(self._decide_on, strategy), play, time=time, cuts=[int(clock[place - 1]) for place in places])

    def _decide_on(self, strategy: Strategy, bars: Sequence[int]) -> list[Decisions]:
        """Decide on the first bars of each symbol; nothing on a symbol that has none yet."""
        cut = [part.candles.part(0, bar) for part, bar in zip(self.parts, bars, strict=True)]
        nothing = np.zeros(0, dtype=np.bool_)
        return [self._decide(strategy, Lines(each)) if len(each) else Decisions(*[nothing] * 4) for each in cut]

    def _decide(self, strategy: Strategy, lines: Lines) -> Decisions:
        if isinstance(strategy, ModelStrategy):
            assert self.player is not None  # It was loaded with the desk.
            return self.player.decide(lines.candles)
        if isinstance(strategy, RulesStrategy):
            return decisions_by_rules(lines, **_read(strategy, columns=lines.candles.columns))
        return decisions_of(strategy.name, lines, parameters=strategy.model_dump(exclude={"name"}))


def open_desk(spec: BacktestSpec, *, market: Market, player: ModelPlayer | None) -> Desk:
    """Load the candles that a backtest is played on. Raise what `Market.candles` raises: an unknown symbol, no candles in the range."""
    allowed = None if spec.synthetic is None else spec.synthetic == "allow"
    load = partial(market.candles, timeframe=spec.timeframe, end=spec.end_date, synthetic_allowed=allowed)
    parts = []
    for symbol in spec.all_symbols:
        asked, whole = load(symbol, start=spec.start_date), load(symbol)
        parts.append(Part(whole, len(whole) - len(asked), Lines(whole, room=LINES_BYTES // len(spec.all_symbols))))
    return Desk(parts, terms_of(spec), float(spec.initial_capital), player)


def terms_of(spec: BacktestSpec) -> TradingTerms:
    """Return the terms of a backtest as the engine reads them."""
    sizing = Sizing(spec.sizing.method, spec.sizing.value) if spec.sizing else Sizing("fraction", spec.position_size)
    return TradingTerms(
        direction=spec.direction,
        commission=spec.commission,
        slippage=Slippage(**spec.slippage.model_dump()),
        sizing=sizing,
        stops=Stops(loss=spec.stop_loss, profit=spec.take_profit, trailing=spec.trailing_stop),
    )


def _read(strategy: RulesStrategy, *, columns: Collection[str]) -> dict[str, Rule | None]:
    rules = strategy.model_dump(exclude={"name"})
    return {name: None if text is None else parse_rule(text, field=f"rules.{name}", columns=columns) for name, text in rules.items()}
