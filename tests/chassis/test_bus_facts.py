"""How events are delivered on Kafka: set aside and sent again, finished before a stop, taken up after a kill, in one trace."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.chassis.bus.dead_letters import DeadLetter
from libs.chassis.bus.delivery import Policy
from libs.chassis.bus.handlers import Facts
from libs.chassis.bus.kafka import KafkaBus
from libs.chassis.bus.port import MessageTooLargeError
from libs.chassis.bus.topics import LARGEST_DEAD_BODY
from libs.chassis.bus.wire import entry_of
from libs.chassis.errors import InvalidError
from libs.chassis.logs import correlated, correlation_id
from libs.chassis.settings import SharedSettings
from libs.chassis.telemetry import configure_telemetry, tracer
from libs.contracts.training import TrainingCancelRequested
from tests.chassis.buses import dead_letters, kafka_bus, wanted
from tests.waiting import until

SOON = Policy(first_pause_s=0.01, longest_pause_s=0.05, tries=3, passing_s=0.05)


def bus_of(settings: SharedSettings, instance: str = "training-1") -> KafkaBus:
    return kafka_bus(settings, service="training", instance=instance, policy=SOON)


async def test_what_is_set_aside_says_why_and_is_handled_when_sent_again(settings: SharedSettings, opened: AsyncExitStack) -> None:
    heard: list[str] = []
    known = {"job_known"}
    letters: dict[str, DeadLetter] = {}
    facts = Facts()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        if event.job_id == "job_broken":
            raise ZeroDivisionError
        if event.job_id == "job_hangs":
            await asyncio.Event().wait()
        if event.job_id not in known:
            raise InvalidError("no such job")
        heard.append(event.job_id)

    async def on_dead(letter: DeadLetter) -> None:
        letters[letter.error_type] = letter

    bus = kafka_bus(settings, service="training", instance="training-1", policy=replace(SOON, handler_s=0.3))
    dead = dead_letters(settings)
    async with asyncio.TaskGroup() as starting:
        starting.create_task(opened.enter_async_context(bus.running(facts=facts)))
        starting.create_task(opened.enter_async_context(dead.hearing(on_dead, service="gateway")))

    refused = wanted("job_new")
    await bus.publish(refused)
    await bus.publish(wanted("job_hangs"))
    await bus.publish(wanted("job_broken"))
    await send_malformed(settings)
    await bus.publish(wanted("job_known"))
    huge = entry_of(wanted("job_huge")) | {"body": "x" * 3_000_000}
    await bus.set_aside(huge, MessageTooLargeError("3000000 bytes are too many"))
    await until(lambda: holds(len(letters) == 5), what="five letters")
    known.add("job_new")
    await dead.replay(letters["InvalidError"])

    await until(lambda: holds(sorted(heard) == ["job_known", "job_new"]), what="both jobs heard")
    assert set(letters) == {"InvalidError", "ZeroDivisionError", "ValidationError", "HandlerTimeoutError", "MessageTooLargeError"}
    why = letters["InvalidError"]
    assert (why.topic, why.key, why.error_code) == ("training.cancel_requested", "job_new", "invalid")
    assert (why.attempts, why.service) == (1, "training")
    assert TrainingCancelRequested.model_validate_json(why.body) == refused
    assert letters["ZeroDivisionError"].attempts == 3
    assert letters["HandlerTimeoutError"].key == "job_hangs"
    assert letters["MessageTooLargeError"].headers["ce_id"] == huge["event_id"]
    assert letters["MessageTooLargeError"].value == b"x" * LARGEST_DEAD_BODY
    assert letters["ValidationError"].value == b"\xff{"


async def send_malformed(settings: SharedSettings) -> None:
    """Send what no program of ours sends: headers and a body that are not even text."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap, acks="all")
    await producer.start()
    topic = f"{settings.namespace}.training.cancel_requested"
    await producer.send_and_wait(topic, b"\xff{", key=b"job_known", headers=[("traceparent", b"\xff\xfe"), ("odd", b"\x80")])
    await producer.stop()


