"""Examples of alerts."""

from typing import Final

from libs.contracts.envelope import Message
from libs.contracts.example_story import BEGIN, event
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
    ),
    AlertResolved(
        **event("01ke6x1q5ef4m7p0r5v8x3z6cp", 2, 1),
        alert_id=ALERT,
        account_id=None,
        subject="training-2",
        raised_at=BEGIN,
        message="training-2 is healthy: all checks pass",
    ),
)
