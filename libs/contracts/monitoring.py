"""What monitoring hears and tells: the pulse of the fleet."""

from typing import ClassVar, Literal

from pydantic import Field

from libs.contracts.envelope import Event, JsonObject, Moment


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


class HealthChanged(Event):
    """A process came, fell silent, degraded or left."""

    topic: ClassVar[str] = "health.changed"
    key_field: ClassVar[str] = "instance"

    service: str
    instance: str
    health: Literal["healthy", "degraded", "silent", "gone"]
    reason: str
