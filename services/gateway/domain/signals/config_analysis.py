"""Suggestions about how an account trades, each computed of what it has measured: the rules that docs/signal-scores.md tells."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from libs.contracts.backtests import BacktestSpec, BacktestSummary
from libs.contracts.signals import ReliabilityBin, SignalPerformance
from libs.contracts.strategies import ModelStrategy, RulesStrategy
from libs.quant.intervals import wilson
from services.gateway.domain.jobs.trials import Span

Impact = Literal["HIGH", "MEDIUM", "LOW"]
# Fewer trades say nothing: the 95 % interval of a win rate is then wider than a third.
TRADES_LEAST: Final = 30
SIGNALS_LEAST: Final = 20
# What an account may be expected to bear; the usual bound of a fund's mandate.
DRAWDOWN_MOST: Final = 0.2
# Half of Kelly's fraction has three quarters of its growth at half of its swings (Thorp 2006).
KELLY_SHARE: Final = 0.5
# A loss so many times the average one is an accident that a stop would have bounded.
WORST_OVER_AVERAGE: Final = 3.0
STOP_OVER_AVERAGE: Final = 2.0
# Changes by less are noise.
CHANGE_LEAST: Final = 0.1
# By the change as a share of the current value.
IMPACTS: Final[Sequence[tuple[float, Impact]]] = ((0.5, "HIGH"), (0.2, "MEDIUM"), (0.0, "LOW"))
# What signals of a strategy are called where they are shown.
NAMES: Final[Mapping[str, str]] = {
    "rsi": "RSI Strategy", "macd": "MACD Strategy", "bollinger": "Bollinger Bands Strategy", "volume": "Volume Strategy",
    "stochastic": "Stochastic Strategy",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """A backtest that has ended well: what was asked for, and what it measured."""

    spec: BacktestSpec
    result: BacktestSummary

    @property
    def trades(self) -> int:
        """How many trades there were."""
        return int(self.result.metrics.get("total_trades") or 0)

    @property
    def wins(self) -> int:
        """How many of them won."""
        return int(self.result.metrics.get("winning_trades") or 0)

    @property
    def played(self) -> str:
        """What was played: a strategy by its name, whatever its parameters; a model is itself, and so are rules of other words."""
        strategy = self.spec.strategy
        if isinstance(strategy, ModelStrategy):
            return f"model {strategy.model_id}"
        if isinstance(strategy, RulesStrategy):
            return f"rules {hashlib.blake2b(strategy.model_dump_json().encode(), digest_size=4).hexdigest()}"
        return strategy.name

    @property
    def is_in_sample(self) -> bool:
        """Whether it is the best of a sweep on the candles that it was chosen by."""
        return bool(self.spec.grid) and self.spec.walk_forward is None

    @property
    def fraction(self) -> float | None:
        """How much of the equity a trade takes; None where money or volatility decides."""
        sizing = self.spec.sizing
        if sizing is None:
            return self.spec.position_size
        return sizing.value if sizing.method == "fraction" else None

    def repeats(self, other: "Measured") -> bool:
        """Tell whether both have played a symbol on the same days."""
        first, second = (Span(each.spec.start_date, each.spec.end_date) for each in (self, other))
        return first.overlaps(second) and not set(self.spec.all_symbols).isdisjoint(other.spec.all_symbols)

    def metric(self, name: str) -> float | None:
        """Return a value that was measured."""
        return self.result.metrics.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One. `confidence` is 1 less the width of the 95 % interval that it rests on; `sample` is how many trades or signals those are."""

    category: str
    strategy: str | None = None
    current: float | None
    suggested: float
    reasoning: str
    impact: Impact
    confidence: float
    sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigAnalysis:
    """What came of one analysis; `reasons` say why nothing is suggested about something."""

    id: str
    account_id: str
    at: datetime
    days: int
    backtests: int
    suggestions: tuple[Suggestion, ...]
    reasons: Mapping[str, str]


class ConfigAnalyses(Protocol):
    """The analyses of all accounts."""

    async def add(self, analysis: ConfigAnalysis) -> ConfigAnalysis:
        """Keep one, and return it under the first free of `…`, `…-2`, `…-3`."""

    async def newest(self, account_id: str, *, since: datetime) -> ConfigAnalysis | None:
        """Return the account's newest since then."""

    async def forget(self, account_id: str) -> None:
        """Remove an account's; the second time there are none."""


