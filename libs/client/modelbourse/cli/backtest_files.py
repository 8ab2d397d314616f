"""What is fetched of a backtest besides its figures: all points of a sweep, the report and its pictures."""

from pathlib import Path
from typing import get_args

from modelbourse.answers.trading_ai.backtest_findings import SweepPoint
from modelbourse.answers.trading_ai.backtests import StrategyBacktest
from modelbourse.cli.showing import tell
from modelbourse.modelbourse import Modelbourse
from modelbourse.trading_ai.backtests import Plot


def points_of(client: Modelbourse, done: StrategyBacktest) -> list[SweepPoint]:
    """Return all points of a sweep: of a large one the backtest itself has but the best."""
    if done.sweep is None:
        return []
    whole = len(done.sweep.points) >= done.sweep.count
    return list(done.sweep.points if whole else client.backtests.sweep_points(done.backtest_id))


def write_report(client: Modelbourse, done: StrategyBacktest, folder: Path) -> None:
    """Write a backtest's report and its pictures into a folder, which is made. Raise OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_bytes(client.backtests.report(done.backtest_id))
    there = done.plots or {}
    for plot in get_args(Plot):
        for kind in ("png", "svg"):
            if any(url.endswith(f"{plot}.{kind}") for url in there.values()) or not there:
                (folder / f"{plot}.{kind}").write_bytes(client.backtests.plot(done.backtest_id, plot, format=kind))
    tell(f"wrote {folder / 'report.html'} and its pictures")
