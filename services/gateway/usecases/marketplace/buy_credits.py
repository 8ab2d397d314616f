"""Buy compute hours: the marketplace charges and credits; here it is said what an answer that did not come means."""

from dataclasses import dataclass
from decimal import Decimal

from libs.chassis.bus.port import AskTimeoutError
from libs.chassis.errors import UnavailableError
from libs.contracts.marketplace import CreditsBought, PurchaseCredits
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.marketplace.errors import PurchaseAwayError, PurchasePendingError
from services.gateway.domain.services import Marketplace
from services.gateway.domain.work import Work


@dataclass(frozen=True, slots=True)
class BuyCredits:
    """The same work twice is one purchase: it has the same transaction id."""

    marketplace: Marketplace

    async def __call__(self, *, caller: Caller, hours: Decimal, payment_method: str, work: Work) -> CreditsBought:
        """Return the receipt.

        Raise AskRefusedError (declined, an unknown method, a provider that does not answer), PurchasePendingError or PurchaseAwayError.
        """
        ask = PurchaseCredits(
            transaction_id=work.new_id("txn"),
            account_id=caller.account_id,
            tier=caller.tier.value,
            hours=hours,
            payment_method=payment_method,
        )
        try:
            return await self.marketplace.purchase(ask)
        except AskTimeoutError as error:
            raise PurchasePendingError from error
        except UnavailableError as error:
            raise PurchaseAwayError from error
