"""Candles as somebody sends them to be analysed: an object each."""

from typing import Any

from libs.contracts.sent_candles import CandleColumns, MarketData


def as_sent(market: MarketData) -> dict[str, Any]:
    """Return a market as the body of a request, without what is not said of it."""
    frames = {frame: _rows(columns) for frame, columns in market.timeframe_data.items()}
    return {
        "symbol": market.symbol,
        "timeframe_data": frames,
        "current_price": market.current_price,
        "timestamp": market.timestamp,
    }


def _rows(columns: CandleColumns) -> list[dict[str, float]]:
    names = tuple(CandleColumns.model_fields)
    return [dict(zip(names, row, strict=True)) for row in zip(*(getattr(columns, name) for name in names), strict=True)]
