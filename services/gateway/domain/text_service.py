"""How the service of models of texts is: what was found of what it stands on, and the rule by which that is healthy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

Health: TypeAlias = Literal["healthy", "degraded", "unhealthy"]
Mlflow: TypeAlias = Literal["connected", "unreachable", "not configured"]


@dataclass(frozen=True, slots=True)
class Space:
    """How many bytes are used, and how many there are."""

    used: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextServiceFacts:
    """What was found; None with a reason by name for what is not known.

    `gpu_used` is the mean over the GPUs that are measured, in percent. `trains` is whether a training service is heard.
    """

    at: datetime
    storage: bool
    trains: bool | None
    mlflow: Mlflow | None
    gpus: int | None
    gpu_used: float | None
    active: int | None
    uptime_s: float
    memory: Space
    disk: Space
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def health(self) -> Health:
        """Tell it: nothing can be kept without storage, nothing trained without the service; without MLflow, nothing is shown there."""
        if not self.storage or self.trains is False:
            return "unhealthy"
        return "degraded" if self.trains is None or self.mlflow in {None, "unreachable"} else "healthy"


class HostSpace(Protocol):
    """The gateway's own host. Its calls block for a moment."""

    def memory(self) -> Space:
        """Return its memory; what the operating system would give up for others is not used."""

    def disk(self) -> Space:
        """Return the disk that artifacts lie on, where that is one of this host, else the host's own."""
