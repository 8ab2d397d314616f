"""Whatever becomes of a record, who asked is told, and the next ask of its key is sent."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from libs.chassis.bus.packs import Headers, Packer, Place, WaitingAsk
from libs.chassis.bus.port import BrokerAwayError
from libs.chassis.bus.sender import Acknowledgement
from libs.chassis.bus.waiting import Waiting
from libs.chassis.liveness.fleet import new_registry

HERE = Place("asks", b"key", 0)


@dataclass
class Broker:
    """Takes records; what happens to the first ones is said."""

    first: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, _: Place, value: bytes, __: Headers) -> Acknowledgement:
        self.reached.set()
        if self.first:
            await self.first.pop(0)()
        self.values.append(value)
        sent = asyncio.get_running_loop().create_future()
        sent.set_result(None)
        return sent

    def packer(self) -> Packer:
        return Packer(post=self.post, headers=lambda *_: [], on_sent=lambda *_: None)


def an_ask(body: bytes) -> WaitingAsk:
    return WaitingAsk("prediction.make", body, body, b"1", b"", b"", Waiting("prediction.make", 60.0))


async def away() -> None:
    raise BrokerAwayError


async def for_ever() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("happens", [away, for_ever])
async def test_asks_of_a_record_that_is_not_taken_are_told_and_the_next_is_sent(happens: Callable[[], Awaitable[None]]) -> None:
    broker = Broker(first=[happens])
    packer, lost, next_ones = broker.packer(), [an_ask(b"1"), an_ask(b"2")], [an_ask(b"3"), an_ask(b"4")]

    for ask in lost:
        packer.add(HERE, ask)
    answers = await asyncio.gather(*(ask.waiting.answer for ask in lost), return_exceptions=True)
    for ask in next_ones:
        packer.add(HERE, ask)
    await asyncio.sleep(0)
    await packer.stop()

    assert [type(answer) for answer in answers] == [BrokerAwayError, BrokerAwayError]
    assert answers[0] is not answers[1]
    assert broker.values == [b"3\n4"]


async def test_who_asks_while_it_stops_is_told() -> None:
    broker = Broker(first=[for_ever])
    packer, asks = broker.packer(), [an_ask(b"1"), an_ask(b"2"), an_ask(b"3")]

    packer.add(HERE, asks[0])
    await broker.reached.wait()
    packer.add(HERE, asks[1])
    packer.add(Place("asks", b"other", 0), asks[2])
    await packer.stop()
    late = an_ask(b"4")
    packer.add(HERE, late)

    answers = await asyncio.gather(*(ask.waiting.answer for ask in [*asks, late]), return_exceptions=True)
    assert [type(answer) for answer in answers] == [BrokerAwayError] * 4


async def test_how_many_asks_a_record_has_is_counted() -> None:
    broker, page, asks = Broker(), new_registry(), [an_ask(b"1"), an_ask(b"2"), an_ask(b"3")]
    packer = broker.packer()

    def counted() -> tuple[float, float]:
        samples = (page.get_sample_value(f"modelbourse_ask_record_asks_{part}", {"ask": "prediction.make"}) for part in ("count", "sum"))
        records, sent = (sample or 0.0 for sample in samples)
        return records, sent

    records, sent = counted()
    for ask in asks:
        packer.add(HERE, ask)
    await asyncio.sleep(0)
    await packer.stop()

    assert broker.values == [b"1\n2\n3"]
    assert counted() == (records + 1, sent + 3)
