"""What tests of the bus share: settings for a broker, some events and asks, and a broker that can be killed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from subprocess import Popen
from uuid import uuid4

from deploy.local.ports import free_ports
from deploy.local.program import Program, end, end_marked
from deploy.local.ready import kafka_ready
from deploy.local.servers import apache_kafka, embedded_kafka
from libs.chassis.settings import SharedSettings
from libs.contracts.marketplace import ReserveCredits
from libs.contracts.training import TrainingCancelRequested
from tests.conftest import require_kafka_home


def bus_settings(bootstrap: str, *, idempotence: bool, namespace: str) -> SharedSettings:
    """Return settings for a bus alone."""
    return SharedSettings(
        kafka_bootstrap=bootstrap,
        kafka_idempotence=idempotence,
        kafka_fetch_wait_ms=500 if idempotence else 20,
        mongo_url="mongodb://unused",
        redis_url="redis://unused",
        artifacts_url="unused",
        namespace=namespace,
    )


def wanted(job: str, *, sequence: int = 1) -> TrainingCancelRequested:
    return TrainingCancelRequested(sequence=sequence, job_id=job, account_id="account_1")


def reserving(job: str, hours: str = "1") -> ReserveCredits:
    return ReserveCredits(job_id=job, account_id="account_1", tier="free", hours=Decimal(hours))


@dataclass
class Broker:
    """A broker of a test's own. It is not there until `start`; what it keeps over `kill` depends on its flavour."""

    program: Program
    bootstrap: str
    idempotence: bool
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
        program = embedded_kafka(port=port, log=folder / "log", mark=mark)
    else:
        home = require_kafka_home()
        program = apache_kafka(home=home, port=port, controller=controller, data=folder / "data", log=folder / "log", mark=mark)
    broker = Broker(program, f"127.0.0.1:{port}", idempotence=flavour != "embedded")
    try:
        yield broker
    finally:
        if broker.process:
            end(broker.process, kill_after=program.kill_after)
        end_marked(mark, within=1.0)
