"""Asks that wait share a record, and so do their replies; processes of the release before, which know no such records, lose nothing by it."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from libs.chassis.bus.handlers import Answers
from libs.chassis.bus.kafka import KafkaBus
from libs.chassis.bus.packs import LARGEST_BYTES
from libs.chassis.bus.port import AskRefusedError, BrokerAwayError, refusal_body
from libs.chassis.bus.topics import topic_name
from libs.chassis.errors import InvalidError, PlatformError, UnavailableError
from libs.chassis.settings import SharedSettings
from libs.chassis.tasks import beside
from libs.contracts.examples import EXAMPLES
from libs.contracts.inference import Predict, Predictions
from libs.contracts.topics import REPLIES, every_topic
from tests.chassis.buses import bus_settings, own_broker
from tests.conftest import FLAVOURS, Kafka
from tests.waiting import until

MANY = 60
WAIT_S = 60.0


@pytest.fixture(params=FLAVOURS)
def settings(request: pytest.FixtureRequest, namespace: str) -> SharedSettings:
    kafka: Kafka = request.getfixturevalue(request.param)
    return bus_settings(kafka.bootstrap, namespace=namespace)


def asking_for(version: str, *, symbol: str = "AAPL") -> Predict:
    """Return an ask whose answer names its version."""
    return Predict(
        model_id="model_1", account_id="account_1", version=version, artifact="a", symbols=(symbol,), rows=(None,), timeframe="1d"
    )


def answer_to(ask: Predict) -> Predictions:
    return EXAMPLES[Predictions].model_copy(update={"model_version": ask.version})  # type: ignore[return-value]


def predicting() -> Answers:
    """Return who answers; version `bad` is refused."""
    answers = Answers()

    @answers.to_batch(Predict)
    async def on_predict(asks: Sequence[Predict]) -> Sequence[Predictions | PlatformError]:
        return [InvalidError("no such version") if ask.version == "bad" else answer_to(ask) for ask in asks]

    return answers


def a_bus(settings: SharedSettings, service: str) -> KafkaBus:
    topics = tuple(topic for topic in every_topic() if topic.name.removesuffix(".dead") in {Predict.topic, REPLIES})
    return KafkaBus(settings, service=service, instance=f"{service}-1", topics=topics)


async def records_on(settings: SharedSettings, topic: str) -> list[Any]:
    """Return all records of a topic, of all of its partitions."""
    name = topic_name(topic, namespace=settings.namespace)
    (partitions,) = [each.partitions for each in every_topic() if each.name == topic]
    places, found = [TopicPartition(name, number) for number in range(partitions)], list[Any]()
    async with AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        while len(found) < sum(ends.values()):
            found += itertools.chain(*(await consumer.getmany(timeout_ms=1000)).values())
    return found


async def test_asks_that_wait_share_records_and_each_has_its_own_answer(settings: SharedSettings, opened: AsyncExitStack) -> None:
    # given
    await opened.enter_async_context(a_bus(settings, "inference").running(answers=predicting()))
    asker = a_bus(settings, "gateway")
    await opened.enter_async_context(asker.running(asks=True))
    versions = [f"1.0.{number}" for number in range(MANY)]

    # when many ask at once, and one for what there is not
    wanted = [asking_for(version) for version in [*versions, "bad"]]
    *answers, refused = await asyncio.gather(*(asker.ask(ask, within=WAIT_S) for ask in wanted), return_exceptions=True)

    # then
    assert [answer.model_version for answer in answers if isinstance(answer, Predictions)] == versions
    assert isinstance(refused, AskRefusedError)
    assert len(await records_on(settings, Predict.topic)) < MANY / 2
    assert len(await records_on(settings, REPLIES)) < MANY / 2


async def test_one_that_asks_alone_and_one_that_asks_for_much_have_a_record_each(settings: SharedSettings, opened: AsyncExitStack) -> None:
    await opened.enter_async_context(a_bus(settings, "inference").running(answers=predicting()))
    asker = a_bus(settings, "gateway")
    await opened.enter_async_context(asker.running(asks=True))
    large = [asking_for(f"2.0.{number}", symbol="A" * LARGEST_BYTES) for number in range(3)]

    alone = await asker.ask(asking_for("1.0.0"), within=WAIT_S)
    answers = await asyncio.gather(*(asker.ask(ask, within=WAIT_S) for ask in large))

    assert [answer.model_version for answer in [alone, *answers]] == ["1.0.0", "2.0.0", "2.0.1", "2.0.2"]
    assert [dict(record.headers)["ce_type"] for record in await records_on(settings, Predict.topic)] == [Predict.name.encode()] * 4


@asynccontextmanager
async def answerer_of_the_release_before(settings: SharedSettings) -> AsyncIterator[None]:
    """Answer record by record; a kind of ask that it does not know is refused by the record's number."""
    name = topic_name(Predict.topic, namespace=settings.namespace)
    refusal = orjson.dumps(refusal_body(UnavailableError("The inference service does not answer ask.pack")))

    async def answer(consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        async for record in consumer:
            headers = dict(record.headers)
            number, known = headers["correlation_id"], headers["ce_type"] == Predict.name.encode()
            body = answer_to(Predict.model_validate_json(record.value)).model_dump_json().encode() if known else refusal
            marks = [("correlation_id", number), *([] if known else [("refused", b"1")])]
            place = int(headers["reply_partition"])
            await producer.send(headers["reply_topic"].decode(), body, key=number, partition=place, headers=marks)

    async with (
        AIOKafkaConsumer(name, bootstrap_servers=settings.kafka_bootstrap, auto_offset_reset="earliest") as consumer,
        AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap) as producer,
        beside(answer(consumer, producer)),
    ):
        yield


