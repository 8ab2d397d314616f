"""A registered version: which version of which model a number of a name stands for, and what it was when it was registered."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import JsonValue

from libs.contracts.gateway import Stage
from libs.contracts.training import MARKET


class Status(StrEnum):
    """How far a registered version has come."""

    REGISTERED = "registered"
    STAGING = "staging"
    PRODUCTION = "production"
    ARCHIVED = "archived"


class Decision(StrEnum):
    """How it stands with a promotion that an admin has to agree to."""

    PENDING = "pending_approval"
    APPROVED = "approved"
    DECLINED = "declined"


# The stage that the platform's version has in each status: one truth in two words.
STAGES: Final[Mapping[Status, Stage]] = {
    Status.REGISTERED: Stage.NONE,
    Status.STAGING: Stage.STAGING,
    Status.PRODUCTION: Stage.PRODUCTION,
    Status.ARCHIVED: Stage.ARCHIVED,
}
STATUSES: Final[Mapping[Stage, Status]] = {stage: status for status, stage in STAGES.items()}
# What is still needed: its model keeps it however many newer ones there are.
NEEDED: Final = frozenset({Status.REGISTERED, Status.STAGING, Status.PRODUCTION})


@dataclass(frozen=True, slots=True)
class Approval:
    """A promotion that was asked for, and what an admin has said to it. `note` is the admin's."""

    decision: Decision
    asked_at: datetime
    decided_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a version comes from. `config_hash` and `data_hash` are those of its run card; what is None was not kept.

    `datasets` are the versions of the account's own datasets that it learned from, by symbol: (dataset's id, version).
    `parent` is the number that was in production when it was registered; `release`, `revision` (a commit of its source, where that is
    known) and `libraries` are the code that trained it.
    """

    job_id: str
    artifact: str
    trained_at: datetime
    config_hash: str | None
    data_hash: str | None
    release: str | None
    libraries: Mapping[str, str]
    datasets: Mapping[str, tuple[str, int]]
    parent: int | None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """A number of a name. `metrics` are the platform's own, measured out of sample; `reported` are what whoever registered it has said.

    `metadata` is all that was sent beside it, as it was sent; its numbers are `reported`. `kind` is that of its model.
    """

    number: int
    model_id: str
    model_version: str
    created_at: datetime
    updated_at: datetime
    lineage: Lineage
    metrics: Mapping[str, float | None]
    reported: Mapping[str, float] = field(default_factory=dict)
    description: str = ""
    tags: tuple[str, ...] = ()
    status: Status = Status.REGISTERED
    approval: Approval | None = None
    kind: str = MARKET
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def is_pending(self) -> bool:
        """Whether an admin has to agree to its promotion."""
        return self.approval is not None and self.approval.decision is Decision.PENDING

    @property
    def metrics_source(self) -> Literal["measured", "reported"] | None:
        """Whose word stands for it: the platform's where it has measured anything; None where there is nothing."""
        if any(value is not None for value in self.metrics.values()):
            return "measured"
        return "reported" if self.reported else None

    def unasked(self) -> "RegisteredVersion":
        """Return it without a wish that nobody has decided."""
        return replace(self, approval=None) if self.is_pending else self

    def aligned(self, stage: Stage | None) -> Status:
        """Return the status that goes with the stage of its model's version, None where that can serve no more; production apart.

        What left production and is its model's only version is in no stage, as a model needs one that serves: here it stays archived.
        """
        if stage is None:
            return Status.ARCHIVED if self.status in {Status.STAGING, Status.PRODUCTION} else self.status
        if stage is Stage.NONE:
            return {Status.PRODUCTION: Status.ARCHIVED, Status.STAGING: Status.REGISTERED}.get(self.status, self.status)
        return self.status if stage is Stage.PRODUCTION else STATUSES[stage]
