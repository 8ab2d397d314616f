"""What the marketplace answers to those who build a view anew, have its books checked, or give a person what is kept of them."""

from libs.chassis.bus.handlers import Answers
from libs.contracts.exports import ExportPart, ReadAccountInMarketplace
from libs.contracts.ledger import CheckLedger, LedgerChecked
from libs.contracts.snapshots import (
    ChargeSnapshots,
    ListingSnapshots,
    ReadCharges,
    ReadListings,
    ReadSubscriptions,
    SubscriptionSnapshots,
)
from services.marketplace.domain.ports import Exports
from services.marketplace.usecases.check_ledger import CheckBooks
from services.marketplace.usecases.list_snapshots import ListSnapshots


def bind_snapshots(answers: Answers, tell: ListSnapshots, check_books: CheckBooks, exports: Exports) -> None:
    """Bind each ask to its use case."""

    @answers.to(ReadListings)
    async def on_read_listings(ask: ReadListings) -> ListingSnapshots:
        return await tell.listings(ask)

    @answers.to(ReadSubscriptions)
    async def on_read_subscriptions(ask: ReadSubscriptions) -> SubscriptionSnapshots:
        return await tell.subscriptions(ask)

    @answers.to(ReadCharges)
    async def on_read_charges(ask: ReadCharges) -> ChargeSnapshots:
        return await tell.charges(ask)

    @answers.to(CheckLedger)
    async def on_check_ledger(ask: CheckLedger) -> LedgerChecked:
        return await check_books(ask)

    @answers.to(ReadAccountInMarketplace)
    async def on_read_account(ask: ReadAccountInMarketplace) -> ExportPart:
        return await exports.part(ask.account_id, after=ask.after, most=ask.most)