async def test_asks_that_an_older_answerer_cannot_read_together_go_out_again_one_by_one(
    settings: SharedSettings, opened: AsyncExitStack
) -> None:
    # given
    asker = a_bus(settings, "gateway")
    await opened.enter_async_context(asker.running(asks=True))
    await opened.enter_async_context(answerer_of_the_release_before(settings))

    # when
    first = await asyncio.gather(*(asker.ask(asking_for(f"1.0.{number}"), within=WAIT_S) for number in range(MANY)))
    packs = [record for record in await records_on(settings, Predict.topic) if dict(record.headers)["ce_type"] != Predict.name.encode()]
    again = await asyncio.gather(*(asker.ask(asking_for(f"1.1.{number}"), within=WAIT_S) for number in range(MANY)))
    after = [record for record in await records_on(settings, Predict.topic) if dict(record.headers)["ce_type"] != Predict.name.encode()]

    # then nobody waits in vain, and no more are sent that it cannot read
    assert [answer.model_version for answer in first + again] == [f"1.{minor}.{number}" for minor in (0, 1) for number in range(MANY)]
    assert len(packs) == len(after) > 0


async def test_an_asker_of_the_release_before_has_a_record_for_each_of_its_replies(
    settings: SharedSettings, opened: AsyncExitStack
) -> None:
    # given asks that do not say that packs can be read
    await opened.enter_async_context(a_bus(settings, "inference").running(answers=predicting()))
    topic, replies = (topic_name(name, namespace=settings.namespace) for name in (Predict.topic, REPLIES))
    deadline = b"%d" % int((time.time() + WAIT_S) * 1000)

    # when
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap) as producer:
        for number in range(10):
            asked = {"ce_type": Predict.name.encode(), "correlation_id": b"old-%d" % number, "deadline": deadline}
            headers = [*asked.items(), ("reply_topic", replies.encode()), ("reply_partition", b"0")]
            await producer.send(topic, asking_for(f"1.0.{number}").to_json(), key=b"model_1", headers=headers)

    # then
    async def all_are_there() -> bool:
        return len(await records_on(settings, REPLIES)) == 10

    await until(all_are_there)
    assert {record.key for record in await records_on(settings, REPLIES)} == {b"old-%d" % number for number in range(10)}


async def send_asks(settings: SharedSettings, value: bytes, **headers: bytes | None) -> None:
    """Send a record to the topic of predictions: a pack of the asks `a` and `b` but for what the headers say."""
    deadline = b"%d" % int((time.time() + WAIT_S) * 1000)
    pack: dict[str, bytes | None] = {
        "ce_type": b"ask.pack",
        "ask": Predict.name.encode(),
        "correlation_id": b"a+",
        "deadline": deadline,
        "reads_packs": b"1",
        "correlation_ids": b"a b",
        "deadlines": deadline + b" " + deadline,
        "traceparents": b" ",
        "ce_correlationids": b" ",
        "reply_topic": topic_name(REPLIES, namespace=settings.namespace).encode(),
        "reply_partition": b"0",
    }
    sent = [(name, value) for name, value in (pack | headers).items() if value is not None]
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap) as producer:
        await producer.send_and_wait(topic_name(Predict.topic, namespace=settings.namespace), value, key=b"model_1", headers=sent)


