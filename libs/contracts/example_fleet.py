"""Examples of what processes tell of themselves, and monitoring of them."""

from datetime import timedelta
from typing import Final

from libs.contracts.envelope import Message
from libs.contracts.example_story import BEGIN, event
from libs.contracts.monitoring import HealthChanged, HeartbeatSent, Process

STARTED: Final = BEGIN - timedelta(minutes=20)
PROCESS: Final = Process(
    host="host-2",
    version="0.1.0",
    python="3.11.2",
    profile="production",
    started_at=STARTED,
    local_artifacts=False,
    allow_insecure=("ray",),
)
FLEET: Final[tuple[Message, ...]] = (
    HeartbeatSent(
        **event("01ke6x1n1cf2k5n8q3t6w1y4bk", 1767605400000, 0),
        service="training",
        instance="training-2",
        started_at=STARTED,
        every_s=3,
        state="degraded",
        checks={"mongodb": "ok", "redis": "no answer within 1 s"},
        process=PROCESS,
    ),
    HealthChanged(
        **event("01ke6x1p3df3m6p9r4v7x2z5cm", 1767605400123, 0),
        service="training",
        instance="training-2",
        health="degraded",
        reason="redis: no answer within 1 s",
        process=PROCESS,
    ),
)
