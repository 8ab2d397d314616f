"""What monitoring hears and tells: the pulse of the fleet, and alerts."""

from collections.abc import Mapping
from typing import ClassVar, Final, Literal, TypeAlias

from pydantic import Field

from libs.contracts.envelope import Event, JsonObject, Message, Moment

Level: TypeAlias = Literal["low", "medium", "high", "critical"]


class Process(Message):
    """What a process says of itself: where it runs, what it is, and what it was allowed."""

    host: str
    version: str | None = Field(description="Release of the platform; null where its package is not installed.")
    python: str
    profile: str = Field(description="`development` or `production`.")
    started_at: Moment
    local_artifacts: bool = Field(description="Whether its artifacts lie in a folder of its host.")
    allow_insecure: tuple[str, ...] = Field(description="What it started with although production refuses it.")


class HeartbeatSent(Event):
    """One process is alive; sent every few seconds, not kept long."""

    topic: ClassVar[str] = "heartbeat.sent"
    key_field: ClassVar[str] = "instance"

    service: str
    instance: str
    started_at: Moment
    every_s: float = Field(description="Seconds to the next one.")
    state: Literal["ready", "degraded", "stopping"]
    checks: JsonObject = Field(description="Of what the process depends on: name to `ok` or a sentence.")
    process: Process | None = Field(None, description="What the process is; null from releases that did not tell.")


class HealthChanged(Event):
    """A process came, fell silent, degraded or left, or came back as another one under its name."""

    topic: ClassVar[str] = "health.changed"
    key_field: ClassVar[str] = "instance"

    service: str
    instance: str
    health: Literal["healthy", "degraded", "silent", "gone"]
    reason: str
    process: Process | None = Field(None, description="What the process is; null from releases that did not tell.")


# What each kind is called; releases that did not tell a title are shown with it.
ALERT_TITLES: Final[Mapping[str, str]] = {
    "instance_degraded": "Instance degraded",
    "instance_silent": "Instance silent",
    "refresh_failed": "Live series not refreshed",
}


class AlertRaised(Event):
    """Something needs a look. An alert is raised once, and resolved once."""

    topic: ClassVar[str] = "alert.raised"
    key_field: ClassVar[str] = "alert_id"

    alert_id: str
    account_id: str | None = Field(description="Whose alert it is; null for the platform's own, which are its admins'.")
    # No further kinds: released readers refuse what they do not know. `rule` says it exactly.
    kind: Literal["instance_silent", "instance_degraded", "refresh_failed"] = Field(
        description="What it is about, in the words of the first release; `instance_degraded` for all that came later."
    )
    severity: Literal["warning", "critical"]
    subject: str = Field(
        description="What it is about: of an instance, its name; of a live series, the id of its dataset; else what was measured."
    )
    message: str
    rule: str | None = Field(None, description="The rule that raised it, as readable ids have it; null from releases that did not tell.")
    level: Level | None = Field(None, description="How much it matters, more exactly than `severity`.")
    title: str | None = Field(None, description="What is the matter, in two or three words.")
    service: str | None = Field(None, description="The service, store or host that it is about.")
    metric: str | None = Field(None, description="What was measured; null where nothing is counted.")
    value: float | None = Field(None, description="What was found, in the metric's unit.")
    threshold: float | None = Field(None, description="What it is above, in the metric's unit.")


class AlertResolved(Event):
    """What an alert was about is over."""

    topic: ClassVar[str] = "alert.resolved"
    key_field: ClassVar[str] = "alert_id"

    alert_id: str
    account_id: str | None = Field(description="Whose alert it was; null for the platform's own.")
    subject: str
    raised_at: Moment
    message: str = Field(description="How it ended.")
    rule: str | None = Field(None, description="The rule that had raised it; null from releases that did not tell.")
    value: float | None = Field(None, description="What was found last, in the metric's unit.")
    by: str | None = Field(None, description="The account of the operator who ended it; null where it ended by itself.")
