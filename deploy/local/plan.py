"""What a platform consists of: which servers and services run, where, and how each is known to be ready."""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.platform import SERVICES, Folder, Status, service_environment
from deploy.local.program import Program
from deploy.local.ready import NotReadyError, kafka_ready, mongo_ready, redis_ready, until
from deploy.local.servers import apache_kafka, embedded_kafka, find_kafka, mongod, python_path, ray_head, valkey
from libs.chassis.liveness.probe import examine


@dataclass(frozen=True)
class Part:
    """A program and the check that it serves."""

    program: Program
    ready: Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Plan:
    """Everything to be started, side by side; it is ended in order: services, then the cluster, then the servers."""

    status: Status
    servers: list[Part]
    cluster: list[Part]
    services: list[Part]


def make_plan(folder: Folder, *, port: int, replicas: Mapping[str, int], given: Mapping[str, str]) -> Plan:
    """Decide what to start. Addresses in the environment (KAFKA_BOOTSTRAP, MONGO_URL, REDIS_URL, RAY_ADDRESS) are used, not started."""
    ports = folder.ports()
    kafka_home = find_kafka(given)
    broker = "external" if given.get("KAFKA_BOOTSTRAP") else "apache-kafka" if kafka_home else "embedded"
    status = Status(
        gateway=f"http://127.0.0.1:{port}",
        kafka=given.get("KAFKA_BOOTSTRAP") or f"127.0.0.1:{ports['kafka']}",
        mongodb=given.get("MONGO_URL") or f"mongodb://127.0.0.1:{ports['mongodb']}/?replicaSet=rs0",
        redis=given.get("REDIS_URL") or f"redis://127.0.0.1:{ports['redis']}/0",
        ray=given.get("RAY_ADDRESS") or f"127.0.0.1:{ports['--port']}",
        broker=broker,
        run_dir=str(folder.path),
    )
    servers: list[Part] = []
    if broker != "external":
        servers.append(_kafka(folder, ports, home=kafka_home))
    if not given.get("MONGO_URL"):
        servers.append(_mongodb(folder, ports["mongodb"]))
    if not given.get("REDIS_URL"):
        servers.append(_redis(folder, ports["redis"]))
    cluster = [] if given.get("RAY_ADDRESS") else [_ray(folder, ports)]
    environment = service_environment(folder, status, port=port, given=given)
    services = [_service(folder, name, number, environment) for name in SERVICES for number in range(1, replicas[name] + 1)]
    return Plan(status, servers, cluster, services)


def _kafka(folder: Folder, ports: Mapping[str, int], *, home: Path | None) -> Part:
    log, mark = folder.log("kafka"), f"{folder.mark}kafka"
    if home is None:
        program = embedded_kafka(port=ports["kafka"], data=folder.path / "data" / "broker", log=log, mark=mark)
    else:
        data = folder.path / "data" / "kafka"
        program = apache_kafka(home=home, port=ports["kafka"], controller=ports["controller"], data=data, log=log, mark=mark)
    return Part(program, lambda: kafka_ready(f"127.0.0.1:{ports['kafka']}"))


def _mongodb(folder: Folder, port: int) -> Part:
    program = mongod(port=port, data=folder.path / "data" / "mongodb", log=folder.log("mongodb"), mark=f"{folder.mark}mongodb")
    return Part(program, lambda: mongo_ready(port))


def _redis(folder: Folder, port: int) -> Part:
    program = valkey(port=port, data=folder.path / "data" / "redis", log=folder.log("redis"), mark=f"{folder.mark}redis")
    return Part(program, lambda: redis_ready(f"redis://127.0.0.1:{port}/0"))


def _ray(folder: Folder, ports: Mapping[str, int]) -> Part:
    ray_ports = [number for name, number in ports.items() if name.startswith("--")]
    log = folder.log("ray")
    cpus = max(2, os.cpu_count() or 2)
    program = ray_head(
        ports=ray_ports, worker_ports=ports["ray-workers"], cpus=cpus, token=folder.ray_token(), log=log, mark=folder.ray_mark
    )
    begin = log.stat().st_size if log.exists() else 0

    async def started() -> None:
        if b"Ray runtime started" not in log.read_bytes()[begin:]:
            msg = f"see {log}"
            raise NotReadyError(msg)

    return Part(program, lambda: until(started, what="Ray"))


def _service(folder: Folder, service: str, number: int, environment: Mapping[str, str]) -> Part:
    name = service if number == 1 else f"{service}-{number}"
    program = Program(
        name=name,
        kind="service",
        argv=[sys.executable, "-m", f"services.{service}"],
        env={**environment, "INSTANCE": name, "PYTHONPATH": python_path()},
        log=folder.log(name),
        mark=f"{folder.mark}{name}",
        kill_after=25,
    )
    probe = Path(environment["PROBE_DIR"]) / name
    probe.with_name(f"{name}.ready").unlink(missing_ok=True)

    async def ready() -> None:
        if problem := examine("ready", place=probe):
            msg = f"{problem}; see {program.log}"
            raise NotReadyError(msg)

    return Part(program, lambda: until(ready, what=name))
