"""A search's trials as they are kept: plain JSON, from which a search goes on in another process as if it had never ended."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal

from libs.contracts.hyperparameters import HyperparameterValue
from services.training.tuning.work import Outcome

Status = Literal["running", "completed", "pruned", "failed"]
TOLD: Final = ("completed", "pruned", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One trial.

    `raws` is what Optuna has drawn and `point` the hyperparameters of it; `values` are those of the objectives; `seen` what its pruner was
    told of each step; `notes` what Optuna itself keeps with a trial. Moments are ISO text. A row that is `running` is done again, at the
    same point, by whoever goes on.
    """

    number: int
    trial_id: str
    status: Status
    raws: Mapping[str, HyperparameterValue]
    point: Mapping[str, HyperparameterValue]
    began: str
    ended: str | None = None
    values: tuple[float, ...] | None = None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    spread: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    seen: Mapping[int, float] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None

    def ends(self, status: Status, *, at: str, **found: Any) -> "Row":
        """Return the row of a trial that has ended."""
        return replace(self, status=status, ended=at, **found)

    @property
    def outcome(self) -> Outcome:
        """What came of it."""
        return Outcome(values=self.values, metrics=self.metrics, reasons=self.reasons, spread=self.spread, evidence=self.evidence)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Row":
        """Read what `as_json` wrote; keys of JSON are text, and steps are numbers."""
        values = None if kept["values"] is None else tuple(kept["values"])
        return cls(**{**kept, "values": values, "seen": {int(step): value for step, value in kept["seen"].items()}})
