"""What came of a backtest: its figures beside buying and holding, how sure they are, and of a sweep its surface."""

from collections.abc import Sequence
from typing import Any, Final

from modelbourse.answers.trading_ai.backtest_findings import Sweep, SweepPoint, WalkForward
from modelbourse.answers.trading_ai.backtests import RiskMetrics, StrategyBacktest
from modelbourse.cli.heat_map import print_surface
from modelbourse.cli.showing import out, print_facts, print_table, say, shown, write_line
from modelbourse.cli.sparkline import drawn

MARKS: Final = {
    "plateau": "green", "spike": "red", "robust": "green", "fragile": "yellow", "failed": "red", "SYNTHETIC": "yellow", "STALE": "yellow",
    "passed": "green",
}  # fmt: skip
PERCENT: Final = frozenset({"total return", "max drawdown", "volatility", "growth a year"})


def print_backtest(done: StrategyBacktest, *, points: Sequence[SweepPoint] = ()) -> None:
    """Print a backtest that has ended well; `points` are all of its sweep's."""
    days = done.date_range
    when = "" if days is None else f", {days.start_date} to {days.end_date}"
    what = f"{done.strategy_name} on {', '.join(done.symbols or [done.symbol])} {done.timeframe}{when}"
    marked = f"{' SYNTHETIC' if done.synthetic else ''}{' STALE' if done.stale else ''}"
    write_line(what + marked, out(), marks=MARKS)
    if done.sweep is not None:
        _print_sweep(done.sweep, points)
    if done.equity_curve:
        first, last = done.equity_curve[0], done.equity_curve[-1]
        line = drawn([each.equity for each in done.equity_curve])
        say(f"equity {first.date} to {last.date}: {line} {shown(last.equity)}")
    say("")
    _print_figures(done)
    say("")
    print_facts([*_trades(done), *([] if done.risk_metrics is None else _sureness(done, done.risk_metrics))])
    if done.walk_forward is not None:
        _print_walk(done.walk_forward)
    for warning in done.warnings or ():
        write_line(f"! {warning}", out(), marks={"!": "yellow"})
    say(f"again: modelbourse tasks show {done.backtest_id}; pictures of it: --report DIR")


def _print_figures(done: StrategyBacktest) -> None:
    risk, earned, held = done.risk_metrics, done.performance, done.buy_and_hold or {}
    if risk is None or earned is None:
        return
    pairs = [
        ("total return", earned.net_profit_percent / 100, held.get("total_return")),
        ("sharpe ratio", risk.sharpe_ratio, held.get("sharpe_ratio")),
        ("sortino ratio", risk.sortino_ratio, held.get("sortino_ratio")),
        ("max drawdown", risk.max_drawdown, held.get("max_drawdown")),
        ("calmar ratio", risk.calmar_ratio, held.get("calmar_ratio")),
        ("volatility", risk.volatility, held.get("volatility")),
    ]
    print_table(("figure", "strategy", "buy and hold"), [(name, _figure(name, ours), _figure(name, its)) for name, ours, its in pairs])


def _figure(name: str, value: float | None) -> str | None:
    if value is None:
        return None
    return f"{value:.2%}" if name in PERCENT else f"{value:.3f}"


def _trades(done: StrategyBacktest) -> list[tuple[str, Any]]:
    earned, execution = done.performance, done.execution
    if earned is None:
        return []
    return [
        (
            "trades",
            f"{earned.total_trades}, {earned.winning_trades} won" + ("" if earned.win_rate is None else f" ({earned.win_rate:.1%})"),
        ),
        ("net profit", f"{earned.net_profit:.2f}"),
        ("profit factor", earned.profit_factor),
        ("average trade", earned.avg_trade),
        (
            "in the market",
            None if execution is None or execution.time_in_market is None else f"{execution.time_in_market:.1%} of the candles",
        ),
        ("turnover a year", None if execution is None else execution.annual_turnover),
    ]


def _sureness(done: StrategyBacktest, risk: RiskMetrics) -> list[tuple[str, Any]]:
    """Return how sure the Sharpe ratio is, and what luck may have done."""
    interval, luck, proof = risk.sharpe_interval or {}, done.monte_carlo, done.lookahead
    level = f"{interval['level']:.0%} interval" if isinstance(interval.get("level"), float) else "interval"
    between = None if interval.get("low") is None else f"{shown(interval['low'])} to {shown(interval['high'])} ({level})"
    deflated = None if risk.deflated_sharpe is None else f"{risk.deflated_sharpe:.1%} sure after {risk.trials} trials on these candles"
    found = None if proof is None else f"{'passed' if proof.passed else 'failed'}: {proof.bars_compared} decisions at {proof.cuts} cuts"
    return [
        ("sharpe between", between),
        ("sharpe above 0", None if risk.probabilistic_sharpe is None else f"{risk.probabilistic_sharpe:.1%} sure"),
        ("above luck", deflated),
        ("other orders", None if luck is None else f"{luck.deeper:.1%} of {luck.samples} fell deeper"),
        ("no look-ahead", found),
    ]


def _print_sweep(sweep: Sweep, points: Sequence[SweepPoint]) -> None:
    left = f", {sweep.left_out} left out" if sweep.left_out else ""
    best = ", ".join(f"{name} {value:g}" for name, value in sweep.best.parameters.items())
    say(f"{sweep.count} points{left}; the best by {sweep.metric}: {best}")
    print_surface(points, sweep)
    near = "" if sweep.neighbour_ratio is None else f": its {sweep.neighbours} neighbours keep {sweep.neighbour_ratio:.0%} of its score"
    verdict = {"plateau": "the best stands on a plateau", "spike": "the best is a spike"}.get(sweep.shape or "")
    if verdict is None:
        verdict = f"whether the best stands on a plateau is unknown: {sweep.reasons.get('shape', 'no reason was given')}"
    else:
        verdict += near
    write_line(verdict + ("; it lies at the edge of the grid" if sweep.at_edge else ""), out(), marks=MARKS)
    if sweep.overfitting is not None:
        luck = sweep.overfitting
        say(f"it was only lucky with a probability of {luck.probability:.0%} (PBO, {luck.splits} splits of {luck.blocks} blocks)")
    elif "overfitting" in sweep.reasons:
        say(f"how likely it was only lucky is unknown: {sweep.reasons['overfitting']}")


def _print_walk(walk: WalkForward) -> None:
    say("")
    rows = [
        (
            f"{window.out_of_sample_start:%Y-%m-%d} to {window.out_of_sample_end:%Y-%m-%d}",
            ", ".join(f"{name} {value:g}" for name, value in window.parameters.items()),
            window.in_sample,
            window.out_of_sample,
            f"{window.out_of_sample_return:.2%}",
        )
        for window in walk.windows
    ]
    print_table(
        ("scored on", "tuned to", "in sample", "out of sample", "return"), rows, title=f"walk forward, {walk.mode}, by {walk.metric}"
    )
    write_line(f"{walk.verdict or 'nothing can be said'}: {walk.words}", out(), marks=MARKS)
