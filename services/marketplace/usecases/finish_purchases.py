"""Take on purchases that were left unfinished, and end those whose time is over."""

from collections.abc import Collection
from dataclasses import dataclass

from services.marketplace.domain.crediting import expire
from services.marketplace.domain.ports import Clock, Purchases
from services.marketplace.domain.purchase import Purchase
from services.marketplace.usecases.bookkeeping import Bookkeeper
from services.marketplace.usecases.purchase_credits import CarryOn
from services.marketplace.usecases.settling import BATCH, settle_all


@dataclass(frozen=True, slots=True)
class FinishPurchases:
    """Any number of marketplace processes may do this at once, and after any of them has died."""

    purchases: Purchases
    carry_on: CarryOn
    clock: Clock

    async def __call__(self) -> int:
        """Go on with what is due; return how many came to an end. One that cannot go on now is left for later."""

        async def batch(but: Collection[str]) -> list[Purchase]:
            return await self.purchases.unfinished(at=self.clock(), most=BATCH, but=but)

        return await settle_all(batch, self.carry_on, what="a purchase", set_aside=self.purchases.set_aside)


@dataclass(frozen=True, slots=True)
class ExpirePurchases:
    """Any number of marketplace processes may do this at once: what is left of a purchase expires once."""

    purchases: Purchases
    book: Bookkeeper
    clock: Clock

    async def __call__(self) -> int:
        """Expire what is due; return how many purchases were closed."""

        async def batch(but: Collection[str]) -> list[Purchase]:
            return await self.purchases.over(at=self.clock(), most=BATCH, but=but)

        async def close(purchase: Purchase) -> None:
            await self.book.purchase(
                purchase.account_id, purchase_id=purchase.id, decide=lambda wallet, known: expire(wallet, known, at=self.clock())
            )

        return await settle_all(batch, close, what="a purchase that is over", set_aside=self.purchases.set_aside)
