"""On a Kafka with TLS, logins and access lists each service does its own work with the least rights, and a refusal is one sentence."""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from libs.chassis.bus.broker_probe import broker_answers
from libs.chassis.bus.connection import ssl_context_of
from libs.chassis.bus.handlers import Answers, Facts
from libs.chassis.bus.kafka import KafkaBus
from libs.chassis.bus.port import BrokerAwayError
from libs.chassis.settings import SharedSettings
from libs.contracts.examples import EXAMPLES
from libs.contracts.marketplace import CreditsReserved, ReserveCredits
from libs.contracts.topics import Topic
from libs.contracts.training import TrainingCancelRequested, TrainingCompleted
from tests.certificates import Authority
from tests.chassis.buses import reserving, wanted
from tests.conftest import Kafka
from tests.secured_kafka import SecuredKafka
from tests.waiting import until

pytestmark = pytest.mark.real_kafka


def settings_of(given: dict[str, Any]) -> SharedSettings:
    # Who administers such a broker makes the topics.
    unused = {"mongo_url": "mongodb://unused", "redis_url": "redis://unused", "artifacts_url": "unused"}
    return SharedSettings(kafka_retention="leave", namespace="secured", profile="development", **unused, **given)


def bus_of(service: str, given: dict[str, Any], **more: Any) -> KafkaBus:
    return KafkaBus(settings_of(given), service=service, instance=f"{service}-1", **more)


@pytest.mark.parametrize("way", ["login", "certificate"])
async def test_services_tell_hear_ask_and_answer_with_what_the_contracts_allow_them(
    secured_kafka: SecuredKafka, opened: AsyncExitStack, way: str
) -> None:
    given = getattr(secured_kafka, way)
    gateway, training, marketplace = (bus_of(name, given(name)) for name in ("gateway", "training", "marketplace"))
    heard: list[str] = []
    facts, answers = Facts(), Answers()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        heard.append(event.job_id)

    @answers.to(ReserveCredits)
    async def reserve(ask: ReserveCredits) -> CreditsReserved:
        return CreditsReserved.model_validate(EXAMPLES[CreditsReserved].model_dump() | {"hours": ask.hours})

    await opened.enter_async_context(training.running(facts=facts))
    await opened.enter_async_context(marketplace.running(answers=answers))
    await opened.enter_async_context(gateway.running(asks=True))
    await gateway.publish(wanted(f"job_{way}"))

    assert (await gateway.ask(reserving("job_a", "3"), within=60)).hours == Decimal(3)
    await until(lambda: true_when(f"job_{way}" in heard), what="the event")
    address = settings_of(given("gateway"))
    await broker_answers(address.kafka_bootstrap, security=ssl_context_of(address))


async def test_a_foreign_service_cannot_tell_that_a_training_completed(secured_kafka: SecuredKafka, opened: AsyncExitStack) -> None:
    completed = EXAMPLES[TrainingCompleted]
    assert isinstance(completed, TrainingCompleted)
    foreign = bus_of("inference", secured_kafka.login("inference"))
    await opened.enter_async_context(foreign.running())

    with capture_logs() as lines, pytest.raises(BrokerAwayError):
        await foreign.publish(completed)

    (told,) = [line["event"] for line in lines if line["log_level"] == "error"]
    assert told.startswith(
        "Kafka does not allow the user 'inference' what it needs: TopicAuthorizationFailedError (secured.training.completed);"
    )
    own = bus_of("training", secured_kafka.login("training"))
    await opened.enter_async_context(own.running())
    await own.publish(completed)


async def test_what_is_wrong_with_a_login_or_a_certificate_is_one_sentence(
    secured_kafka: SecuredKafka, apache_broker: Kafka, tmp_path: Path
) -> None:
    stranger, right = Authority(tmp_path, name="stranger"), secured_kafka.login("training")
    old = secured_kafka.authority.issue("training-old", days=-1)
    shown = {"kafka_cert_file": old.cert, "kafka_key_file": old.key}
    wrong = {
        "it does not know the user 'training' with this password (KAFKA_USERNAME, KAFKA_PASSWORD)": right | {"kafka_password": "wrong"},
        "its certificate is signed by no authority that is known here: KAFKA_CA_FILE names one": right | {"kafka_ca_file": stranger.file},
        "it asks for a certificate of ours: KAFKA_CERT_FILE names one": right
        | {"kafka_bootstrap": secured_kafka.mutual, "kafka_security": "SSL", "kafka_username": None, "kafka_password": None},
        "it does not take our certificate (KAFKA_CERT_FILE): has that expired, and does it know who signed it?": secured_kafka.certificate(
            "training"
        )
        | shown,
        "it hangs up at once: it may not speak KAFKA_SECURITY_PROTOCOL=SASL_SSL there": right
        | {"kafka_bootstrap": apache_broker.bootstrap},
    }

    async with AsyncExitStack() as stack:
        lines = stack.enter_context(capture_logs())
        for given in wrong.values():
            await stack.enter_async_context(bus_of("training", given, start_within_s=0).running())

        def told() -> list[str]:
            return [line["event"] for line in lines if line["log_level"] == "error"]

        await until(lambda: true_when(len(told()) >= len(wrong)), what="a sentence for each")

    assert sorted(sentence.partition(" refuses us: ")[2] for sentence in told()) == sorted(wrong)
    assert not [line for line in lines if line.get("exc_info")]


async def test_somebodys_own_consumer_logs_in_by_its_environment(
    secured_kafka: SecuredKafka, opened: AsyncExitStack, tmp_path: Path
) -> None:
    training = bus_of("training", secured_kafka.login("training"))
    await opened.enter_async_context(training.running())
    completed = EXAMPLES[TrainingCompleted]
    assert isinstance(completed, TrainingCompleted)
    await training.publish(completed)
    command = [sys.executable, "docs/guides/consume_events.py", "--bootstrap", secured_kafka.sasl, "--namespace", "secured"]
    login = {"KAFKA_USERNAME": "consumer", "KAFKA_PASSWORD": secured_kafka.passwords["consumer"]}
    environment = login | {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_CA_FILE": str(secured_kafka.authority.file)}

    consumer = await asyncio.create_subprocess_exec(
        *command, "--database", str(tmp_path / "events"), env=os.environ | environment, stdout=asyncio.subprocess.PIPE
    )
    assert consumer.stdout is not None
    line = (await consumer.stdout.readline()).decode()
    consumer.terminate()
    await consumer.communicate()

    assert f"training.completed     {completed.job_id}" in line


async def test_topics_that_are_missing_and_may_not_be_made_are_named(secured_kafka: SecuredKafka) -> None:
    missing = Topic("training.imagined", 1, timedelta(days=1), "training", ())

    with capture_logs() as lines:
        async with bus_of("training", secured_kafka.login("training"), topics=(missing,), start_within_s=0).running():
            await until(lambda: true_when(any(line["log_level"] == "error" for line in lines)), what="a sentence")

    told = next(line["event"] for line in lines if line["log_level"] == "error")
    assert told.startswith("Kafka does not allow the user 'training' to make topics that are missing: secured.training.imagined;")


async def true_when(condition: bool) -> bool:
    return condition
