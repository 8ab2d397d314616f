"""What the job kind `backtest` runs: candles, what a strategy decides on them, fills, and what came of them."""

from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.backtests import TRADES_MOST, BacktestResult, BacktestSpec
from libs.contracts.strategies import IndicatorStrategy, ModelStrategy, Strategy
from libs.market.candles import Market
from libs.quant.costs import Costs
from libs.quant.strategies import STRATEGIES, warm_up_of
from libs.quant.trading import equity_metrics
from services.training.backtests.desk import Desk, open_desk
from services.training.backtests.files import keep_files
from services.training.backtests.measuring import Played, lookahead_of
from services.training.backtests.model_player import ModelPlayer, load_player
from services.training.backtests.sweeping import Swept, best_of, sweep
from services.training.backtests.walking import walk
from services.training.learners.progress import Progress, Report
from services.training.learners.series import day_of, moment_of

# How far it is, in percent, when each part of it begins.
LOADED: Final = 5
SWEPT: Final = 60
WALKED: Final = 80
PLAYED: Final = 90
WHOLE: Final = 100
# A message on the bus has at most 1 MB, with what else its event says.
TOLD_MOST: Final = 700_000
TOO_LARGE: Final = "The result is larger than a message may be: choose fewer windows, or fewer values in the grid."


def run(spec: BacktestSpec, *, market: Market, report: Report, artifacts: Artifacts | None = None, **_: object) -> BacktestResult:
    """Play the strategy from the first bar asked for; what it looks at is warmed up on the bars before. The same spec, the same result.

    Without `artifacts` no files are kept. Raise what `Market.candles` raises (an unknown symbol, no candles in the range), InvalidError for
    a model that cannot be played or days that make no window, UnavailableError while the store is away.
    """
    _tell(report, "Loading candles", at=0, message=f"Loading candles of {', '.join(spec.all_symbols)}")
    player = _player(spec, artifacts)
    desk = open_desk(spec, market=market, player=player)
    bars = desk.bars
    swept = sweep(spec, desk=desk, tell=_teller(report, "Trying parameters", begin=LOADED, end=SWEPT)) if spec.grid else None
    walked = walk(spec, desk=desk, tell=_teller(report, "Walking forward", begin=SWEPT, end=WALKED)) if spec.walk_forward else None
    strategy = swept.strategy if swept else spec.strategy
    _tell(report, f"Analyzing candles 0/{bars}", at=WALKED, message=f"Playing {strategy.name} on {bars} bars")
    played = Played(desk.play(desk.decide(strategy)), desk.hold(), spec, desk.terms, swept.sharpe_variance if swept else None)
    _tell(report, f"Analyzing candles {bars}/{bars}", at=PLAYED)
    result = _result(played, desk=desk, strategy=strategy, swept=swept, market=market)
    result = result.model_copy(update={"walk_forward": walked})
    if artifacts is not None:
        _tell(report, "Drawing the report", at=PLAYED)
        table = swept.table if swept else None
        result = result.model_copy(update={"files": keep_files(played, result, desk=desk, sweep=table, artifacts=artifacts)})
    _tell(report, "Done", at=WHOLE, message=f"{len(played.run.trades)} trades")
    return _fitted(result)


def _player(spec: BacktestSpec, artifacts: Artifacts | None) -> ModelPlayer | None:
    if not isinstance(spec.strategy, ModelStrategy):
        return None
    rate = spec.slippage.rate if spec.slippage.model == "fixed" else 0.0
    return load_player(spec.strategy, artifacts=artifacts, costs=Costs(commission=spec.commission, slippage=rate, borrow_rate=0.0))


def _result(played: Played, *, desk: Desk, strategy: Strategy, swept: Swept | None, market: Market) -> BacktestResult:
    spec, run = played.spec, played.run
    measured, money = played.figures()
    held = equity_metrics(played.held.equity, bars_per_year=played.held.bars_per_year)
    proof = desk.prove(strategy, run=run) if spec.lookahead_check else None
    seen = _seen(desk)
    return BacktestResult(
        metrics=dict(measured.values),
        money=dict(money.values),
        buy_and_hold=dict(held.values),
        reasons={**money.reasons, **measured.reasons},
        signals=run.signals,
        trades=tuple(played.trades(start=max(len(run.trades) - TRADES_MOST, 0))),
        trades_left_out=max(len(run.trades) - TRADES_MOST, 0),
        equity_curve=played.curve(),
        lookahead=lookahead_of(proof, symbols=spec.all_symbols) if proof else None,
        sweep=swept.told if swept else None,
        in_sample_share=seen,
        warnings=_warnings(played, seen=seen, is_model=desk.player is not None),
        run_card=_card(desk, strategy=strategy, spec=spec, market=market),
        **played.beyond(),
    )


