"""What the marketplace answers."""

from libs.chassis.bus.handlers import Answers
from libs.contracts.marketplace import (
    CreditsBought,
    CreditsReserved,
    CreditsSettled,
    Prices,
    PurchaseCredits,
    ReadPrices,
    ReadUsage,
    ReserveCredits,
    SettleCredits,
    Usage,
)
from services.marketplace.usecases.purchase_credits import Sell
from services.marketplace.usecases.report_prices import ReportPrices
from services.marketplace.usecases.report_usage import ReportUsage
from services.marketplace.usecases.reserve_credits import Reserve
from services.marketplace.usecases.settle_credits import Settle


def make_answers(*, reserve: Reserve, settle: Settle, sell: Sell, report_usage: ReportUsage, report_prices: ReportPrices) -> Answers:
    """Bind each ask to its use case."""
    answers = Answers()

    @answers.to(ReserveCredits)
    async def on_reserve_credits(ask: ReserveCredits) -> CreditsReserved:
        return await reserve(ask)

    @answers.to(SettleCredits)
    async def on_settle_credits(ask: SettleCredits) -> CreditsSettled:
        return await settle(ask.job_id, account_id=ask.account_id, outcome=ask.outcome, used=ask.used_hours)

    @answers.to(PurchaseCredits)
    async def on_purchase_credits(ask: PurchaseCredits) -> CreditsBought:
        return await sell(ask)

    @answers.to(ReadUsage)
    async def on_read_usage(ask: ReadUsage) -> Usage:
        return await report_usage(ask)

    @answers.to(ReadPrices)
    async def on_read_prices(ask: ReadPrices) -> Prices:
        return await report_prices(ask)

    return answers
