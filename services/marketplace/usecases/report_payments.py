"""Tell what an account has paid, and what its listings were paid."""

from dataclasses import dataclass

from libs.chassis.stores.parts import Part
from libs.contracts.payments import PaymentPlace, PaymentsPage, ReadPayments
from services.marketplace.domain.receipts import Receipts, WantedPayments


@dataclass(frozen=True, slots=True)
class ReportPayments:
    """Reads alone; an account is told of its own."""

    receipts: Receipts
    currency: str

    async def __call__(self, ask: ReadPayments) -> PaymentsPage:
        """Return a part of its payments, or the one that is named; none where there is none."""
        if ask.payment_id is not None:
            found = await self.receipts.get(ask.payment_id, account_id=ask.account_id)
            return PaymentsPage(count=int(found is not None), payments=(found,) if found else (), currency=self.currency)
        place = (ask.after.begun_at, ask.after.id) if ask.after else None
        wanted = WantedPayments(ask.kind, ask.state, ask.since, ask.until)
        page = await self.receipts.page(ask.account_id, wanted, Part(ask.size, ask.page, place))
        after = PaymentPlace(begun_at=page.after[0], id=page.after[1]) if page.after else None
        return PaymentsPage(count=page.count, payments=tuple(page.items), currency=self.currency, after=after)
