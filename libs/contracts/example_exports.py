"""Examples of what is said when a person is given what is kept of them."""

from typing import Final

from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, JOB
from libs.contracts.exports import ExportLine, ExportPart, ReadAccountInInference, ReadAccountInMarketplace, ReadAccountInTraining

EXPORTS: Final[tuple[Message, ...]] = (
    ReadAccountInTraining(account_id=ACCOUNT),
    ReadAccountInInference(account_id=ACCOUNT),
    ReadAccountInMarketplace(account_id=ACCOUNT),
    ExportPart(lines=(ExportLine(kind="training.jobs", data={"id": JOB, "name": "Momentum, version 1.0"}),), next_after=None),
)
