"""What happens on the bus while the broker is away, frozen or killed, and after."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from libs.chassis.bus.dead_letters import DeadLetter
from libs.chassis.bus.handlers import Answers, Facts
from libs.chassis.bus.kafka import KafkaBus
from libs.chassis.bus.port import AskTimeoutError
from libs.chassis.bus.topics import topic_name
from libs.chassis.errors import PlatformError, UnavailableError
from libs.contracts.envelope import now
from libs.contracts.marketplace import CreditsReserved, ReserveCredits
from libs.contracts.topics import REPLIES
from libs.contracts.training import TrainingCancelRequested
from tests.chassis.buses import Broker, bus_settings, dead_letters, kafka_bus, own_broker, reserving, wanted
from tests.conftest import Kafka
from tests.freezing import frozen
from tests.waiting import until

PATIENCE_S = 1000.0  # What an ask is given here: nothing waits for its end, so that one that fails in time has failed by itself.
TOLD_WITHIN_S = 90.0
# Apache Kafka takes its time to come back, and its clients' part in it is the same.
FLAVOURS = ["embedded", pytest.param("apache-kafka", marks=[pytest.mark.real_kafka, pytest.mark.soak])]


@pytest.fixture(params=FLAVOURS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    with own_broker(request.param, tmp_path) as broker:
        yield broker


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


def bus_of(broker: Broker, namespace: str, service: str) -> KafkaBus:
    settings = bus_settings(broker.bootstrap, namespace=namespace)
    return kafka_bus(settings, service=service, instance=f"{service}-1")


def answering() -> Answers:
    answers = Answers()

    @answers.to(ReserveCredits)
    async def on_reserve(ask: ReserveCredits) -> CreditsReserved:
        return CreditsReserved(job_id=ask.job_id, hours=ask.hours, cost=ask.hours, available_hours=ask.hours, expires_at=now())

    return answers


def listening(heard: list[str]) -> Facts:
    facts = Facts()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        heard.append(event.job_id)

    return facts


async def answered(asker: KafkaBus) -> bool:
    try:
        await asker.ask(reserving("job_1"), within=3)
    except (AskTimeoutError, UnavailableError):
        return False
    return True


async def told(bus: KafkaBus, job: str) -> bool:
    try:
        await bus.publish(wanted(job))
    except UnavailableError:
        return False
    return True


async def test_a_process_that_starts_while_the_broker_is_away_joins_when_it_comes(
    broker: Broker, namespace: str, opened: AsyncExitStack
) -> None:
    heard: list[str] = []
    bus = bus_of(broker, namespace, "training")
    starting = asyncio.create_task(opened.enter_async_context(bus.running(facts=listening(heard), asks=True)))
    await until(lambda: asking_fails(bus), what="an ask refused at once")

    await broker.start()
    await starting

    await until(lambda: told(bus, "job_1"), what="the event told", within=150)
    await until(lambda: holds("job_1" in heard), what="the event heard", within=150)


async def test_a_bus_whose_broker_is_away_keeps_no_process_from_starting_and_stopping(namespace: str) -> None:
    settings = bus_settings("127.0.0.1:1", namespace=namespace)
    bus = kafka_bus(settings, service="training", instance="training-1", start_within_s=0.1)
    served = False

    async with asyncio.timeout(90):
        async with bus.running(facts=listening([]), answers=answering(), asks=True):
            served = True

    assert served


async def asking_fails(bus: KafkaBus) -> bool:
    try:
        async with asyncio.timeout(TOLD_WITHIN_S):
            await bus.ask(reserving("job_1"), within=PATIENCE_S)
    except RuntimeError:
        return False  # The bus's task has not begun.
    except UnavailableError:
        return True
    return False


async def test_a_killed_broker_that_comes_back_is_found_again_by_all(broker: Broker, namespace: str, opened: AsyncExitStack) -> None:
    heard: list[str] = []
    await broker.start()
    listener, asker = bus_of(broker, namespace, "marketplace"), bus_of(broker, namespace, "gateway")
    async with asyncio.TaskGroup() as starting:
        starting.create_task(opened.enter_async_context(listener.running(facts=listening(heard), answers=answering())))
        starting.create_task(opened.enter_async_context(asker.running(asks=True)))
    # Some replies, so that the reply partition's end lies far behind what a new log begins with.
    await until(lambda: answered(asker), what="the first answer", within=150)
    await asyncio.gather(*(asker.ask(reserving(f"job_{number}"), within=60) for number in range(50)))

    broker.kill()
    await until(lambda: asking_fails(asker), what="an ask refused")
    await broker.start()

    await until(lambda: told(asker, "job_after"), what="an event told after", within=150)
    await until(lambda: holds("job_after" in heard), what="the event heard", within=150)
    await until(lambda: answered(asker), what="an answer after", within=150)


@pytest.mark.soak
async def test_a_broker_that_has_lost_its_journal_costs_no_new_event(
    broker: Broker, namespace: str, opened: AsyncExitStack, tmp_path: Path
) -> None:
    heard: list[str] = []
    await broker.start()
    teller = bus_of(broker, namespace, "gateway")
    await opened.enter_async_context(teller.running(asks=True))
    async with bus_of(broker, namespace, "training").running(facts=listening(heard)):
        await until(lambda: told(teller, "job_0"), what="the first event told", within=150)
        for number in range(1, 30):
            await teller.publish(wanted(f"job_{number}"))
        await until(lambda: holds(len(set(heard)) == 30), what="the old events heard", within=150)

        broker.kill()
        shutil.rmtree(tmp_path / "data")
        await broker.start()
        await until(lambda: told(teller, "job_new"), what="an event told after", within=150)
        await until(lambda: holds("job_new" in heard), what="the new event heard", within=150)
    for number in range(60):
        await teller.publish(wanted(f"job_later_{number}"))

    await opened.enter_async_context(bus_of(broker, namespace, "training").running(facts=listening(heard)))

    await until(lambda: holds({f"job_later_{number}" for number in range(60)} <= set(heard)), what="all later events heard", within=150)


async def test_answers_come_where_the_broker_has_made_fewer_partitions_for_them(
    either_kafka: Kafka, namespace: str, opened: AsyncExitStack
) -> None:
    """As the embedded broker does by itself after it has lost its topics."""
    admin = AIOKafkaAdminClient(bootstrap_servers=either_kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic_name(REPLIES, namespace=namespace), 1, 1)])
    await admin.close()
    settings = bus_settings(either_kafka.bootstrap, namespace=namespace)
    answerer = kafka_bus(settings, service="marketplace", instance="marketplace-1")
    askers = [kafka_bus(settings, service="gateway", instance=f"gateway-{number}") for number in range(3)]

    await opened.enter_async_context(answerer.running(answers=answering()))
    for asker in askers:
        await opened.enter_async_context(asker.running(asks=True))

    for asker in askers:
        await until(partial(answered, asker), what="an answer", within=150)


async def test_a_thousand_asks_to_a_frozen_broker_are_all_told_long_before_their_time_is_up(
    either_kafka: Kafka, namespace: str, opened: AsyncExitStack
) -> None:
    settings = bus_settings(either_kafka.bootstrap, namespace=namespace)
    answerer = kafka_bus(settings, service="marketplace", instance="marketplace-1")
    asker = kafka_bus(settings, service="gateway", instance="gateway-1")
    await opened.enter_async_context(answerer.running(answers=answering()))
    await opened.enter_async_context(asker.running(asks=True))
    await until(lambda: answered(asker), what="the first answer", within=150)
    ask = reserving("job_" + "x" * 2000)  # so long that a thousand do not fit into what waits to be sent

    with frozen(either_kafka.pid):
        async with asyncio.timeout(TOLD_WITHIN_S):  # They do not wait in turn: each is told after about a second.
            fates = await asyncio.gather(*(fate_of(asker, ask) for _ in range(1000)))

    assert set(fates) == {"BrokerAwayError"}
    await until(lambda: answered(asker), what="an answer after", within=150)


async def fate_of(asker: KafkaBus, ask: ReserveCredits) -> str:
    try:
        await asker.ask(ask, within=PATIENCE_S)
    except PlatformError as error:
        return type(error).__name__
    return "answered"


async def test_a_malformed_ask_is_set_aside_and_the_others_are_answered(
    either_kafka: Kafka, namespace: str, opened: AsyncExitStack
) -> None:
    letters: list[DeadLetter] = []
    settings = bus_settings(either_kafka.bootstrap, namespace=namespace)
    bus = kafka_bus(settings, service="marketplace", instance="marketplace-1")

    async def on_dead(letter: DeadLetter) -> None:
        letters.append(letter)

    async with asyncio.TaskGroup() as starting:
        starting.create_task(opened.enter_async_context(bus.running(answers=answering(), asks=True)))
        starting.create_task(opened.enter_async_context(dead_letters(settings).hearing(on_dead, service="gateway")))

    async with AIOKafkaProducer(bootstrap_servers=either_kafka.bootstrap, acks="all") as producer:
        for headers in ([("deadline", b"soon")], [], [("ce_type", b"\xff")]):
            await producer.send_and_wait(f"{namespace}.{ReserveCredits.topic}", b"{}", key=b"account_1", headers=headers)
    replies = await asyncio.gather(*(bus.ask(reserving(f"job_{number}"), within=60) for number in range(10)))

    assert [reply.job_id for reply in replies if isinstance(reply, CreditsReserved)] == [f"job_{number}" for number in range(10)]
    await until(lambda: holds(len(letters) == 3), what="three letters")
    assert {(letter.error_code, letter.topic) for letter in letters} == {("not_an_ask", ReserveCredits.topic)}


async def holds(condition: bool) -> bool:
    return condition
