"""Taking money: what a payment provider says to a charge, and what the marketplace needs of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

# The method that every provider has: the card that the account paid with last.
ON_FILE: Final = "credit_card"


@dataclass(frozen=True, slots=True)
class Charge:
    """The money was taken. `id` is the provider's."""

    id: str


@dataclass(frozen=True, slots=True)
class Decline:
    """The money was not taken, and will not be: `code` is the provider's word for why (`card_declined` …)."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Refund:
    """The money goes back to where it came from. `id` is the provider's."""

    id: str


class Payments(Protocol):
    """A payment provider."""

    @property
    def methods(self) -> Mapping[str, str]:
        """The payment methods that it knows, each with what it does, in words; none: it takes no payments.

        A name may stand for many, as `pm_…` does for all that begin so: `knows` tells.
        """

    def knows(self, method: str) -> bool:
        """Tell whether this may be a payment method of its; whether it is good, a charge tells."""

    async def charge(self, *, key: str, account_id: str, amount: Decimal, method: str, at_hand: bool = True) -> Charge | Decline:
        """Take money, in the platform's one currency. The same key is one charge for ever: asked again, it is the same answer.

        `at_hand` tells whether the account's owner has asked for it just now: a renewal is charged without them, and leaves the card on
        file as it is.

        Raise PaymentsAwayError when the provider cannot be reached (nothing was charged), PaymentKeyReusedError when the key came with
        another amount, account or method. It may not answer at all, or raise TimeoutError: then nobody knows, until it is asked again
        with the same key.
        """

    async def refund(self, *, key: str, charge_id: str, amount: Decimal) -> Refund:
        """Give back a charge, or a part of it. The same key is one refund for ever; several keys may share a charge.

        Raise RefundRefusedError when there is no such charge or less than this is left of it, PaymentKeyReusedError when the key came with
        another charge or amount, PaymentsAwayError when the provider cannot be reached (nothing was given back). It may not answer at all,
        or raise TimeoutError, as with a charge.
        """
