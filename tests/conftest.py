"""Real servers for every test: started once a session on free ports, ended with it."""

import asyncio
import gc
import os
import secrets
import sys
import uuid
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from deploy.local.ports import free_ports
from deploy.local.program import Program, running
from deploy.local.ready import kafka_ready, mongo_ready, redis_ready
from deploy.local.servers import apache_kafka, embedded_kafka, mongod, python_path, ray_environment, valkey
from tests.containers import open_listeners, running_in_container
from tests.memory_disk import folder_in_memory
from tests.secured_kafka import SecuredKafka

# What each worker, and each process that a test starts, imports is compiled once, whatever the environment says of bytecode.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
# What tests start in processes of their own is this checkout's, whatever the environment's installation points at.
os.environ["PYTHONPATH"] = python_path()
# Where a test joins the Ray of all tests from this process; a process that a test starts keeps what it was given.
RAY_TOKEN = os.environ.get("RAY_AUTH_TOKEN") or secrets.token_hex(32)
os.environ.update(ray_environment(RAY_TOKEN))


# Where Apache Kafka, MongoDB and Valkey come from: wheels and KAFKA_HOME, or the images of docker-compose.yml.
SERVERS = os.environ.get("TEST_SERVERS") or "wheels"
if SERVERS not in {"wheels", "containers"}:
    raise pytest.UsageError(f"TEST_SERVERS={SERVERS} is neither `wheels` nor `containers`")

# No time limit: a machine that does other things is no mistake of ours.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Properties are held to the same examples in each run, so that none fails by chance; `make soak` searches on with examples drawn anew.
settings.register_profile("suite", PATIENT, derandomize=True)
settings.register_profile("search", PATIENT, print_blob=True)
settings.load_profile("suite")


# What shares something dear stays together: a platform, Ray, Apache Kafka, the OpenAPI document. In this order: the longest first.
LANES = {
    "journeys": ("tests/journeys/",),
    "client": ("tests/client/",),
    "ray": ("tests/training/test_",),
    "guides": ("tests/guides/",),
    "browser": ("tests/browser/",),
    # Lightning, and what forecasters stand on with it, is six seconds of a core for each worker that imports it.
    "forecasters": ("tests/inference/test_forecasts", "tests/training/learners/test_forecasting"),
    "brokers": ("tests/chassis/", "tests/local/"),
    "document": tuple(f"tests/gateway/test_{name}" for name in ("openapi", "production", "public_address", "borders", "chat.py")),
}
# Fixtures that a lane shares, and that use the machine as long as they are there.
DEAR = frozenset({"platform", "ray_address"})
# Of what has a lane by its file, these take longest.
LONG_FILES = ("tests/training/learners/", "tests/inference/", "tests/faces/")


def lane_of(nodeid: str) -> str:
    """Return the lane of a test; whatever shares nothing dear has one by its file."""
    return next((lane for lane, places in LANES.items() if nodeid.startswith(places)), nodeid.partition("::")[0])


