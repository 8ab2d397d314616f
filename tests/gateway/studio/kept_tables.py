"""Tables of a test as a training keeps them; they agree with what the double of training measured."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from libs.contracts.tables import COLUMNS, Table, TableFile

OPENS: Final = int(datetime(2012, 1, 3, 21, tzinfo=UTC).timestamp())
DAY: Final = int(timedelta(days=1).total_seconds())
WEIGHT: Final = 0.625
WON, LOST = 0.02, -0.01
EQUITY: Final = (1.0, 1.1, 0.946, 1.0, 1.05)
HELD: Final = (1.0, 1.2, 1.14, 1.3, 1.25)


def trades(count: int = 10, *, left_out: int = 0) -> TableFile:
    """Trades of one day each, every second one short; of ten the first six have won."""
    rows = [_trade(place, won=place < 0.6 * count) for place in range(count)]
    return TableFile({name: [row[name] for row in rows] for name in COLUMNS[Table.TRADES]}, left_out=left_out)


def _trade(place: int, *, won: bool) -> dict[str, Any]:
    net = WON if won else LOST
    return {
        "symbol": ("AAPL", "MSFT")[place % 2],
        "side": ("long", "short")[place % 2],
        "entry_time": OPENS + place * DAY,
        "entry_price": 100.0 + place,
        "exit_time": OPENS + (place + 1) * DAY,
        "exit_price": 100.5 + place,
        "bars_held": 1,
        "weight": WEIGHT,
        "gross_return": net + 0.001,
        "costs": 0.001,
        "net_return": net,
        "pnl": WEIGHT * net,
        "exit_reason": "signal",
    }


def curve() -> TableFile:
    """Five days, in which the model has fallen by 0.14 and buying and holding by 0.05."""
    columns = {
        "time": [OPENS + place * DAY for place in range(len(EQUITY))],
        "equity": list(EQUITY),
        "drawdown": _fallen(EQUITY),
        "buy_and_hold": list(HELD),
        "buy_and_hold_drawdown": _fallen(HELD),
    }
    return TableFile(columns)


def _fallen(equity: tuple[float, ...]) -> list[float]:
    return [1 - value / max(equity[: place + 1]) for place, value in enumerate(equity)]
