"""What training has kept of a model's test, in AI Studio's words and as CSV: pure functions."""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from io import StringIO
from typing import Any, Final

from libs.contracts.tables import TableFile
from libs.contracts.training import Plot
from services.gateway.domain.model import Model
from services.gateway.inbound.faces.ai_studio.importance import PATH
from services.gateway.inbound.faces.ai_studio.translate import moment

TRADE: Final = (
    "number", "symbol", "side", "entry_time", "entry_price", "exit_time", "exit_price", "bars_held",
    "weight", "gross_return", "costs", "net_return", "pnl", "exit_reason",
)  # fmt: skip
POINT: Final = ("time", "equity", "drawdown", "buy_and_hold", "buy_and_hold_drawdown")
PLOT_KEY: Final = "equity_plot_url"


def trades(table: TableFile, *, start: int, stop: int) -> list[dict[str, Any]]:
    """Return the trades from the `start`-th that is kept up to, not with, the `stop`-th; those that were not kept are counted."""
    return [_trade(row, number=table.left_out + place) for place, row in enumerate(table.rows(start, stop), start=start + 1)]


def points(table: TableFile) -> list[dict[str, Any]]:
    """Return all points of a curve."""
    return [row | {"time": _moment(row["time"])} for row in table.rows(0, len(table))]


def equity_curve(model: Model, table: TableFile) -> dict[str, Any]:
    """Return the whole curve of the version that serves, and where its plot lies."""
    why = model.why_no_plot(Plot.EQUITY)
    url = None if why else PATH.format(model_id=model.id, plot=Plot.EQUITY)
    told = {"points": points(table), "count": len(table), PLOT_KEY: url}
    return told | kept(model, table) | {"reasons": {PLOT_KEY: why} if why else {}}


def kept(model: Model, table: TableFile) -> dict[str, Any]:
    """Return what is said of a table as a whole."""
    synthetic = bool(model.result and model.result.run_card.get("synthetic"))
    timeframe = model.serving.spec.training_config.get("timeframe", "1d")
    return {"model_version": model.serving.name, "timeframe": timeframe, "synthetic": synthetic, "left_out": table.left_out}


def as_csv(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> bytes:
    """Return rows as CSV (RFC 4180) with a line of names; numbers to their last digit."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([row[name] for name in columns] for row in rows)
    return text.getvalue().encode()


def _trade(row: dict[str, Any], *, number: int) -> dict[str, Any]:
    row["side"], row["exit_reason"] = row["side"].upper(), row["exit_reason"].upper()
    row["entry_time"], row["exit_time"] = _moment(row["entry_time"]), _moment(row["exit_time"])
    return {"number": number, **row}


# Trades of many symbols are entered and left in the same candles.
@lru_cache(maxsize=1024)
def _moment(seconds: int) -> str | None:
    return moment(datetime.fromtimestamp(seconds, tz=UTC))