def suggest(
    backtests: Sequence[Measured], signals: SignalPerformance | None, *, strategies: bool, risk: bool
) -> tuple[list[Suggestion], dict[str, str]]:
    """Return suggestions of backtests, the newest first; those that change most first, and why there are none about something."""
    found: list[Suggestion] = []
    reasons: dict[str, str] = {}
    by_strategy = _by_strategy(backtests)
    if sweeps := sum(each.is_in_sample for each in backtests):
        reasons["sweeps"] = f"{sweeps} sweeps are left out: their best was chosen by the candles that it was measured on"
    enough = {name: each for name, each in by_strategy.items() if sum(one.trades for one in each) >= TRADES_LEAST}
    if (strategies or risk) and not enough:
        most = max((sum(one.trades for one in each) for each in by_strategy.values()), default=0)
        reasons["backtests"] = f"no strategy has {TRADES_LEAST} trades in backtests of these days: the most is {most}"
    if risk:
        found += [one for name, each in enough.items() for one in (_position_size(name, each), _stop_loss(name, each)) if one is not None]
        reasons |= _unsized(enough)
    if strategies:
        found += _weights(enough)
        if len(enough) == 1:
            reasons["strategy_weight"] = "there is one strategy with enough trades: weights compare at least two"
        confidence = _least_confidence(signals)
        if isinstance(confidence, Suggestion):
            found.append(confidence)
        else:
            reasons["signal_confidence"] = confidence
    if not strategies and not risk:
        reasons["suggestions"] = "neither strategies nor risk settings were to be looked at"
    elif enough and not found:
        reasons["suggestions"] = "what was measured agrees with how you trade: nothing differs by a tenth or more"
    order = [impact for _, impact in IMPACTS]
    return sorted(found, key=lambda each: (order.index(each.impact), -each.confidence)), reasons


def _by_strategy(backtests: Sequence[Measured]) -> dict[str, list[Measured]]:
    """Return what was measured by what was played; the same candles count once, as they were played last."""
    found: dict[str, list[Measured]] = {}
    for each in backtests:
        kept = found.setdefault(each.played, [])
        if not each.is_in_sample and not any(each.repeats(other) for other in kept):
            kept.append(each)
    return found


def _unsized(enough: Mapping[str, Sequence[Measured]]) -> dict[str, str]:
    """Say of which strategies no position size can be told."""
    sized = {name: sum(one.trades for one in each if one.fraction is not None) for name, each in enough.items()}
    few = {name: count for name, count in sized.items() if count < TRADES_LEAST}
    return {f"risk_management.{name}": f"{few[name]} trades took a fraction of the equity, and {TRADES_LEAST} are needed" for name in few}


def _pooled(backtests: Sequence[Measured]) -> tuple[int, int]:
    return sum(each.wins for each in backtests), sum(each.trades for each in backtests)


def _mean(backtests: Sequence[Measured], name: str, *, weight: str) -> float | None:
    """Return the mean of a value over trades that there were so many of."""
    pairs = [(value, count) for each in backtests if (value := each.metric(name)) is not None and (count := each.metric(weight))]
    total = sum(count for _, count in pairs)
    return sum(value * count for value, count in pairs) / total if total else None


def _position_size(name: str, backtests: Sequence[Measured]) -> Suggestion | None:
    """Suggest the smaller of half of Kelly's fraction and what keeps the worst drawdown in bounds, of trades that took a fraction.

    A trade that wins a share G of what was put in W of the time, else loses L of it: f = W / L - (1 - W) / G (Thorp 2006, p / a - q / b);
    above 1 it would be borrowed. A drawdown is taken to grow with the position.
    """
    sized = [(each, each.fraction) for each in backtests if each.fraction is not None]
    wins, trades = _pooled(of_equity := [each for each, _ in sized])
    win, loss = _mean(of_equity, "avg_win", weight="winning_trades"), _mean(of_equity, "avg_loss", weight="losing_trades")
    if trades < TRADES_LEAST or not win or not loss:
        return None
    rate, payoff, current = wins / trades, win / abs(loss), sized[0][1]
    kelly = max(0.0, rate / abs(loss) - (1 - rate) / win)
    worst = max((each.metric("max_drawdown") or 0.0) / fraction for each, fraction in sized)
    bounded = DRAWDOWN_MOST / worst if worst > 0 else 1.0
    suggested = round(min(KELLY_SHARE * kelly, bounded, 1.0), 4)
    low, high = wilson(wins, trades)
    words = (
        f"{_called(name)} won {wins} of {trades} trades ({rate:.0%}, 95 % interval {low:.0%} to {high:.0%}) with {payoff:.2f} won for "
        f"each 1 lost: half of Kelly's fraction is {KELLY_SHARE * kelly:.3f} of the equity. At a whole position its worst drawdown would "
        f"be about {worst:.0%}, so that {bounded:.3f} keeps it below {DRAWDOWN_MOST:.0%}. You use {current:g}."
    )
    if kelly == 0:
        words += " There is no edge in these trades: Kelly's answer is not to bet."
    return _changed("risk_management", name, current, suggested, words, confidence=1 - (high - low), sample=trades)


