"""By which rules a model is watched: how often, over which rows, from where a difference counts, and when an alert is told again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from libs.chassis.errors import InvalidError
from libs.contracts.model_monitoring import MonitorThresholds
from libs.contracts.names import did_you_mean
from libs.contracts.retraining import DURATION_RULE, Duration, duration_of

BY_DEFAULT: Final = "default"
NEVER: Final = "never"
Word = Literal["default", "never"]
PATH_MOST: Final = 300


class MonitoringRules(BaseModel):
    """The rules of one model. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    schedule: Word | Duration = Field(
        BY_DEFAULT,
        description="How often a snapshot is computed while a version is in production: days or hours such as `7d` or `12h`, `never`, or "
        "`default`, as the platform does it.",
    )
    window: Duration | None = Field(
        None,
        description="How far back the current rows go from when they are looked at; null: to the last that the version has learned from.",
    )
    min_rows: int = Field(100, ge=30, le=100_000, description="Fewer current rows than these raise and resolve nothing.")
    cooldown: Duration = Field("1d", description="How long after an alert was told the same cause is not told again once it was over.")
    resolve_below: float = Field(
        0.9, gt=0, le=1, description="Share of its threshold below which a value must fall for its alert to be over, so that none flickers."
    )
    data: str | None = Field(
        None,
        min_length=1,
        max_length=PATH_MOST,
        description="Current rows of a model that does not learn from candles: a path of your data root, `dataset:<id>`, or `predictions` "
        "for those that a recipe's model was asked about.",
    )
    labels: str | None = Field(
        None,
        min_length=1,
        max_length=PATH_MOST,
        description="A CSV file of labels in your data root, read instead of those that were sent.",
    )
    thresholds: MonitorThresholds = Field(default_factory=MonitorThresholds, description="From where a difference counts.")

    @property
    def cools_down_for(self) -> timedelta:
        """How long the same cause is not told again."""
        return duration_of(self.cooldown)

    def every(self, default: timedelta | None) -> timedelta | None:
        """Return how often a snapshot is due; None for never. `default` is the platform's."""
        if self.schedule == NEVER:
            return None
        return default if self.schedule == BY_DEFAULT else duration_of(self.schedule)


def changed_rules(rules: MonitoringRules, change: Mapping[str, Any]) -> MonitoringRules:
    """Return rules with what a change names, thresholds one by one; null gives a rule its default back.

    Raise InvalidError that says of each field what is allowed, and the nearest name.
    """
    wrong = _unknown(change, known=MonitoringRules.model_fields) | _unknown(
        _inner(change), known=MonitorThresholds.model_fields, prefix="thresholds."
    )
    if wrong:
        raise _refusal(wrong)
    whole = rules.model_dump(exclude_unset=True)
    thresholds = dict(whole.pop("thresholds", {})) | dict(_inner(change))
    if "thresholds" in change and change["thresholds"] is None:
        thresholds = {}
    flat = whole | {name: value for name, value in change.items() if name != "thresholds"}
    given = {name: value for name, value in flat.items() if value is not None}
    given["thresholds"] = {name: value for name, value in thresholds.items() if value is not None}
    try:
        return MonitoringRules.model_validate(given)
    except ValidationError as error:
        raise _refusal(_told(error)) from error


def _inner(change: Mapping[str, Any]) -> Mapping[str, Any]:
    found = change.get("thresholds")
    return found if isinstance(found, Mapping) else {}


def _unknown(given: Mapping[str, Any], *, known: Mapping[str, Any], prefix: str = "") -> dict[str, list[str]]:
    return {
        f"{prefix}{name}": [f"'{name[:60]}' is none of {', '.join(known)}.{did_you_mean(name, known)}"]
        for name in given
        if name not in known
    }


def _told(error: ValidationError) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    for each in error.errors(include_url=False):
        # Of one of several kinds pydantic says more of the place than whoever sent it knows.
        place = each["loc"][: 2 if each["loc"][0] == "thresholds" else 1]
        wrong.setdefault(".".join(map(str, place)), []).append(each["msg"].removeprefix("Value error, "))
    if "schedule" in wrong:
        wrong["schedule"] = [f"{DURATION_RULE}; or one of {', '.join(get_args(Word))}"]
    return wrong


def _refusal(wrong: Mapping[str, list[str]]) -> InvalidError:
    return InvalidError(" ".join(text for texts in wrong.values() for text in texts), details=dict(wrong))
