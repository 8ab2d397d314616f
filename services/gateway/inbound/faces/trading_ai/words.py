"""Trading AI's words, both ways: states of a job, names of symbols, what lists are ordered by."""

from collections.abc import Mapping
from typing import Final, Literal

from libs.contracts.training import JobState
from libs.market.pairs import candles_of, pair_of

# Names of symbols are asked for here, too.
__all__ = ["EXITS", "ORDERS", "STATUSES", "Exit", "SortBy", "SortOrder", "Status", "Strategy", "candles_of", "pair_of", "states_of"]

Status = Literal["PENDING", "RUNNING", "COMPLETED", "FAILED"]
SortBy = Literal["created_at", "win_rate", "sharpe_ratio", "net_profit"]
SortOrder = Literal["asc", "desc"]
Strategy = Literal["rsi"]
Exit = Literal["SIGNAL", "GAP", "END", "RUIN"]

# The document has no word for a cancelled job: it has failed, and its error says why.
STATUSES: Final[Mapping[JobState, Status]] = {
    JobState.QUEUED: "PENDING",
    JobState.RUNNING: "RUNNING",
    JobState.SUCCEEDED: "COMPLETED",
    JobState.FAILED: "FAILED",
    JobState.CANCELLED: "FAILED",
}
EXITS: Final[Mapping[str, Exit]] = {"signal": "SIGNAL", "gap": "GAP", "end": "END", "ruin": "RUIN"}
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
