"""The report of a model's test: what trading by it would have made of the capital out of sample."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from libs.contracts.plots import Plot
from libs.contracts.training import TrainingResult
from libs.quant.benchmarking import beside
from libs.quant.sharpe_evidence import sharpe_evidence
from libs.quant.trading import EQUITY, returns_of
from services.training.learners.plot_sheet import Caption
from services.training.learners.series import Series, day_of
from services.training.learners.tables import REASONS
from services.training.learners.trading import Trading
from services.training.reports.data import ReportData, ReportTrades, Section
from services.training.reports.sheet import Picture
from services.training.reports.write import write_report

TOLD: Final = (
    "symbols", "timeframe", "test_start", "end", "train_rows", "test_rows", "purged_rows", "learned_until", "horizon", "commission",
    "slippage", "borrow_rate", "data_source", "adjustment", "synthetic", "seed", "config_hash",
)  # fmt: skip

NONE: Final[Mapping[str, Picture]] = MappingProxyType({})


def draw_report(
    trading: Trading,
    *,
    series: Sequence[Series],
    opens: int,
    result: TrainingResult,
    caption: Caption,
    further: Mapping[str, Picture] = NONE,
) -> dict[str, bytes]:
    """Return the report's files by the names that a result has for them: a plot's is that of its PNG. Same input, same bytes.

    `further` pictures stand on its page, too.
    """
    report = report_of(trading, series=series, opens=opens, result=result, caption=caption)
    files = write_report(replace(report, further=further))
    return {_named(name): data for name, data in files.items()}


def _named(file: str) -> str:
    plot, _, kind = file.rpartition(".")
    return Plot(plot).value if kind == "png" else file


def report_of(trading: Trading, *, series: Sequence[Series], opens: int, result: TrainingResult, caption: Caption) -> ReportData:
    """Return what the report shows of the test, which began at `opens` (nanoseconds)."""
    played, held = trading.signals, trading.held
    first, last = (day_of(int(played.time[bar])) for bar in (0, -1))
    starts = (int(np.searchsorted(each.candles.time, opens, side="left")) for each in series)
    return ReportData(
        title=caption.title,
        small_print=replace(caption, start=first, end=last).small_print(rows=len(played.time), noun="bars"),
        name="model",
        time=played.time,
        equity=played.equity,
        held=held.equity,
        trades=ReportTrades.of_backtest(played.trades, reasons=REASONS),
        candles=[each.candles.part(start, len(each.candles)) for each, start in zip(series, starts, strict=True)],
        sections=_sections(trading, result=result),
        notes=result.run_card["warnings"],
    )


def _sections(trading: Trading, *, result: TrainingResult) -> list[Section]:
    played, held, card = trading.signals, trading.held, result.run_card
    compared = beside(played.equity, held.equity, bars_per_year=played.bars_per_year)
    evidence = sharpe_evidence(returns_of(played.equity))
    # Deflated by the number of trials: how many trainings this one was chosen from is not known here.
    sure = {name: value for name, value in evidence.values.items() if name != "deflated_sharpe_ratio"}
    interval = {f"sharpe_ratio_{side}": result.sharpe_interval[side] for side in ("low", "high")}
    whole, own = trading.held_equity(), {name: value for name, value in result.metrics.items() if name not in EQUITY}
    return [
        Section("Return and risk", {name: result.metrics[name] for name in EQUITY}, result.reasons),
        Section("Trades, after costs", result.backtest, result.reasons),
        Section("Buy and hold", whole.values, whole.reasons),
        Section("Beside buy and hold", compared.values, compared.reasons),
        Section("How sure the Sharpe ratio is", interval | sure, evidence.reasons),
        Section("Predictions", own, result.reasons),
        Section("What it rests on", {name: _plain(card[name]) for name in TOLD if name in card}),
    ]


def _plain(value: Any) -> object:
    if isinstance(value, list | tuple):
        return ", ".join(str(each["symbol"] if isinstance(each, Mapping) else each) for each in value)
    return value
