"""Take on purchases that were left unfinished, and end those whose time is over."""

from dataclasses import dataclass
from typing import Final

from libs.chassis.logs import log
from libs.chassis.outages import is_passing
from services.marketplace.domain.crediting import expire
from services.marketplace.domain.ports import Clock, Purchases
from services.marketplace.usecases.bookkeeping import Bookkeeper
from services.marketplace.usecases.purchase_credits import CarryOn

BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class FinishPurchases:
    """Any number of marketplace processes may do this at once, and after any of them has died."""

    purchases: Purchases
    carry_on: CarryOn
    clock: Clock

    async def __call__(self) -> int:
        """Go on with what is due; return how many came to an end. One that cannot go on now is left for later."""
        ended = 0
        for purchase in await self.purchases.unfinished(at=self.clock(), most=BATCH):
            try:
                await self.carry_on(purchase)
            except Exception as error:  # noqa: BLE001  # one that is stuck must not hold up the others, and is looked at by people
                if is_passing(error):
                    log().info("a purchase waits", transaction_id=purchase.id, error=type(error).__name__)
                else:
                    log().exception("a purchase cannot go on", transaction_id=purchase.id)
            else:
                ended += 1
        return ended


@dataclass(frozen=True, slots=True)
class ExpirePurchases:
    """Any number of marketplace processes may do this at once: what is left of a purchase expires once."""

    purchases: Purchases
    book: Bookkeeper
    clock: Clock

    async def __call__(self) -> int:
        """Expire what is due; return how many purchases were closed."""
        due = await self.purchases.over(at=self.clock(), most=BATCH)
        for purchase in due:
            await self.book.purchase(
                purchase.account_id, purchase_id=purchase.id, decide=lambda wallet, known: expire(wallet, known, at=self.clock())
            )
        return len(due)
