"""The gateway's look at the broker, beside the other stories that need a real one: one Apache Kafka serves them all."""

from libs.chassis.bus.broker_probe import broker_answers
from tests.conftest import Kafka


async def test_a_broker_that_answers_is_seen(kafka: Kafka) -> None:
    await broker_answers(f"127.0.0.1:1,{kafka.bootstrap}")
