"""What an account may use of somebody else's model, because it has subscribed to it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entitlement:
    """The model may be asked until a moment; `version` is the one that is to answer, None for the newest."""

    model_id: str
    account_id: str
    version: str | None
    until: datetime
