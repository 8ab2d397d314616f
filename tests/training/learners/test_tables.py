"""What a training keeps of its test: every trade and equity bar by bar, which agree with its metrics."""

import json
from typing import Any

import numpy as np
import pytest

from libs.contracts.tables import COLUMNS, Table, TableFile
from libs.contracts.training import ModelType
from libs.quant.backtest import backtest, buy_and_hold
from libs.quant.trading import trade_metrics
from services.training.learners.tables import make_tables
from services.training.learners.trading import Trading
from services.training.learners.train import Trained
from tests.quant.walks import of_closes, walk
from tests.training.learners.conftest import Once, Workshop, one_of_each_task


def table(workshop: Workshop, trained: Trained, name: Table) -> dict[str, Any]:
    """Return a table's columns as arrays."""
    kept = TableFile.from_bytes(workshop.artifacts.get(trained.result.tables[name].sha256))
    assert kept.left_out == 0
    return {column: np.array(values) for column, values in kept.columns.items()}


def played(*closes: float, wanted: int = 1, costs: float = 0.0) -> Trading:
    candles = of_closes(*closes)
    positions = np.full(len(closes), wanted, dtype=np.int8)
    return Trading(backtest(candles, positions, commission=costs, slippage=costs), buy_and_hold(candles, commission=costs, slippage=costs))


@pytest.mark.parametrize(("algorithm", "kind"), one_of_each_task("LOGISTIC_REGRESSION", "RIDGE"))
def test_the_trades_that_are_kept_agree_with_the_metrics(once: Once, algorithm: str, kind: ModelType) -> None:
    workshop, trained = once(algorithm, kind)
    told = {**trained.result.metrics, **trained.result.backtest}

    trades = table(workshop, trained, Table.TRADES)

    net = trades["net_return"]
    assert len(net) == told["total_trades"] > 0
    assert trade_metrics(net).values == trained.result.backtest
    assert trades["pnl"].sum() == pytest.approx(told["total_return"])
    assert trades["pnl"].tolist() == pytest.approx((trades["weight"] * net).tolist())
    assert trades["costs"].tolist() == pytest.approx((trades["gross_return"] - net).tolist())
    assert (trades["costs"] > 0).all()
    sign = np.where(trades["side"] == "long", 1, -1)
    assert trades["gross_return"].tolist() == pytest.approx((sign * (trades["exit_price"] / trades["entry_price"] - 1)).tolist())
    assert (trades["entry_time"] <= trades["exit_time"]).all()
    assert (np.diff(trades["exit_time"]) >= 0).all()
    assert set(trades["symbol"].tolist()) <= {"AAPL", "MSFT"}
    assert set(trades["exit_reason"].tolist()) <= {"signal", "end"}


@pytest.mark.parametrize(("algorithm", "kind"), one_of_each_task("LOGISTIC_REGRESSION", "RIDGE"))
def test_the_curve_that_is_kept_agrees_with_the_metrics(once: Once, algorithm: str, kind: ModelType) -> None:
    workshop, trained = once(algorithm, kind)
    held = trained.result.baselines["buy_and_hold"]

    curve = table(workshop, trained, Table.EQUITY_CURVE)

    assert (np.diff(curve["time"]) > 0).all()
    assert curve["equity"][-1] - 1 == pytest.approx(trained.result.metrics["total_return"])
    assert curve["drawdown"].max() == pytest.approx(trained.result.metrics["max_drawdown"])
    assert curve["buy_and_hold"][-1] - 1 == pytest.approx(held["total_return"])
    assert curve["buy_and_hold_drawdown"].max() == pytest.approx(held["max_drawdown"])
    manifest = json.loads(workshop.artifacts.get(trained.artifact.sha256))
    assert manifest["tables"] == {f"{name}.json.gz": kept.model_dump() for name, kept in trained.result.tables.items()}


def test_too_many_rows_leave_the_oldest_out_and_say_how_many() -> None:
    candles = walk(60)
    positions = np.tile([1, -1], 30).astype(np.int8)
    trading = Trading(backtest(candles, positions, commission=0, slippage=0), buy_and_hold(candles, commission=0, slippage=0))

    whole, cut = (
        {name: TableFile.from_bytes(data) for name, data in make_tables(trading, **most).items()}
        for most in ({}, {"most_trades": 10, "most_bars": 7})
    )

    for name, most in ((Table.TRADES, 10), (Table.EQUITY_CURVE, 7)):
        rows = len(whole[name])
        assert tuple(cut[name].columns) == COLUMNS[name]
        assert (len(cut[name]), cut[name].left_out) == (most, rows - most)
        assert cut[name].rows(0, most) == whole[name].rows(rows - most, rows)


def test_the_same_trading_gives_the_same_files_and_none_at_all_gives_empty_ones() -> None:
    trading = played(100, 101, 102, wanted=0)

    files = make_tables(trading)

    assert files == make_tables(played(100, 101, 102, wanted=0))
    assert len(TableFile.from_bytes(files[Table.TRADES])) == 0
    assert TableFile.from_bytes(files[Table.TRADES]).rows(0, 10) == []
