"""Which of an account's jobs a list shows, and in which order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Jobs of a kind; what is None or empty takes all. `spec` has values of the spec by their path, `strategy.name`."""

    kind: JobKind
    states: Collection[JobState] = ()
    model_id: str | None = None
    spec: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobOrder:
    """How a list is ordered: by when jobs were made, or by what they have answered (`RANKED`); one without that value is the lowest."""

    by: str | None = None
    descending: bool = True


NEWEST: Final = JobOrder()
# What of an answer lists can be ordered by, as its path.
RANKED: Final[Mapping[JobKind, tuple[str, ...]]] = {JobKind.BACKTEST: ("metrics.win_rate", "metrics.sharpe_ratio", "money.net_profit")}
# What of a spec lists are filtered by.
FILTERED: Final[Mapping[JobKind, tuple[str, ...]]] = {JobKind.BACKTEST: ("symbol", "strategy.name")}
