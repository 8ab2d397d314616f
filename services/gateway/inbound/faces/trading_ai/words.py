"""Trading AI's words, both ways: states of a job, names of symbols, what lists are ordered by."""

from collections.abc import Collection, Mapping
from typing import Final, Literal

from libs.contracts.training import JobState
from modelbourse.answers.trading_ai.backtests import Direction, Exit, Status

SortBy = Literal["created_at", "win_rate", "sharpe_ratio", "net_profit"]
SortOrder = Literal["asc", "desc"]

# The document has no word for a cancelled job: it has failed, and its error says why.
STATUSES: Final[Mapping[JobState, Status]] = {
    JobState.QUEUED: "PENDING",
    JobState.RUNNING: "RUNNING",
    JobState.SUCCEEDED: "COMPLETED",
    JobState.FAILED: "FAILED",
    JobState.CANCELLED: "FAILED",
}
EXITS: Final[Mapping[str, Exit]] = {
    "signal": "SIGNAL",
    "gap": "GAP",
    "end": "END",
    "ruin": "RUIN",
    "stop_loss": "STOP_LOSS",
    "take_profit": "TAKE_PROFIT",
    "trailing_stop": "TRAILING_STOP",
}
DIRECTIONS: Final[Mapping[str, Direction]] = {"long": "LONG", "short": "SHORT"}
# What a result is ordered by, as its path; None: by when it was asked for.
ORDERS: Final[Mapping[SortBy, str | None]] = {
    "created_at": None,
    "win_rate": "metrics.win_rate",
    "sharpe_ratio": "metrics.sharpe_ratio",
    "net_profit": "money.net_profit",
}
# The document's pairs that have the candles of another symbol here.
CANDLES: Final[Mapping[str, str]] = {"BTCUSDT": "BTC-USD"}
PAIRS: Final[Mapping[str, str]] = {candles: pair for pair, candles in CANDLES.items()}


def states_of(status: Status) -> list[JobState]:
    """Return the states that are shown as this status."""
    return [state for state, word in STATUSES.items() if word == status]


def candles_of(symbol: str, *, own: Collection[str] = ()) -> str:
    """Return the symbol whose candles a pair has; one of the caller's `own` symbols is that."""
    return symbol if symbol in own else CANDLES.get(symbol, symbol)


def pair_of(symbol: str) -> str:
    """Return what a symbol is called here."""
    return PAIRS.get(symbol, symbol)
