"""A platform without a payment provider: nothing can be bought."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from services.marketplace.domain.payment_errors import NoPaymentsError
from services.marketplace.domain.payments import Charge, Decline, Refund

NOTHING: Final[Mapping[str, str]] = {}


class PaymentsAbsent:
    """Implements the port Payments."""

    @property
    def methods(self) -> Mapping[str, str]:
        """There are none."""
        return NOTHING

    def knows(self, method: str) -> bool:
        """Say that it knows none."""
        del method
        return False

    async def charge(self, *, key: str, account_id: str, amount: Decimal, method: str, at_hand: bool = True) -> Charge | Decline:
        """Raise NoPaymentsError."""
        del key, account_id, amount, method, at_hand
        raise NoPaymentsError

    async def refund(self, *, key: str, charge_id: str, amount: Decimal) -> Refund:
        """Raise NoPaymentsError."""
        del key, charge_id, amount
        raise NoPaymentsError