def _stop_loss(name: str, backtests: Sequence[Measured]) -> Suggestion | None:
    """Suggest a stop at twice the average loss where the worst trade lost three times as much or more and no stop was set."""
    loss = _mean(backtests, "avg_loss", weight="losing_trades")
    worst = min((value for each in backtests if (value := each.metric("worst_trade")) is not None), default=0.0)
    current = backtests[0].spec.stop_loss
    losses = int(sum(each.metric("losing_trades") or 0 for each in backtests))
    if current is not None or not loss or worst > WORST_OVER_AVERAGE * loss:
        return None
    suggested, times = round(STOP_OVER_AVERAGE * abs(loss), 4), worst / loss
    low, high = wilson(losses, sum(each.trades for each in backtests))
    words = (
        f"The worst trade of {_called(name)} lost {abs(worst):.1%}, {times:.1f} times the average loss of {abs(loss):.1%} ({losses} losing "
        f"trades), and no stop was set. A stop at twice the average loss would have bounded it; play it to see which winners it costs."
    )
    impact: Impact = "HIGH" if times >= STOP_OVER_AVERAGE * WORST_OVER_AVERAGE else "MEDIUM"
    return Suggestion(
        category="stop_loss", strategy=_called(name), current=None, suggested=suggested, reasoning=words, impact=impact,
        confidence=round(1 - (high - low), 4), sample=losses,
    )  # fmt: skip


def _weights(enough: Mapping[str, Sequence[Measured]]) -> list[Suggestion]:
    """Suggest weights by the lower end of each win rate's interval, for those whose interval does not hold the rate of all together."""
    if len(enough) < 2:  # noqa: PLR2004 - one has nothing to be weighed against
        return []
    pools = {name: _pooled(each) for name, each in enough.items()}
    intervals = {name: wilson(*pool) for name, pool in pools.items()}
    whole, current = sum(low for low, _ in intervals.values()), round(1 / len(pools), 4)
    overall = sum(wins for wins, _ in pools.values()) / sum(trades for _, trades in pools.values())
    found = []
    for name, (wins, trades) in pools.items():
        low, high = intervals[name]
        if low <= overall <= high or not whole:
            continue
        words = (
            f"{_called(name)} won {wins} of {trades} trades ({wins / trades:.0%}, 95 % interval {low:.0%} to {high:.0%}), all strategies "
            f"together {overall:.0%}. The weight follows the lower ends of the intervals; the current one is equal among {len(pools)}."
        )
        made = _changed("strategy_weight", name, current, round(low / whole, 4), words, confidence=1 - (high - low), sample=trades)
        found += [made] if made else []
    return found


def _least_confidence(signals: SignalPerformance | None) -> Suggestion | str:
    """Suggest to pass over signals of the bins from below that were right less often than not, beyond chance; or say why not."""
    if signals is None:
        return "how good your signals were is not known right now"
    decided = signals.hits + signals.misses
    if decided < SIGNALS_LEAST:
        return f"{decided} of your signals have an outcome, and {SIGNALS_LEAST} are needed"
    worse: list[ReliabilityBin] = []
    for each in signals.calibration:
        if wilson(round(each.hit_rate * each.signals), each.signals)[1] >= 0.5:  # noqa: PLR2004 - a coin
            break
        worse.append(each)
    if not worse:
        return "no group of signals of low confidence was right less often than a coin, beyond chance"
    count, hits = sum(each.signals for each in worse), sum(round(each.hit_rate * each.signals) for each in worse)
    low, high = wilson(hits, count)
    words = (
        f"Of {count} signals with a confidence below {worse[-1].high:.1f}, {hits} were right ({hits / count:.0%}, 95 % interval "
        f"{low:.0%} to {high:.0%}): worse than a coin. Signals above it are {decided - count}."
    )
    impact: Impact = "HIGH" if count >= decided / 2 else "MEDIUM"
    return Suggestion(
        category="signal_confidence", current=0.0, suggested=worse[-1].high, reasoning=words, impact=impact,
        confidence=round(1 - (high - low), 4), sample=count,
    )  # fmt: skip


def _changed(
    category: str, name: str, current: float, suggested: float, words: str, *, confidence: float, sample: int
) -> Suggestion | None:
    change = abs(suggested - current) / current
    if change < CHANGE_LEAST:
        return None
    impact = next(word for least, word in IMPACTS if change >= least)
    values: dict[str, Any] = {"current": current, "suggested": suggested, "reasoning": words, "impact": impact, "sample": sample}
    return Suggestion(category=category, strategy=_called(name), confidence=round(confidence, 4), **values)


def _called(name: str) -> str:
    return NAMES.get(name, name)
