"""What was played on the test part as tables to keep: every trade, and equity bar by bar beside buy and hold."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.tables import COLUMNS, Table, TableFile
from libs.quant.fills import END, GAP, RUIN, SIGNAL
from libs.quant.trading import drawdowns
from services.training.learners.trading import Trading

# Fifty symbols that are traded each day for four years; a curve of eleven years of hours. What is older is left out, and counted.
MOST_TRADES: Final = 50_000
MOST_BARS: Final = 100_000
SIDES: Final = {1: "long", -1: "short"}
REASONS: Final = {SIGNAL: "signal", GAP: "gap", END: "end", RUIN: "ruin"}


def make_tables(trading: Trading, *, most_trades: int = MOST_TRADES, most_bars: int = MOST_BARS) -> dict[str, bytes]:
    """Return the files of both tables, by name."""
    return {
        Table.TRADES.value: _file(Table.TRADES, _trades(trading), most=most_trades),
        Table.EQUITY_CURVE.value: _file(Table.EQUITY_CURVE, _curve(trading), most=most_bars),
    }


def _file(table: Table, columns: dict[str, NDArray[Any]], *, most: int) -> bytes:
    rows = len(next(iter(columns.values())))
    kept = {name: columns[name][-most:].tolist() for name in COLUMNS[table]}
    return TableFile(kept, left_out=max(0, rows - most)).to_bytes()


def _trades(trading: Trading) -> dict[str, NDArray[Any]]:
    trades = trading.signals.trades
    gross = trades.gross_return
    return {
        "symbol": trades.symbol,
        "side": _words(trades.direction, SIDES),
        "entry_time": _seconds(trades.entered),
        "entry_price": trades.entry_price,
        "exit_time": _seconds(trades.left),
        "exit_price": trades.exit_price,
        "bars_held": trades.bars,
        "weight": trades.stake,
        "gross_return": gross,
        "costs": gross - trades.net_return,
        "net_return": trades.net_return,
        "pnl": trades.profit,
        "exit_reason": _words(trades.reason, REASONS),
    }


def _curve(trading: Trading) -> dict[str, NDArray[Any]]:
    model, held = trading.signals, trading.held
    return {
        "time": _seconds(model.time),
        "equity": model.equity,
        "drawdown": drawdowns(model.equity),
        "buy_and_hold": held.equity,
        "buy_and_hold_drawdown": drawdowns(held.equity),
    }


def _seconds(nanoseconds: NDArray[np.int64]) -> NDArray[np.int64]:
    return nanoseconds // 10**9


def _words(codes: NDArray[Any], words: dict[int, str]) -> NDArray[Any]:
    return np.array([words[code] for code in codes.tolist()], dtype=object)
