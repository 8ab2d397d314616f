"""Real answers about what a model did on its test, shortened, as examples in the OpenAPI document."""

from typing import Any, Final

from services.gateway.inbound.faces.ai_studio.examples import MODEL_ID

TRADE: Final[dict[str, Any]] = {
    "number": 1,
    "symbol": "MSFT",
    "side": "LONG",
    "entry_time": "2011-01-05T21:00:00.000Z",
    "entry_price": 23.1784,
    "exit_time": "2011-01-11T21:00:00.000Z",
    "exit_price": 23.3941,
    "bars_held": 4,
    "weight": 0.5,
    "gross_return": 0.0093,
    "costs": 0.0014,
    "net_return": 0.0079,
    "pnl": 0.0039,
    "exit_reason": "SIGNAL",
}
TRADES: Final[dict[str, Any]] = {
    "count": 216,
    "next": f"http://127.0.0.1:8000/api/ai-studio/models/{MODEL_ID}/trades/?page=2",
    "previous": None,
    "results": [TRADE],
    "model_version": "1.0",
    "timeframe": "1d",
    "synthetic": False,
    "left_out": 0,
}
POINT: Final[dict[str, Any]] = {
    "time": "2011-01-05T21:00:00.000Z",
    "equity": 0.9987,
    "drawdown": 0.0013,
    "buy_and_hold": 1.0041,
    "buy_and_hold_drawdown": 0.0,
}
CURVE: Final[dict[str, Any]] = {
    "points": [POINT],
    "count": 502,
    "left_out": 0,
    "equity_plot_url": f"/api/ai-studio/models/{MODEL_ID}/plots/equity.png",
    "model_version": "1.0",
    "timeframe": "1d",
    "synthetic": False,
    "reasons": {},
}
