"""Trading AI's words, both ways: states of a job, names of symbols, what lists are ordered by."""

from collections.abc import Collection, Mapping
from typing import Final, Literal

from libs.chassis.errors import InvalidError
from libs.contracts.training import JobState
from libs.market.catalogue import typo_of
from libs.market.pairs import candles_of, pair_of
from modelbourse.answers.trading_ai.backtests import Direction, Exit, Status

# Names of symbols are asked for here, too.
__all__ = ["EXITS", "ORDERS", "STATUSES", "Exit", "SortBy", "SortOrder", "Status", "candles_of", "known_symbol", "pair_of", "states_of"]

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


def states_of(status: Status) -> list[JobState]:
    """Return the states that are shown as this status."""
    return [state for state, word in STATUSES.items() if word == status]


def known_symbol(symbol: str, *, own: Collection[str]) -> str:
    """Return the symbol whose candles are meant. Raise InvalidError for one that is near a known one."""
    meant = candles_of(symbol, own=own)
    if (typo := typo_of(meant, own=own)) is not None:
        raise InvalidError(typo.message, details={"symbol": [typo.message]})
    return meant
