"""What the platform needs of datasets."""

from collections.abc import Sequence
from typing import Protocol

from libs.contracts.datasets import OwnCandles


class OwnSymbols(Protocol):
    """Which symbols accounts have candles of their own for."""

    async def of(self, account_id: str) -> Sequence[OwnCandles]:
        """Return the newest usable version of each of the account's datasets of candles. Raise UnavailableError."""
