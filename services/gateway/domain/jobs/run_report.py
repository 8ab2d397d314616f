"""What an outside worker says of a run, in place of the platform's own job or beside what that has measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, get_args

from libs.contracts.envelope import JsonObject

RunStatus = Literal["queued", "running", "succeeded", "failed"]
RUN_STATUSES: Final[tuple[RunStatus, ...]] = get_args(RunStatus)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What an outside worker says of a run. `takes_over` says that it did so before the platform had an answer: the run is the worker's."""

    status: RunStatus
    at: datetime
    takes_over: bool
    metrics: Mapping[str, Any] = field(default_factory=dict)
    artifacts: JsonObject = field(default_factory=dict)
    logs_text: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
