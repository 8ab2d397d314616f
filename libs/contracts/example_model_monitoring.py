"""Examples of what is told of a model that drifts and recovers."""

from datetime import timedelta
from typing import Final

from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, BEGIN, MODEL, event
from libs.contracts.model_monitoring import DriftAlertTold, ModelDrifted, ModelRecovered

ALERT: Final = DriftAlertTold(
    id="alert_01ke6y5b8cf0a8q9v4s2w7t3xz",
    cause="drift",
    subject="rsi_14",
    message="rsi_14 has a population stability index of 0.41, and drifts from 0.25 on.",
    value=0.41,
    threshold=0.25,
    harm=0.0946,
    raised_at=BEGIN,
)
MODEL_MONITORING: Final[tuple[Message, ...]] = (
    ModelDrifted(
        **event("01ke6y5b8df1b9r0w5t3x8v4ya", 1, 100),
        model_id=MODEL,
        account_id=ACCOUNT,
        version="1.0",
        snapshot_id="snap_01ke6y5b7bf9z7p8t3r1v6s2wy",
        alerts=(ALERT,),
        open=1,
    ),
    ModelRecovered(
        **event("01ke6y7d0fg2c0s1x6v4y9w5zb", 2, 200),
        model_id=MODEL,
        account_id=ACCOUNT,
        version="1.0",
        snapshot_id="snap_01ke6y7c9ef1b9r0v5t3x8v4yz",
        alerts=(ALERT.model_copy(update={"value": 0.08, "resolved_at": BEGIN + timedelta(days=1)}),),
    ),
)
