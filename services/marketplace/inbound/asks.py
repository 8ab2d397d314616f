"""What the marketplace answers."""

from libs.chassis.handlers import Answers
from libs.contracts.marketplace import CreditsReserved, CreditsSettled, ReserveCredits, SettleCredits
from services.marketplace.usecases.reserve_credits import Reserve
from services.marketplace.usecases.settle_credits import Settle


def make_answers(*, reserve: Reserve, settle: Settle) -> Answers:
    """Bind each ask to its use case."""
    answers = Answers()

    @answers.to(ReserveCredits)
    async def on_reserve_credits(ask: ReserveCredits) -> CreditsReserved:
        return await reserve(ask)

    @answers.to(SettleCredits)
    async def on_settle_credits(ask: SettleCredits) -> CreditsSettled:
        return await settle(ask.job_id, account_id=ask.account_id, outcome=ask.outcome, used=ask.used_hours)

    return answers