def _card(desk: Desk, *, strategy: Strategy, spec: BacktestSpec, market: Market) -> dict[str, Any]:
    """Return what the run card says of the data; of several symbols it tells each one's source."""
    allowed = None if spec.synthetic is None else spec.synthetic == "allow"
    newest = [int(market.latest(symbol, spec.timeframe, 1, synthetic_allowed=allowed).time[-1]) for symbol in spec.all_symbols]
    every = [part.candles for part in desk.parts]
    opens, ends = min(int(part.candles.time[part.first]) for part in desk.parts), max(int(each.time[-1]) for each in every)
    return {
        "data_source": "; ".join(dict.fromkeys(each.source for each in every)),
        "data_hash": "; ".join(dict.fromkeys(each.source_hash for each in every)),
        "adjustment": "; ".join(dict.fromkeys(each.adjustment for each in every)),
        "synthetic": any(each.synthetic for each in every),
        "bars": desk.bars,
        "first_bar": day_of(opens),
        "last_bar": day_of(ends),
        "data_as_of": moment_of(min(newest)).isoformat(),
        "warm_up_bars": max(max(_warm_up(strategy) - part.first, 0) for part in desk.parts),
    }


def _warm_up(strategy: Strategy) -> int:
    """Return in how many bars from the first there is no signal can come; 0 where it does not tell."""
    if strategy.name not in STRATEGIES:
        return 0
    assert isinstance(strategy, IndicatorStrategy)
    return warm_up_of(strategy.name, parameters=strategy.model_dump(exclude={"name"}))


def _seen(desk: Desk) -> float | None:
    """Return the share of played bars that the model was trained on; None without one, or where nobody knows."""
    if desk.player is None:
        return None
    seen = [desk.player.seen(part.candles, first=part.first) for part in desk.parts]
    return None if None in seen else sum(each or 0 for each in seen) / desk.bars


def _warnings(played: Played, *, seen: float | None, is_model: bool) -> tuple[str, ...]:
    told = []
    if is_model and seen is None:
        told.append("The model's training did not write down what it learned from: nobody knows how much of this it has seen.")
    if seen:
        told.append(f"The model was trained on {seen:.0%} of these bars: what it earned there says nothing of what it will earn.")
    if played.run.missed:
        told.append(f"{played.run.missed} entries found no money, no volume or no known volatility, and were not made.")
    last = played.trades(start=max(len(played.run.trades) - len(played.spec.all_symbols), 0))
    ended = [each.symbol or played.spec.symbol for each in last if each.reason == "end"]
    if ended:
        told.append(f"What was open when the candles ended ({', '.join(ended)}) was closed at the last close, and counts as a trade.")
    return tuple(told)


def _fitted(result: BacktestResult) -> BacktestResult:
    """Return the result as a message can carry it: the worst points of a sweep and old trades are left out, which the tables have.

    Raise InvalidError where it is too large without them.
    """
    while len(result.model_dump_json()) > TOLD_MOST:
        points = result.sweep.points if result.sweep else ()
        if not result.trades and not points:
            raise InvalidError(TOO_LARGE, details={"walk_forward": [TOO_LARGE]})
        kept = len(result.trades) // 2
        left_out = result.trades_left_out + len(result.trades) - kept
        change: dict[str, Any] = {"trades": result.trades[len(result.trades) - kept :], "trades_left_out": left_out}
        if result.sweep is not None:
            best = best_of(points, most=len(points) // 2)
            change["sweep"] = result.sweep.model_copy(update={"points": best, "points_left_out": result.sweep.count - len(best)})
        result = result.model_copy(update=change)
    return result


def _tell(report: Report, stage: str, *, at: int, message: str = "") -> None:
    report(Progress(stage=stage, step=at, total_steps=WHOLE, message=message))


def _teller(report: Report, what: str, *, begin: int, end: int) -> Any:
    def tell(done: int, of: int) -> None:
        _tell(report, f"{what} {done}/{of}", at=begin + (end - begin) * done // of)

    return tell
