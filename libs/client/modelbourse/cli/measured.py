"""What a model has measured on its test, as commands show it."""

import sys
from typing import Any, Final

from modelbourse.answers.models import ModelDetails
from modelbourse.cli.showing import print_facts, print_table, say, shown
from modelbourse.cli.sparkline import drawn

# As long as a day is: 2012-12-31.
DAY: Final = 10


def print_versions(model: ModelDetails) -> None:
    """Print a model's versions, where each stands, and which of them serves."""
    if model.versions:
        rows = [
            (each.version, each.stage, ", ".join(each.aliases) or None, "yes" if each.version == model.version else None, each.created_at)
            for each in model.versions
        ]
        print_table(("version", "stage", "aliases", "serves", "made"), rows)


def print_results(model: ModelDetails, *, job_id: str | None) -> None:
    """Print what the version that serves, or that of the training `job_id`, has measured out of sample."""
    wanted = [each for each in model.versions if (each.version == model.version if job_id is None else each.job_id == job_id)]
    if not wanted:
        return
    version, metrics = wanted[-1], wanted[-1].performance_metrics
    serves = version.version == model.version
    # Baselines, and what the results rest on, are told of the version that serves alone.
    told_of = (model.baselines or {}) if serves else {}
    baselines = {name: told for name, told in told_of.items() if isinstance(told, dict)}
    named = [name for name, value in metrics.items() if value is not None]
    rows = [(name, metrics[name], *(told.get(name) for told in baselines.values())) for name in named]
    print_facts(_test_facts(model) if serves else (), title=f"version {version.version}, out of sample")
    print_table(("metric", "model", *(name.replace("_", " ") for name in baselines)), rows)
    if not serves:
        say(f"version {model.version} serves; to let this one serve: modelbourse models stage {model.id} {version.version} production")


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
