"""What monitoring hears and tells: the pulse of the fleet, and alerts."""

from typing import ClassVar, Literal

from pydantic import Field

from libs.contracts.envelope import Event, JsonObject, Message, Moment


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


class AlertRaised(Event):
    """Something needs a look. An alert is raised once, and resolved once."""

    topic: ClassVar[str] = "alert.raised"
    key_field: ClassVar[str] = "alert_id"

    alert_id: str
    account_id: str | None = Field(description="Whose alert it is; null for the platform's own, which are its admins'.")
    kind: Literal["instance_silent", "instance_degraded", "refresh_failed"]
    severity: Literal["warning", "critical"]
    subject: str = Field(description="What it is about: of an instance, its name; of a live series, the id of its dataset.")
    message: str


class AlertResolved(Event):
    """What an alert was about is over."""

    topic: ClassVar[str] = "alert.resolved"
    key_field: ClassVar[str] = "alert_id"

    alert_id: str
    account_id: str | None = Field(description="Whose alert it was; null for the platform's own.")
    subject: str
    raised_at: Moment
    message: str = Field(description="How it ended.")
