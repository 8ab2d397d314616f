"""What a backtest leaves in the artifact store: all trades, the whole curve, a sweep's surface, pictures and the report."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.backtests import BacktestResult
from libs.contracts.tables import TableFile
from libs.contracts.training import Artifact
from libs.quant.trading import drawdowns
from services.training.backtests.desk import Desk
from services.training.backtests.measuring import REASONS, Played, trade_columns
from services.training.reports.data import ReportData, ReportTrades, Section
from services.training.reports.write import write_report

# What is older is left out, and counted.
TRADES_MOST: Final = 50_000
BARS_MOST: Final = 100_000
FIGURES: Final[Mapping[str, Sequence[str]]] = {
    "Return and risk": (
        "total_return", "cagr", "volatility", "sharpe_ratio", "sortino_ratio", "calmar_ratio", "max_drawdown", "max_drawdown_days",
    ),
    "How sure that is": (
        "probabilistic_sharpe_ratio", "deflated_sharpe_ratio", "minimum_track_record_bars", "skewness", "kurtosis",
    ),
    "Beside buy and hold": ("excess_return", "beta", "alpha", "correlation", "tracking_error", "information_ratio"),
    "What was done": ("time_in_market", "mean_exposure", "max_exposure", "turnover", "annual_turnover"),
}  # fmt: skip
MONEY: Final = (
    "total_trades", "win_rate", "net_profit", "gross_profit", "gross_loss", "profit_factor", "avg_win", "avg_loss", "avg_trade",
    "largest_win", "largest_loss", "risk_reward_ratio", "recovery_factor", "max_consecutive_wins", "max_consecutive_losses",
)  # fmt: skip


def keep_files(played: Played, result: BacktestResult, *, desk: Desk, sweep: TableFile | None, artifacts: Artifacts) -> dict[str, Artifact]:
    """Write them and return what they are, by name. The same backtest is the same files. Raise UnavailableError."""
    files = {name: table.to_bytes() for name, table in _tables(played, sweep).items()} | write_report(_report(played, result, desk=desk))
    return {name: artifacts.put(data) for name, data in sorted(files.items())}


def _tables(played: Played, sweep: TableFile | None) -> dict[str, TableFile]:
    left_out = max(len(played.run.trades) - TRADES_MOST, 0)
    trades = TableFile(trade_columns(played.trades(start=left_out)), left_out)
    return {"trades": trades, "equity-curve": _curve(played)} | ({"sweep": sweep} if sweep else {})


def _curve(played: Played) -> TableFile:
    run, held = played.run, played.held
    columns = {
        "time": run.time // 10**9,
        "equity": run.equity,
        "drawdown": drawdowns(played.relative.equity),
        "buy_and_hold": run.capital * held.equity,
        "exposure": run.exposure,
    }
    kept = {name: values[-BARS_MOST:].tolist() for name, values in columns.items()}
    return TableFile(kept, left_out=max(len(run.time) - BARS_MOST, 0))


def _report(played: Played, result: BacktestResult, *, desk: Desk) -> ReportData:
    spec, relative = played.spec, played.relative
    symbols, card = ", ".join(spec.all_symbols), result.run_card
    sections = [Section(title, {name: result.metrics.get(name) for name in names}, result.reasons) for title, names in FIGURES.items()]
    sections.insert(1, Section("Trades, in money", {name: result.money.get(name) for name in MONEY}, result.reasons))
    return ReportData(
        title=f"{spec.strategy.name} on {symbols}, {spec.timeframe}",
        small_print=f"{card['first_bar']} to {card['last_bar']} · {card['bars']} candles · {card['data_source']}",
        name=spec.strategy.name,
        time=relative.time,
        equity=relative.equity,
        held=played.held.equity,
        trades=ReportTrades.of_backtest(relative.trades, reasons=REASONS),
        candles=[part.played for part in desk.parts],
        capital=played.run.capital,
        sections=[*sections, *_findings(result, trials=spec.trials)],
        notes=result.warnings,
    )


def _findings(result: BacktestResult, *, trials: int) -> list[Section]:
    found: list[tuple[str, dict[str, Any]]] = [("Trials", {"trials": trials})]
    if (sweep := result.sweep) is not None:
        over = sweep.overfitting
        shape = {"shape": sweep.shape, "neighbour_ratio": sweep.neighbour_ratio, "points": sweep.count, "at_edge": sweep.at_edge}
        found.append(("Sweep", {**sweep.best.parameters, **shape, "probability_of_overfitting": over.probability if over else None}))
    if (walk := result.walk_forward) is not None:
        names = ("verdict", "words", "in_sample", "out_of_sample", "efficiency", "profitable", "scored")
        found.append(("Walk forward", {name: getattr(walk, name) for name in names} | {"windows": len(walk.windows)}))
    if (proof := result.lookahead) is not None:
        found.append(("Look-ahead", {"passed": proof.passed, "bars_compared": proof.bars_compared, "cuts": proof.cuts}))
    return [Section(title, values) for title, values in found]
