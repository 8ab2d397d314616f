"""Examples of what is told of deployments."""

from datetime import timedelta
from typing import Final

from libs.contracts.deployments import ModelDeployed
from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, BEGIN, JOB, MODEL, SHA, event

DEPLOYMENTS: Final[tuple[Message, ...]] = (
    ModelDeployed(
        **event("01ke6x8z3bh9k3n5q8s2v4x7cf", 3, 85),
        place="BTC-USD 15m",
        model_id=MODEL,
        job_id=JOB,
        account_id=ACCOUNT,
        deployment_id="deployment_01ke6x8z2vf5g9j2m6q4t8w1ya",
        symbol="BTC-USD",
        timeframe="15m",
        version="1.0",
        artifact=SHA,
        version_made_at=BEGIN + timedelta(minutes=1),
        accuracy=0.72,
        name="lstm_BTCUSDT_15m_20260105",
        deployed_by="account_01ke6wzt5yc2f6h9k3n5q8s1va",
        previous_model="lstm_BTCUSDT_15m_20251229",
        is_active=True,
        notes="Better out of sample than the one before.",
    ),
)
