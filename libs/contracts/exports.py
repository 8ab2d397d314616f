"""Asking each owner for all that it keeps of an account, a part at a time, so that a person can be given it."""

from typing import ClassVar

from pydantic import Field

from libs.contracts.envelope import Ask, JsonObject, Message, Reply
from libs.contracts.inference import PredictRange
from libs.contracts.marketplace import ReserveCredits
from libs.contracts.training import CancelTraining


class ExportLine(Message):
    """A document that is kept of an account, without secrets and without what says something of others."""

    kind: str = Field(description="Service and collection, or what it is in it: `marketplace.purchases`, `marketplace.sales`.")
    data: JsonObject


class ExportPart(Reply):
    """Some of what is kept; it is cut short where it would become too large for the bus."""

    lines: tuple[ExportLine, ...]
    next_after: str | None = Field(description="What to ask for next; null when that was all.")


class ReadAccount(Ask[ExportPart]):
    """Ask an owner for what it keeps of an account, behind a place; the first part is behind the empty one."""

    key_field: ClassVar[str] = "account_id"

    account_id: str
    after: str = ""
    most: int = Field(200, ge=1, le=500)


class ReadAccountInTraining(ReadAccount):
    """Ask training."""

    topic: ClassVar[str] = CancelTraining.topic
    name: ClassVar[str] = "account.export.training"


class ReadAccountInInference(ReadAccount):
    """Ask inference."""

    topic: ClassVar[str] = PredictRange.topic
    name: ClassVar[str] = "account.export.inference"


class ReadAccountInMarketplace(ReadAccount):
    """Ask the marketplace."""

    topic: ClassVar[str] = ReserveCredits.topic
    name: ClassVar[str] = "account.export.marketplace"
