"""Say what the platform charges, and in which currency."""

from dataclasses import dataclass

from libs.contracts.marketplace import Prices, ReadPrices
from libs.contracts.money import PRICE_PER_HOUR


@dataclass(frozen=True, slots=True)
class ReportPrices:
    """Needs no store: it is the same for everybody, for as long as the process runs."""

    currency: str

    async def __call__(self, _: ReadPrices) -> Prices:
        """Return what is charged now."""
        return Prices(price_per_hour=PRICE_PER_HOUR, currency=self.currency)
