"""What every bus promises, held against the in-process one, the embedded broker and Apache Kafka."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal

import pytest

from libs.chassis.bus.facts import SIDE_BY_SIDE
from libs.chassis.bus.handlers import Answers, Facts
from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.bus.port import LARGEST_BODY, AskRefusedError, AskTimeoutError, BrokerAwayError, MessageTooLargeError
from libs.chassis.bus.wire import entry_of
from libs.chassis.errors import ErrorKind, InvalidError, UnavailableError
from libs.chassis.settings import SharedSettings
from libs.contracts.examples import EXAMPLES
from libs.contracts.llm import AnswerQuestion, QuestionAnswered
from libs.contracts.marketplace import CreditsCharged, CreditsReserved, SettleCredits
from libs.contracts.training import TrainingCancelRequested
from tests.chassis.asked import MakeBus, asking
from tests.chassis.buses import bus_settings, kafka_bus, reserving, wanted
from tests.conftest import FLAVOURS, Kafka
from tests.freezing import frozen
from tests.waiting import until


@pytest.fixture(params=["memory", *FLAVOURS])
def make_bus(request: pytest.FixtureRequest, namespace: str) -> MakeBus:
    """Makes buses for processes of one platform: (service, instance) → bus."""
    if request.param == "memory":
        broker = MemoryBroker()
        return lambda service, instance: MemoryBus(broker, service=service, instance=instance)
    settings = settings_of(request.getfixturevalue(request.param), namespace)
    return lambda service, instance: kafka_bus(settings, service=service, instance=instance)


def settings_of(kafka: Kafka, namespace: str) -> SharedSettings:
    return bus_settings(kafka.bootstrap, namespace=namespace)


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def test_events_of_one_key_arrive_in_order_even_when_one_is_tried_again(make_bus: MakeBus, opened: AsyncExitStack) -> None:
    seen: list[tuple[str, int]] = []
    tries: dict[str, int] = {}
    facts = Facts()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        tries[event.event_id] = tries.get(event.event_id, 0) + 1
        if event.job_id == "job_a" and event.sequence == 1 and tries[event.event_id] < 3:
            raise UnavailableError("the store is away")
        seen.append((event.job_id, event.sequence))

    bus = make_bus("training", "training-1")
    await opened.enter_async_context(bus.running(facts=facts))

    for sequence in (1, 2, 3):
        await bus.publish(wanted("job_a", sequence=sequence))
        await bus.publish(wanted("job_b", sequence=sequence))

    await until(lambda: true_when(len(seen) == 6))
    assert [number for job, number in seen if job == "job_a"] == [1, 2, 3]
    assert [number for job, number in seen if job == "job_b"] == [1, 2, 3]


async def test_a_message_that_cannot_be_handled_is_set_aside_and_the_others_go_on(make_bus: MakeBus, opened: AsyncExitStack) -> None:
    seen: list[str] = []
    facts = Facts()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        if event.job_id == "job_bad":
            raise InvalidError("no such job")
        seen.append(event.job_id)

    bus = make_bus("training", "training-1")
    await opened.enter_async_context(bus.running(facts=facts))

    await bus.publish(wanted("job_bad"))
    await bus.publish_entry(malformed())
    await bus.publish(wanted("job_good"))

    await until(lambda: true_when(seen == ["job_good"]))


def malformed() -> dict[str, object]:
    return entry_of(wanted("job_bad")) | {"body": '{"job_id": 7'}


async def test_events_that_are_handled_one_by_one_wait_without_holding_up_others(make_bus: MakeBus, opened: AsyncExitStack) -> None:
    begun: list[str] = []
    heard: list[str] = []
    gate, facts = asyncio.Event(), Facts()

    @facts.on(TrainingCancelRequested, one_by_one=True)
    async def on_slow(event: TrainingCancelRequested) -> None:
        begun.append(event.job_id)
        await gate.wait()

    @facts.on(CreditsCharged)
    async def on_quick(event: CreditsCharged) -> None:
        heard.append(event.job_id)

    bus = make_bus("training", "training-1")
    await opened.enter_async_context(bus.running(facts=facts))
    slow = [f"job_{number}" for number in range(SIDE_BY_SIDE + 4)]
    charged = EXAMPLES[CreditsCharged].model_copy(update={"job_id": "job_quick"})

    await asyncio.gather(*(bus.publish(wanted(job)) for job in slow))
    await until(lambda: true_when(begun != []), what="the first of the slow ones")
    await bus.publish(charged)
    await until(lambda: true_when(heard == ["job_quick"]), what="the quick one")
    assert len(begun) == 1

    gate.set()
    await until(lambda: true_when(sorted(begun) == sorted(slow)), what="all slow ones")


async def test_every_service_hears_an_event_once_however_many_processes_it_has(make_bus: MakeBus, opened: AsyncExitStack) -> None:
    heard: list[str] = []

    def listening(name: str) -> Facts:
        facts = Facts()

        @facts.on(TrainingCancelRequested)
        async def on_wanted(event: TrainingCancelRequested) -> None:
            heard.append(f"{name} {event.job_id}")

        return facts

    buses = [make_bus("training", "training-1"), make_bus("training", "training-2"), make_bus("marketplace", "marketplace-1")]
    async with asyncio.TaskGroup() as starting:
        for name, bus in zip(("training", "training", "marketplace"), buses, strict=True):
            starting.create_task(opened.enter_async_context(bus.running(facts=listening(name))))

    for number in range(10):
        await buses[0].publish(wanted(f"job_{number}"))

    await until(lambda: true_when(len(heard) >= 20))
    assert sorted(heard) == sorted(f"{name} job_{number}" for name in ("training", "marketplace") for number in range(10))


async def test_a_thousand_asks_in_flight_each_get_their_own_answer(make_bus: MakeBus, opened: AsyncExitStack) -> None:
    asker = await asking(make_bus, opened)

    replies = await asyncio.gather(*(asker.ask(reserving(f"job_{number}"), within=60) for number in range(1000)))

    assert [reply.job_id for reply in replies if isinstance(reply, CreditsReserved)] == [f"job_{number}" for number in range(1000)]


async def test_an_asker_that_was_held_up_does_not_take_the_broker_for_silent(
    embedded_broker: Kafka, namespace: str, opened: AsyncExitStack
) -> None:
    settings = settings_of(embedded_broker, namespace)
    asker = await asking(lambda service, instance: kafka_bus(settings, service=service, instance=instance), opened)

    asked = asyncio.create_task(asker.ask(reserving("job_1"), within=60))
    await asyncio.sleep(0)  # It is on its way.
    time.sleep(1.2)  # noqa: ASYNC251  # the whole process is held up, as on a machine that does too much

    assert isinstance(await asked, CreditsReserved)


async def test_a_refusal_travels_back_with_its_kind_code_and_details_and_in_a_batch_to_whom_it_is_for(
    make_bus: MakeBus, opened: AsyncExitStack
) -> None:
    asker = await asking(make_bus, opened)

    async def settle(job: str, outcome: str) -> object:
        ask = SettleCredits(job_id=job, account_id="account_1", outcome=outcome, used_hours=Decimal(0))
        return await asker.ask(ask, within=60)

    with pytest.raises(AskRefusedError) as refused:
        await asker.ask(reserving("job_1", hours="101"), within=60)
    fates = await asyncio.gather(
        settle("job_1", "succeeded"), settle("job_2", "failed"), settle("job_3", "cancelled"), return_exceptions=True
    )

    assert (refused.value.kind, refused.value.code) == (ErrorKind.UNPAID, "too_many_hours")
    assert refused.value.details == {"hours": ["at most 100"]}
    assert [type(fate).__name__ for fate in fates] == ["CreditsSettled", "AskRefusedError", "CreditsSettled"]


async def test_an_ask_and_an_answer_that_are_larger_than_the_bus_carries_are_told_of_at_once(
    make_bus: MakeBus, opened: AsyncExitStack
) -> None:
    asker = await asking(make_bus, opened)

    with pytest.raises(MessageTooLargeError, match="1000000 is the most"):
        await asker.ask(reserving("é" * (LARGEST_BODY // 2)), within=60)  # of two bytes each
    with pytest.raises(AskRefusedError, match="at most 1000000 can be sent: ask for less") as refused:
        await asker.ask(reserving("job_huge"), within=60)

    assert (refused.value.kind, refused.value.code) == (ErrorKind.INTERNAL, "answer_too_large")


async def test_what_takes_long_holds_up_no_other_key_and_its_answer_after_the_deadline_is_dropped(
    make_bus: MakeBus, opened: AsyncExitStack
) -> None:
    gate = asyncio.Event()
    asker = await asking(make_bus, opened, gate=gate)

    async def settle(account: str) -> object:
        ask = SettleCredits(job_id="job_1", account_id=account, outcome="succeeded", used_hours=Decimal(0))
        return await asker.ask(ask, within=60)

    slow = asyncio.create_task(settle("account_slow"))
    with pytest.raises(AskTimeoutError):
        await asker.ask(reserving("job_slow"), within=0.3)
    quick = await asyncio.gather(*(settle(f"account_{number}") for number in range(8)))

    assert (len(quick), slow.done()) == (8, False)
    gate.set()
    await slow
    after = await asker.ask(reserving("job_next"), within=60)
    assert isinstance(after, CreditsReserved)
    assert after.job_id == "job_next"


async def test_work_whose_answer_nobody_waits_for_any_more_ends_where_it_is_worth_nothing_then(
    make_bus: MakeBus, opened: AsyncExitStack
) -> None:
    begun: list[str] = []
    ended: list[str] = []
    answers = Answers()

    @answers.to(AnswerQuestion)
    async def on_question(ask: AnswerQuestion) -> QuestionAnswered:
        begun.append(ask.question)
        try:
            if ask.question.startswith("slow"):
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(ask.question)
            raise
        return QuestionAnswered(answer=ask.question)

    def asking_(question: str) -> AnswerQuestion:
        return AnswerQuestion(conversation_id="c", account_id=None, tier="free", question=question, passages=())

    await opened.enter_async_context(make_bus("inference", "inference-1").running(answers=answers))
    asker = make_bus("gateway", "gateway-1")
    await opened.enter_async_context(asker.running(asks=True))

    async def is_answered() -> bool:
        try:
            return bool(await asker.ask(asking_("quick"), within=1))
        except (AskTimeoutError, UnavailableError):
            return False

    await until(is_answered)
    left = asyncio.create_task(asker.ask(asking_("slow, left"), within=60))
    await until(lambda: true_when("slow, left" in begun))
    left.cancel()

    async def begins_and_is_late() -> bool:
        # One that comes after its deadline is passed over, and is asked for again.
        with pytest.raises(AskTimeoutError):
            await asker.ask(asking_("slow, late"), within=0.5)
        return "slow, late" in begun

    await until(begins_and_is_late)

    await until(lambda: true_when(sorted(ended) == sorted(each for each in begun if each.startswith("slow"))))
    assert set(ended) == {"slow, late", "slow, left"}
    await until(is_answered)


async def test_a_broker_that_is_frozen_is_told_long_before_the_asks_time_is_up_and_found_again(
    either_kafka: Kafka, namespace: str, opened: AsyncExitStack
) -> None:
    settings = settings_of(either_kafka, namespace)
    asker = await asking(lambda service, instance: kafka_bus(settings, service=service, instance=instance), opened)

    with frozen(either_kafka.pid), pytest.raises(BrokerAwayError):
        async with asyncio.timeout(90):  # About a second, on a machine that does nothing else.
            await asker.ask(reserving("job_1"), within=1000)

    async def answered() -> bool:
        try:
            await asker.ask(reserving("job_2"), within=2)
        except (AskTimeoutError, UnavailableError):
            return False
        return True

    await until(answered)


async def true_when(condition: bool) -> bool:
    return condition
