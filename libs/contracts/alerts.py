"""What operators do about alerts: they acknowledge and resolve them, and monitoring decides whether that can be."""

from typing import ClassVar, Literal, TypeAlias

from pydantic import Field

from libs.contracts.envelope import Ask, Event, Moment, Reply

AlertStatus: TypeAlias = Literal["open", "acknowledged", "resolved"]


class AlertAcknowledged(Event):
    """Somebody looks after an alert."""

    topic: ClassVar[str] = "alert.acknowledged"
    key_field: ClassVar[str] = "alert_id"

    alert_id: str
    account_id: str | None = Field(description="Whose alert it is; null for the platform's own.")
    subject: str
    raised_at: Moment
    by: str = Field(description="The account of the operator who looks after it.")
    notes: str | None = Field(description="What the operator has to say.")


class AlertChanged(Reply):
    """An alert as it stands now."""

    alert_id: str
    status: AlertStatus
    acknowledged_at: Moment | None
    acknowledged_by: str | None = Field(description="An operator's account.")
    acknowledgement_notes: str | None
    resolved_at: Moment | None
    resolved_by: str | None = Field(description="An operator's account; null where it ended by itself.")
    resolution_notes: str | None = Field(description="How it ended: the operator's words, or what was found.")


class ChangeAlert(Ask[AlertChanged]):
    """Acknowledge or resolve an alert; the same again changes nothing."""

    topic: ClassVar[str] = "monitoring.asks.alert"
    name: ClassVar[str] = "alert.change"
    key_field: ClassVar[str] = "alert_id"

    alert_id: str
    wanted: Literal["acknowledged", "resolved"]
    by: str = Field(description="The account of the operator who wants it.")
    notes: str | None = None
