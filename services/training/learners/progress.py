"""What a training tells while it runs, and what it leaves behind so that a later attempt need not begin again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One step of a training, told in words.

    `step` of `total_steps` is the work done as a whole (it never falls within one attempt); `metrics` are the latest values of the fit
    under way by name, with `epoch` and `total_epochs`, networks also `best_epoch`. An empty `message` is no line for the log.
    `partial` is what the kind knows already, whole, in its own words (`job.progressed`): a small mapping, or None.
    """

    stage: str
    step: int
    total_steps: int
    message: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    partial: Mapping[str, Any] | None = None


Report = Callable[[Progress], None]


class Checkpoints(Protocol):
    """Where one job keeps what it has finished, as plain JSON, and beside it how far the fit under way has come (see `unfinished`)."""

    def load(self) -> dict[str, Any] | None:
        """Return what was saved last, or None."""
        ...

    def save(self, state: dict[str, Any], /) -> None:
        """Replace what was saved."""
        ...

    def load_fit(self) -> bytes | None:
        """Return what was kept last of a fit, or None."""
        ...

    def save_fit(self, data: bytes, /) -> None:
        """Replace what was kept of a fit."""
        ...
