"""What tests of the bus share: settings for a broker, some events and asks, and a broker that can be killed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from subprocess import Popen
from typing import Any
from uuid import uuid4

from deploy.local.ports import free_ports
from deploy.local.program import Program, ask_to_end, end_marked, finish
from deploy.local.ready import kafka_ready
from deploy.local.servers import apache_kafka, embedded_kafka
from libs.chassis.bus.dead_letters import DeadLetters
from libs.chassis.bus.delivery import Policy
from libs.chassis.bus.kafka import KafkaBus
from libs.chassis.settings import SharedSettings
from libs.contracts.llm import AnswerQuestion
from libs.contracts.marketplace import CreditsCharged, ReserveCredits, SettleCredits
from libs.contracts.topics import ASKS, EVENTS, REPLIES, Topic, every_topic
from libs.contracts.training import TrainingCancelRequested
from tests.conftest import require_kafka_home


def bus_settings(bootstrap: str, *, namespace: str) -> SharedSettings:
    """Return settings for a bus alone."""
    return SharedSettings(
        kafka_bootstrap=bootstrap,
        mongo_url="mongodb://unused",
        redis_url="redis://unused",
        artifacts_url="unused",
        namespace=namespace,
    )


def few_topics() -> tuple[Topic, ...]:
    """Return the topics that tests of the bus speak on: making all of them for each test would cost more than the test."""
    spoken = {
        EVENTS[TrainingCancelRequested].name,
        EVENTS[CreditsCharged].name,
        ASKS[ReserveCredits].name,
        ASKS[SettleCredits].name,
        ASKS[AnswerQuestion].name,
        REPLIES,
    }
    return tuple(topic for topic in every_topic() if topic.name.removesuffix(".dead") in spoken)


def kafka_bus(settings: SharedSettings, *, service: str, instance: str, policy: Policy | None = None, **more: Any) -> KafkaBus:
    """Return a bus on those topics."""
    return KafkaBus(settings, service=service, instance=instance, policy=policy, topics=few_topics(), **more)


def dead_letters(settings: SharedSettings) -> DeadLetters:
    """Return the dead letters of those topics."""
    return DeadLetters(settings, topics=few_topics())


def wanted(job: str, *, sequence: int = 1, account: str = "account_1") -> TrainingCancelRequested:
    return TrainingCancelRequested(sequence=sequence, job_id=job, account_id=account)


def reserving(job: str, hours: str = "1") -> ReserveCredits:
    return ReserveCredits(job_id=job, account_id="account_1", tier="free", hours=Decimal(hours))


@dataclass
class Broker:
    """A broker of a test's own. It is not there until `start`, and keeps over `kill` what it was told."""

    program: Program
    bootstrap: str
    process: Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it and return when it answers."""
        self.process = self.program.start()
        await kafka_ready(self.bootstrap)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@contextmanager
def own_broker(flavour: str, folder: Path) -> Iterator[Broker]:
    """Prepare a broker without starting it; end it afterwards."""
    port, controller = free_ports(2)
    mark = f"tests-{uuid4().hex}:own-kafka"
    if flavour == "embedded":
        program = embedded_kafka(port=port, data=folder / "data", log=folder / "log", mark=mark)
    else:
        home = require_kafka_home()
        program = apache_kafka(home=home, port=port, controller=controller, data=folder / "data", log=folder / "log", mark=mark)
    broker = Broker(program, f"127.0.0.1:{port}")
    try:
        yield broker
    finally:
        if broker.process:
            ask_to_end(program, broker.process)
            finish(program, broker.process)
        end_marked(mark, within=1.0)
