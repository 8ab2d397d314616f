"""Which of a service's processes answers an ask: one all those of a key, several those of a key that very many ask for at once."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from libs.chassis.bus.handlers import Answers
from libs.chassis.bus.port import AskTimeoutError, Bus
from libs.chassis.errors import UnavailableError
from libs.chassis.settings import SharedSettings
from libs.contracts.envelope import now
from libs.contracts.marketplace import CreditsReserved, ReserveCredits
from tests.chassis.buses import kafka_bus, reserving
from tests.waiting import until

KEYS = [f"account_{number}" for number in range(12)]
MANY = 60


@dataclass
class Market:
    """Processes of one service that note who asked them; the gate holds answers back."""

    settings: SharedSettings
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    rounds: Iterator[int] = field(default_factory=itertools.count)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def running(self, instance: str) -> AsyncIterator[None]:
        answers = Answers()

        @answers.to(ReserveCredits)
        async def on_reserve(ask: ReserveCredits) -> CreditsReserved:
            self.asked.append((ask.account_id, ask.job_id, instance))
            await self.gate.wait()
            return CreditsReserved(job_id=ask.job_id, hours=ask.hours, cost=Decimal(5), available_hours=Decimal(1), expires_at=now())

        async with kafka_bus(self.settings, service="marketplace", instance=instance).running(answers=answers):
            yield

    async def places(self, asker: Bus, *, within: float = 2.0) -> dict[str, set[str]]:
        """Ask once for each key; return who was asked by key, nothing while somebody does not answer."""
        self.asked.clear()
        job = f"job_{next(self.rounds)}"  # Asks of a round that was broken off may come late.
        asks = [reserving(job).model_copy(update={"account_id": key}) for key in KEYS]
        answers = await asyncio.gather(*(asker.ask(ask, within=within) for ask in asks), return_exceptions=True)
        if any(isinstance(answer, AskTimeoutError | UnavailableError) for answer in answers):
            return {}
        return {key: {instance for account, of, instance in self.asked if (account, of) == (key, job)} for key in KEYS}


async def test_each_key_has_its_process_and_moves_to_another_when_that_is_gone(settings: SharedSettings, opened: AsyncExitStack) -> None:
    # given two processes that have shared the partitions between them
    market, first, second = Market(settings), AsyncExitStack(), AsyncExitStack()
    market.gate.set()
    asker = kafka_bus(settings, service="gateway", instance="gateway-1")
    for stack, instance in ((first, "one"), (second, "two")):
        await opened.enter_async_context(stack)
        await stack.enter_async_context(market.running(instance))
    await opened.enter_async_context(asker.running(asks=True))

    async def both_answer() -> bool:
        return {"one", "two"} == set().union(*(await market.places(asker)).values())

    await until(both_answer, what="both processes answer")

    # when every key is asked for again and again
    rounds: list[dict[str, set[str]]] = []

    async def five_rounds() -> bool:
        # One that a broker too busy to answer in time has broken off says nothing.
        if places := await market.places(asker, within=60):
            rounds.append(places)
        return len(rounds) == 5

    await until(five_rounds, what="five rounds of answers")

    # then one process answers for a key, always the same
    assert all(each == rounds[0] for each in rounds)
    assert all(len(instances) == 1 for instances in rounds[0].values())

    # when one of them is gone
    await second.aclose()

    # then the other answers for its keys, too
    async def the_other_answers() -> bool:
        places = await market.places(asker)
        return bool(places) and all(instances == {"one"} for instances in places.values())

    await until(the_other_answers, what="the process that is left answers for all keys")


async def test_a_key_that_very_many_ask_for_at_once_has_several_processes(settings: SharedSettings, opened: AsyncExitStack) -> None:
    # given two processes that share the partitions, and answers that are held back
    market = Market(settings)
    market.gate.set()
    asker = kafka_bus(settings, service="gateway", instance="gateway-1")
    for instance in ("one", "two"):
        await opened.enter_async_context(market.running(instance))
    await opened.enter_async_context(asker.running(asks=True))

    async def both_answer() -> bool:
        return {"one", "two"} == set().union(*(await market.places(asker)).values())

    await until(both_answer, what="both processes answer")
    market.asked.clear()
    market.gate.clear()

    # when many ask for one key and nobody has an answer yet
    asks = [asyncio.create_task(asker.ask(reserving(f"job_{number}"), within=60)) for number in range(MANY)]

    # then both processes are asked, and all get their answers
    async def both_are_asked() -> bool:
        return {instance for _, _, instance in market.asked} == {"one", "two"}

    await until(both_are_asked, what="both processes are asked")
    market.gate.set()
    assert {answer.job_id for answer in await asyncio.gather(*asks)} == {f"job_{number}" for number in range(MANY)}