async def test_a_handler_that_runs_is_finished_before_the_bus_stops_and_its_event_does_not_come_again(settings: SharedSettings) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()
    heard: list[str] = []
    facts, later = Facts(), Facts()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        began.set()
        await may_end.wait()
        heard.append(event.job_id)

    @later.on(TrainingCancelRequested)
    async def on_wanted_later(event: TrainingCancelRequested) -> None:
        heard.append(f"{event.job_id} later")

    async with AsyncExitStack() as stack:
        bus = bus_of(settings)
        await stack.enter_async_context(bus.running(facts=facts))
        await bus.publish(wanted("job_1"))
        await began.wait()
        stopping = asyncio.create_task(stack.aclose())
        may_end.set()
        await stopping
    finished_at_stop = list(heard)
    async with bus_of(settings).running(facts=later):
        other = bus_of(settings, "training-2")
        async with other.running():
            await other.publish(wanted("job_2"))
        await until(lambda: holds("job_2 later" in heard), what="the second job heard")

    assert finished_at_stop == ["job_1"]
    assert heard == ["job_1", "job_2 later"]


@pytest.mark.parametrize(
    ("either_kafka", "session_s"),
    # Apache Kafka allows no shorter one.
    [("embedded_broker", "1"), pytest.param("apache_broker", "6", marks=[pytest.mark.real_kafka, pytest.mark.soak])],
    indirect=["either_kafka"],
)
async def test_an_event_whose_process_was_killed_comes_again_elsewhere(
    settings: SharedSettings, opened: AsyncExitStack, session_s: str
) -> None:
    heard: list[str] = []
    facts = Facts()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        heard.append(event.job_id)

    teller = bus_of(settings, "gateway-1")
    await opened.enter_async_context(teller.running())
    environment = {**os.environ, "KAFKA_BOOTSTRAP": settings.kafka_bootstrap, "NAMESPACE": settings.namespace, "SESSION_S": session_s}
    program = Path(__file__).with_name("hanging_listener.py")
    listener = await asyncio.create_subprocess_exec(sys.executable, str(program), env=environment, stdout=asyncio.subprocess.PIPE)
    assert listener.stdout is not None
    try:
        await line_of(listener.stdout, b"listening\n")
        await teller.publish(wanted("job_1"))
        await line_of(listener.stdout, b"job_1\n")
    finally:
        listener.send_signal(signal.SIGKILL)
        await listener.wait()

    await opened.enter_async_context(bus_of(settings).running(facts=facts))

    await until(lambda: holds(heard == ["job_1"]), what="the event heard by another process")


async def line_of(output: asyncio.StreamReader, wanted_line: bytes) -> None:
    """Read until this line comes; the log is in between."""
    while (line := await output.readline()) != wanted_line:
        assert line, "the process ended"


@pytest.fixture
def spans(settings: SharedSettings) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    configure_telemetry(settings, service="tests", instance="tests-1", exporter=exporter)
    yield exporter
    configure_telemetry(settings, service="tests", instance="tests-1")


async def test_a_handler_works_in_the_trace_of_who_told_it(
    settings: SharedSettings, opened: AsyncExitStack, spans: InMemorySpanExporter
) -> None:
    heard = asyncio.Event()
    facts = Facts()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(_: TrainingCancelRequested) -> None:
        with tracer().start_as_current_span("the work"):
            heard.set()

    bus = bus_of(settings)
    await opened.enter_async_context(bus.running(facts=facts))

    with tracer().start_as_current_span("the request") as request:
        await bus.publish(wanted("job_1"))
    await heard.wait()
    await opened.aclose()

    traces = {span.name: span.context.trace_id for span in spans.get_finished_spans() if span.context}
    assert set(traces) == {"the request", "training.cancel_requested handle", "the work"}
    assert set(traces.values()) == {request.get_span_context().trace_id}


async def test_a_handler_works_under_the_correlation_id_of_who_told_it(settings: SharedSettings, opened: AsyncExitStack) -> None:
    heard: asyncio.Queue[str | None] = asyncio.Queue()
    facts = Facts()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(_: TrainingCancelRequested) -> None:
        heard.put_nowait(correlation_id())

    bus = bus_of(settings)
    await opened.enter_async_context(bus.running(facts=facts))

    with correlated("order-7"):
        await bus.publish(wanted("job_1"))
    assert await heard.get() == "order-7"
    await bus.publish(wanted("job_2"))
    assert await heard.get() is None


async def holds(condition: bool) -> bool:
    return condition
