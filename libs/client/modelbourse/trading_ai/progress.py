"""How a backtest goes on, on stderr: a bar in a terminal, elsewhere a line whenever it is at something else."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console

from modelbourse.answers.trading_ai.backtests import StrategyBacktest
from modelbourse.progress import Standing, show_progress

WHOLE = 100


@contextmanager
def progress_of_backtest(backtest_id: str, *, console: Console | None = None) -> Generator[Callable[[StrategyBacktest], None], None, None]:
    """Give a function that shows a backtest as it stands: what it is doing, and how far it is."""
    with show_progress(backtest_id, console=console) as show:

        def shown(backtest: StrategyBacktest) -> None:
            ended = backtest.status == "COMPLETED"
            doing = (backtest.status == "RUNNING" and backtest.current_operation) or backtest.status.lower()
            show(Standing(WHOLE if ended else backtest.progress or 0, doing))

        yield shown
