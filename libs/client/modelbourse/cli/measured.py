"""What a model has measured on its test, as commands show it."""

import sys
from typing import Any, Final

from modelbourse.answers.models import ModelDetails
from modelbourse.cli.showing import print_facts, print_table, say, shown
from modelbourse.cli.sparkline import drawn

# As long as a day is: 2012-12-31.
DAY: Final = 10


def print_results(model: ModelDetails, *, job_id: str | None) -> None:
    """Print what a version has measured out of sample beside its baselines: of the training `job_id`, else the one that serves."""
    versions = [version for version in model.versions if job_id in {None, version.job_id}]
    if not versions:
        return
    metrics = versions[-1].performance_metrics
    baselines = {name: told for name, told in (model.baselines or {}).items() if isinstance(told, dict)}
    named = [name for name, value in metrics.items() if value is not None]
    rows = [(name, metrics[name], *(told.get(name) for told in baselines.values())) for name in named]
    print_facts(_test_facts(model), title=f"version {versions[-1].version}, out of sample")
    print_table(("metric", "model", *(name.replace("_", " ") for name in baselines)), rows)


def print_curve(model: ModelDetails) -> None:
    """Print equity on the test as a line, to who sits before a terminal."""
    if model.equity_curve and sys.stdout.isatty():
        (first, _), (last, end) = model.equity_curve[0], model.equity_curve[-1]
        line = drawn([value for _, value in model.equity_curve])
        say(f"equity, {first} to {last}: {line} {end - 1:+.2%}")


def _test_facts(model: ModelDetails) -> list[tuple[str, Any]]:
    """Say what the results rest on: which days, how many rows and trades, how sure the Sharpe ratio is, what holding brought."""
    card, trades, interval = model.run_card or {}, model.backtest_results, model.sharpe_interval or {}
    curve, held = card.get("equity_curve") or {}, (model.baselines or {}).get("buy_and_hold") or {}
    dates = f"{card['test_opens'][:DAY]} to {card['test_closes'][:DAY]}" if {"test_opens", "test_closes"} <= card.keys() else None
    sure = (
        None if interval.get("low") is None else f"{shown(interval['low'])} to {shown(interval['high'])} ({interval['level']:.0%} interval)"
    )
    return [
        ("test", dates),
        ("rows", card.get("test_rows")),
        ("trades", trades.total_trades),
        ("win rate", None if trades.win_rate is None else f"{trades.win_rate:.1%}"),
        ("sharpe ratio", sure),
        ("buy and hold", None if held.get("total_return") is None else f"total return {held['total_return']:.1%}"),
        ("equity curve", f"{curve['points']} of {curve['bars']} bars, its extremes among them" if curve.get("thinned") else None),
    ]
