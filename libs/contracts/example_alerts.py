"""Examples of alerts."""

from typing import Final

from libs.contracts.alerts import AlertAcknowledged, AlertChanged, ChangeAlert
from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, BEGIN, event
from libs.contracts.monitoring import AlertRaised, AlertResolved

ALERT: Final = "alert_01ke6x1p3df3m6p9r4v7x2z5cn"
ALERTS: Final[tuple[Message, ...]] = (
    AlertRaised(
        **event("01ke6x1p3df3m6p9r4v7x2z5cn", 1, 0),
        alert_id=ALERT,
        account_id=None,
        kind="instance_degraded",
        severity="warning",
        subject="training-2",
        message="training-2 is degraded: redis: no answer within 1 s",
        rule="instance_degraded",
        level="medium",
        title="Instance degraded",
        service="training",
    ),
    AlertAcknowledged(
        **event("01ke6x1q1ef4m7p0r5v8x3z6cp", 2, 1),
        alert_id=ALERT,
        account_id=None,
        subject="training-2",
        raised_at=BEGIN,
        by=ACCOUNT,
        notes="I have a look at Redis.",
    ),
    ChangeAlert(alert_id=ALERT, wanted="acknowledged", by=ACCOUNT, notes="I have a look at Redis."),
    AlertChanged(
        alert_id=ALERT,
        status="acknowledged",
        acknowledged_at=BEGIN,
        acknowledged_by=ACCOUNT,
        acknowledgement_notes="I have a look at Redis.",
        resolved_at=None,
        resolved_by=None,
        resolution_notes=None,
    ),
    AlertResolved(
        **event("01ke6x1q5ef4m7p0r5v8x3z6cp", 3, 1),
        alert_id=ALERT,
        account_id=None,
        subject="training-2",
        raised_at=BEGIN,
        rule="instance_degraded",
        message="training-2 is healthy: all checks pass",
    ),
)
