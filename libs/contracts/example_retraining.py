"""Examples of what is told of a model that is put away and comes back, and of its schedule of retraining."""

from datetime import timedelta
from typing import Final

from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, BEGIN, JOB, MODEL, SHA, event
from libs.contracts.gateway import ModelArchived, ModelRestored, ModelRetrained, RetrainingSkipped
from libs.contracts.retraining import Incumbent, judged

INCUMBENT: Final = Incumbent(version="1.0", artifact=SHA, metric="log_loss", tolerance=0.02)
NEXT: Final = BEGIN + timedelta(days=7)
RETRAINING: Final[tuple[Message, ...]] = (
    ModelArchived(**event("01ke6x7d3wf4h6k9n1q5s8v2yc", 5, 60), model_id=MODEL, account_id=ACCOUNT),
    ModelRestored(**event("01ke6x8f5yg7j2m4p8r1t6w3zd", 6, 75), model_id=MODEL, account_id=ACCOUNT),
    ModelRetrained(
        **event("01ke6x8w7zj9k4n6q9s3v5x8cf", 8, 85),
        model_id=MODEL,
        account_id=ACCOUNT,
        job_id=JOB,
        version="1.1",
        passed=True,
        serving="1.1",
        gate=judged(INCUMBENT, rows=180, old=1.071, new=1.064),
        next_at=NEXT,
    ),
    RetrainingSkipped(
        **event("01ke6x8x8zk0k5n7q0s4v6x9dg", 9, 86),
        model_id=MODEL,
        account_id=ACCOUNT,
        code="no_new_candles",
        reason="There are no candles after 2013-03-01, the last day that version 1.0 has seen.",
        next_at=NEXT,
    ),
)
