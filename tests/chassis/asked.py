"""A marketplace on the bus that tests ask: it answers, refuses, waits at a gate, or answers more than the bus carries."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from decimal import Decimal

from libs.chassis.bus.handlers import Answers
from libs.chassis.bus.port import LARGEST_BODY, AskTimeoutError, Bus
from libs.chassis.errors import ErrorKind, InvalidError, PlatformError, UnavailableError
from libs.contracts.envelope import Reply, now
from libs.contracts.marketplace import CreditsReserved, CreditsSettled, ReserveCredits, SettleCredits
from tests.chassis.buses import reserving
from tests.waiting import until

MakeBus = Callable[[str, str], Bus]


def answering(gate: asyncio.Event | None = None) -> Answers:
    """Answers to asks; `job_slow`, and what `account_slow` settles, wait for the gate."""
    answers = Answers()

    @answers.to(ReserveCredits)
    async def on_reserve(ask: ReserveCredits) -> CreditsReserved:
        if gate and ask.job_id == "job_slow":
            await gate.wait()
        if ask.hours > 100:
            raise TooManyHoursError("that is too much", details={"hours": ["at most 100"]})
        job_id = "j" * LARGEST_BODY if ask.job_id == "job_huge" else ask.job_id
        return CreditsReserved(job_id=job_id, hours=ask.hours, cost=Decimal(5), available_hours=Decimal(1), expires_at=now())

    @answers.to_batch(SettleCredits)
    async def on_settle(asks: Sequence[SettleCredits]) -> Sequence[Reply | bytes | PlatformError]:
        if gate and any(ask.account_id == "account_slow" for ask in asks):
            await gate.wait()
        return [settled(ask) if ask.outcome != "failed" else InvalidError("not this one") for ask in asks]

    return answers


def settled(ask: SettleCredits) -> CreditsSettled:
    return CreditsSettled(job_id=ask.job_id, charged_hours=ask.used_hours, charged=Decimal(0), refund_amount=Decimal(0))


class TooManyHoursError(PlatformError):
    kind = ErrorKind.UNPAID
    code = "too_many_hours"


async def asking(make_bus: MakeBus, opened: AsyncExitStack, *, gate: asyncio.Event | None = None) -> Bus:
    """Run an answerer and an asker; return the asker when the first answer has come."""
    await opened.enter_async_context(make_bus("marketplace", "marketplace-1").running(answers=answering(gate)))
    asker = make_bus("gateway", "gateway-1")
    await opened.enter_async_context(asker.running(asks=True))

    async def answered() -> bool:
        try:
            await asker.ask(reserving("job_first"), within=1)
        except (AskTimeoutError, UnavailableError):
            return False  # The answerer's group is still being made, or the broker is busy.
        return True

    await until(answered)
    return asker
