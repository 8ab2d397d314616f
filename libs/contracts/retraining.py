"""How a model is retrained on a schedule: how often, on which days, until when a version answers, and what a new one must reach."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from libs.contracts.durations import pattern_of, read_duration
from libs.contracts.envelope import Message

# Days and hours.
IN: Final = "dh"
LONGEST: Final = timedelta(days=3650)
DURATION_RULE: Final = "Must be days or hours such as 7d or 12h: at least 1h, at most 3650d"
# Fewer rows than these tell nothing of which of two versions is better.
FEWEST_COMPARED: Final = 50
TOLERANCE: Final = 0.02

GateMetric = Literal["log_loss", "accuracy", "f1_score", "roc_auc", "rmse", "mae", "directional_accuracy"]
# What a gate may look at, by model type; the first is the default.
GATE_METRICS: Final[Mapping[str, tuple[GateMetric, ...]]] = {
    "classification": ("log_loss", "accuracy", "f1_score", "roc_auc"),
    "regression": ("rmse", "mae", "directional_accuracy"),
    "time_series": ("rmse", "mae", "directional_accuracy"),
}
# Errors: the lower the better, and a share of them is tolerated. Of the others, shares of rows or of an area, so much is tolerated.
ERRORS: Final[frozenset[str]] = frozenset({"log_loss", "rmse", "mae"})


def duration_of(text: str) -> timedelta:
    """Return how long `7d` or `12h` is. Raise ValueError for anything else, and for less than 1h or more than 3650d."""
    length = read_duration(text, units=IN)
    if length is None or length > LONGEST:
        raise ValueError(DURATION_RULE)
    return length


def _checked(text: str) -> str:
    duration_of(text)
    return text


Duration = Annotated[
    str, AfterValidator(_checked), WithJsonSchema({"type": "string", "pattern": f"^{pattern_of(IN)}$", "examples": ["7d", "12h"]})
]


class Gate(BaseModel):
    """What a new version must reach against the one that serves, on rows that neither has learned from. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    metric: GateMetric | None = Field(
        None,
        description="By which both are measured. Classification: log_loss (default), accuracy, f1_score, roc_auc; else rmse (default), "
        "mae, directional_accuracy.",
    )
    tolerance: float = Field(
        TOLERANCE,
        ge=0,
        le=0.5,
        description="How much worse the new version may be: of an error (log_loss, rmse, mae) as a share of the old version's, of the "
        "others in their own unit.",
    )


class Retrain(BaseModel):
    """When and how a model is retrained by itself. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    every: Duration = Field(description="How long after its newest version was made it is trained again, such as 7d or 12h.")
    window: Literal["anchored", "rolling"] = Field(
        "anchored",
        description="Days to train on: `anchored`, from start_date to the newest; `rolling`, the last window_days of these.",
    )
    window_days: int | None = Field(None, ge=30, le=36_500, description="How many days a rolling window has; with `rolling` alone.")
    expire_after: Duration | None = Field(
        None, description="How long after it was made a version predicts; longer than `every`. Default: for ever."
    )
    gate: Gate = Field(default_factory=Gate, description="What a new version must reach to serve; else the old one goes on serving.")

    @model_validator(mode="after")
    def _belongs_together(self) -> "Retrain":
        if (self.window == "rolling") is not (self.window_days is not None):
            msg = "window_days (30 to 36500) and window rolling need each other: give both, or neither"
            raise ValueError(msg)
        if self.expire_after is not None and duration_of(self.expire_after) <= duration_of(self.every):
            msg = f"expire_after must be longer than every ({self.every}): else the model has expired before it is trained again"
            raise ValueError(msg)
        return self


class Incumbent(Message):
    """The version that serves when a model is retrained by its schedule: the new one is measured against it."""

    version: str
    artifact: str = Field(description="The sha256 of its manifest.")
    metric: str = Field(description="By which both are measured.")
    tolerance: float = Field(description="How much worse the new one may be.")


class GateVerdict(Message):
    """How a new version compares with the one that served, on rows that neither has learned from."""

    incumbent: str = Field(description="The version that served.")
    metric: str
    tolerance: float
    rows: int = Field(ge=0, description=f"How many rows both were measured on; fewer than {FEWEST_COMPARED} decide nothing.")
    old: float | None = Field(description="The metric of the version that served; null where it could not be measured.")
    new: float | None = Field(description="The metric of the new version, on the same rows.")
    passed: bool
    reason: str = Field(description="Why, for people.")


def judged(incumbent: Incumbent, *, rows: int, old: float | None, new: float | None, why_not: str = "") -> GateVerdict:
    """Return the verdict. `why_not` says what kept the two from being compared at all.

    An error passes up to `old * (1 + tolerance)`, any other metric down to `old - tolerance`; a metric that cannot be computed, or fewer
    than FEWEST_COMPARED rows, do not pass.
    """
    passed, limit = False, 0.0
    if why_not:
        reason = why_not
    elif rows < FEWEST_COMPARED:
        reason = f"Only {rows} rows are new to both versions: at least {FEWEST_COMPARED} are needed to compare them."
    elif old is None or new is None:
        reason = f"{incumbent.metric} cannot be computed on these {rows} rows."
    else:
        is_error = incumbent.metric in ERRORS
        limit = old * (1 + incumbent.tolerance) if is_error else old - incumbent.tolerance
        passed = new <= limit if is_error else new >= limit
        allowed = f"at {'most' if is_error else 'least'} {limit:.4g} {'passes' if passed else 'would have passed'}"
        reason = f"{incumbent.metric} is {new:.4g}, that of version {incumbent.version} {old:.4g} on the same {rows} rows: {allowed}."
    return GateVerdict(
        incumbent=incumbent.version,
        metric=incumbent.metric,
        tolerance=incumbent.tolerance,
        rows=rows,
        old=old,
        new=new,
        passed=passed,
        reason=reason,
    )