class Lanes(LoadScopeScheduling):  # type: ignore[misc]  # untyped library
    """Lanes side by side; a worker that has ended one takes the next."""

    def _split_scope(self, nodeid: str) -> str:
        return lane_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes:
    """Tell xdist which tests stay together, and that their order is ours."""
    config.option.loadscopereorder = False
    return Lanes(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep what is imported and collected out of the garbage collector's sight: it stays until the end, and is nearly a million objects."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
        # What a test makes is gone with it: whoever looks for cycles a tenth as often finds them as well.
        gc.set_threshold(20_000, 20, 20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: what begins last decides when all have ended."""
    order = {lane: place for place, lane in enumerate(LANES)}

    def place(item: pytest.Item) -> tuple[int, bool, bool]:
        # A platform takes a fifth of a core while nobody asks it anything: what needs none in its lane comes before it is started.
        return order.get(lane_of(item.nodeid), len(order)), not item.nodeid.startswith(LONG_FILES), _needs_what_is_dear(item)

    items.sort(key=place)


def _needs_what_is_dear(item: pytest.Item) -> bool:
    return not DEAR.isdisjoint(getattr(item, "fixturenames", ())) or "[ray" in item.nodeid


@dataclass(frozen=True)
class Kafka:
    """A running broker; `program` can be started again on the same port by chaos tests. `secured` is how Apache Kafka is reached too."""

    flavour: str
    bootstrap: str
    program: Program
    process: int | None
    secured: SecuredKafka | None = None

    @property
    def pid(self) -> int:
        """Its process, to be frozen or killed; skip where it is another machine's, a container's."""
        if self.process is None:
            pytest.skip("a broker in a container has no process here that could be frozen: TEST_SERVERS=wheels runs this")
        return self.process


def find_kafka_home() -> Path | None:
    """Return where an unpacked Apache Kafka lies: KAFKA_HOME, else ../shared/kafka."""
    places = (
        [Path(os.environ["KAFKA_HOME"])] if os.environ.get("KAFKA_HOME") else [Path(__file__).resolve().parents[2] / "shared" / "kafka"]
    )
    return next((place for place in places if any((place / "libs").glob("kafka_*.jar"))), None)


def require_kafka_home() -> Path:
    """Return Apache Kafka's home; without one fail under CI=true, elsewhere skip and say how to get it."""
    home = find_kafka_home()
    if home is None:
        reason = "no Apache Kafka: unpack one (with libs/) and set KAFKA_HOME=…; Java 17 is needed to run it"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return home


@contextmanager
def server_running(program: Program, *, folder: Path, ports: Sequence[int], has_image: bool = True) -> Iterator[int | None]:
    """Run a server from its wheel, or from its image (`TEST_SERVERS`); yield its pid, which one in a container has not."""
    if has_image and SERVERS == "containers":
        with running_in_container(program, folder=folder, ports=ports):
            yield None
    else:
        with running(program) as process:
            yield process.pid


@contextmanager
def kafka_running(flavour: str, folder: Path) -> Iterator[Kafka]:
    """Run a broker of this flavour with its data and log in `folder`."""
    port, controller, sasl, mutual = free_ports(4)
    secured = SecuredKafka.prepare(folder / "certificates", sasl=sasl, mutual=mutual) if flavour != "embedded" else None
    mark = f"tests-{uuid.uuid4().hex}:kafka"
    if secured is None:
        program = embedded_kafka(port=port, data=folder / "broker", log=folder / "kafka.log", mark=mark)
    else:
        home = Path("/opt/kafka") if SERVERS == "containers" else require_kafka_home()
        more: dict[str, Any] = {"properties": secured.properties(port=port, controller=controller), "users": secured.users}
        files = {"data": folder / "kafka", "log": folder / "kafka.log"}
        program = apache_kafka(home=home, port=port, controller=controller, mark=mark, **files, **more)
        if SERVERS == "containers":
            open_listeners(folder / "kafka" / "server.properties")
    with server_running(program, folder=folder, ports=[port, sasl, mutual], has_image=secured is not None) as process:
        asyncio.run(kafka_ready(f"127.0.0.1:{port}"))
        yield Kafka(flavour, f"127.0.0.1:{port}", program, process, secured)


@pytest.fixture(scope="session")
def embedded_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """The embedded broker."""
    with kafka_running("embedded", tmp_path_factory.mktemp("embedded")) as broker:
        yield broker


@pytest.fixture(scope="session")
def apache_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """Apache Kafka."""
    with kafka_running("apache-kafka", tmp_path_factory.mktemp("apache-kafka")) as broker:
        yield broker


FLAVOURS = ["embedded_broker", pytest.param("apache_broker", marks=pytest.mark.real_kafka)]


@pytest.fixture(params=FLAVOURS)
def kafka(request: pytest.FixtureRequest) -> Kafka:
    """A broker of each flavour: embedded, and (marked real_kafka) Apache Kafka."""
    broker: Kafka = request.getfixturevalue(request.param)
    return broker


class NewFolder(Protocol):
    """Makes another empty folder for what services of a test keep as files."""

    def __call__(self) -> Path: ...


@pytest.fixture(scope="session")
def new_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewFolder]:
    """Folders in memory, where there is room: on a disk, each file that is kept is waited for for milliseconds."""
    with folder_in_memory(otherwise=tmp_path_factory.mktemp("folders")) as memory:
        yield lambda: Path(mkdtemp(dir=memory))


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MongoDB replica set of one."""
    folder = tmp_path_factory.mktemp("mongodb")
    (port,) = free_ports(1)
    # Its log of writes in small pieces: it would lay out 300 MB of them.
    small = ["--wiredTigerEngineConfigString", "log=(prealloc=false)"]
    with folder_in_memory(otherwise=folder / "data") if SERVERS == "wheels" else nullcontext(folder / "data") as data:
        program = mongod(port=port, data=data, log=folder / "log", mark=f"tests-{uuid.uuid4().hex}:mongodb", more=small)
        with server_running(program, folder=folder, ports=[port]):
            asyncio.run(mongo_ready(port))
            yield f"mongodb://127.0.0.1:{port}/?replicaSet=rs0"


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Valkey server."""
    folder = tmp_path_factory.mktemp("redis")
    (port,) = free_ports(1)
    program = valkey(port=port, data=folder / "data", log=folder / "log", mark=f"tests-{uuid.uuid4().hex}:redis")
    with server_running(program, folder=folder, ports=[port]):
        asyncio.run(redis_ready(f"redis://127.0.0.1:{port}/0"))
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def namespace() -> str:
    """A name of this test alone: it prefixes topics, groups, databases and keys."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Things to be closed at the end of a test."""
    with ExitStack() as stack:
        yield stack