@pytest.mark.parametrize(
    "headers",
    [
        {"correlation_ids": b"a b c"},
        {"correlation_ids": b"a  "},
        {"correlation_ids": b"a " + b"b" * 500},
        {"deadlines": b"soon later"},
        {"ask": None},
        # One ask whose number would be taken for two where replies share a record.
        {"ce_type": Predict.name.encode(), "correlation_id": b"a b"},
    ],
    ids=str,
)
async def test_a_record_of_which_it_is_not_clear_who_asks_what_is_set_aside(
    settings: SharedSettings, opened: AsyncExitStack, headers: dict[str, bytes | None]
) -> None:
    await opened.enter_async_context(a_bus(settings, "inference").running(answers=predicting()))
    asker = a_bus(settings, "gateway")
    await opened.enter_async_context(asker.running(asks=True))

    await send_asks(settings, b"{}\n{}", **headers)

    async def is_set_aside() -> bool:
        return len(await records_on(settings, f"{Predict.topic}.dead")) == 1

    await until(is_set_aside)
    assert (await asker.ask(asking_for("1.0.0"), within=WAIT_S)).model_version == "1.0.0"


async def test_each_ask_of_a_pack_has_its_own_deadline(settings: SharedSettings, opened: AsyncExitStack) -> None:
    await opened.enter_async_context(a_bus(settings, "inference").running(answers=predicting()))
    asks = [asking_for(version).to_json() for version in ("1.0.0", "1.0.1", "1.0.2")]
    later = b"%d" % int((time.time() + WAIT_S) * 1000)

    await send_asks(
        settings, b"\n".join(asks), correlation_ids=b"a b c", deadlines=later + b" 1 " + later, traceparents=b"  ", ce_correlationids=b"  "
    )

    async def is_answered() -> bool:
        return len(await records_on(settings, REPLIES)) > 0

    await until(is_answered)
    (replies,) = await records_on(settings, REPLIES)
    assert (replies.key, dict(replies.headers)["correlation_ids"]) == (None, b"a c")
    assert [orjson.loads(line)["model_version"] for line in replies.value.split(b"\n")] == ["1.0.0", "1.0.2"]


async def test_an_answer_with_line_breaks_and_one_that_nobody_waits_for_confuse_no_other(
    settings: SharedSettings, opened: AsyncExitStack
) -> None:
    # given an answerer that writes line breaks into some of its answers
    answers = Answers()

    @answers.to_batch(Predict)
    async def on_predict(asks: Sequence[Predict]) -> Sequence[bytes]:
        written = [orjson.loads(answer_to(ask).model_dump_json()) for ask in asks]
        return [orjson.dumps(each, option=orjson.OPT_INDENT_2 if each["model_version"].endswith("0") else None) for each in written]

    await opened.enter_async_context(a_bus(settings, "inference").running(answers=answers))
    asker = a_bus(settings, "gateway")
    await opened.enter_async_context(asker.running(asks=True))

    # when many ask, and every third goes away at once
    asking = [asyncio.create_task(asker.ask(asking_for(f"1.0.{number}"), within=WAIT_S)) for number in range(MANY)]
    await asyncio.sleep(0)
    for task in asking[::3]:
        task.cancel()
    answered = await asyncio.gather(*asking, return_exceptions=True)

    # then
    kept = [(number, answer) for number, answer in enumerate(answered) if number % 3]
    assert all(isinstance(answer, asyncio.CancelledError) for answer in answered[::3])
    assert [answer.model_version for _, answer in kept if isinstance(answer, Predictions)] == [f"1.0.{number}" for number, _ in kept]


async def test_asks_that_wait_for_a_broker_that_has_died_are_told_so_and_answered_when_it_is_back(
    opened: AsyncExitStack, tmp_path: Path, namespace: str
) -> None:
    # given
    broker = opened.enter_context(own_broker("embedded", tmp_path))
    await broker.start()
    settings = bus_settings(broker.bootstrap, namespace=namespace)
    await opened.enter_async_context(a_bus(settings, "inference").running(answers=predicting()))
    asker = a_bus(settings, "gateway")
    await opened.enter_async_context(asker.running(asks=True))

    async def ask_many() -> set[type]:
        asks = [asker.ask(asking_for(f"1.0.{number}"), within=WAIT_S) for number in range(MANY)]
        return {type(answer) for answer in await asyncio.gather(*asks, return_exceptions=True)}

    async def all_are_answered() -> bool:
        return await ask_many() == {Predictions}

    await until(all_are_answered)

    # when it dies, and is there again
    broker.kill()
    while_away = await ask_many()
    await broker.start()

    # then
    assert while_away == {BrokerAwayError}
    await until(all_are_answered)
