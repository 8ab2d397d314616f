"""A platform's folder on disk: its ports, secrets, and `platform.json`, which says at any moment what runs."""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.local.ports import free_ports, is_free
from deploy.local.servers import RAY_PORTS, RAY_WORKER_PORTS, ray_environment

# What MLFLOW_TRACKING_URI says for a file of the platform's own, beside its data.
OWN_MLFLOW: Final = "sqlite"
SERVICES: Final = ("marketplace", "monitoring", "inference", "training", "gateway")


@dataclass(frozen=True)
class Running:
    """One process of the platform; `pid` is the process itself."""

    name: str
    kind: str
    pid: int
    log: str


@dataclass
class Status:
    """What `platform.json` holds. `state`: starting, ready, stopping."""

    gateway: str
    kafka: str
    mongodb: str
    redis: str
    ray: str
    broker: str
    state: str = "starting"
    supervisor: int = 0
    run_dir: str = ""
    restarts: dict[str, int] = field(default_factory=dict)
    error: str | None = None
    waiting_for: list[str] = field(default_factory=list)
    processes: list[Running] = field(default_factory=list)


@dataclass(frozen=True)
class Folder:
    """RUN_DIR: data, logs, probes and secrets of one platform."""

    path: Path

    @property
    def mark(self) -> str:
        """What every process of this platform carries in its environment; ends with `:`."""
        return f"{self.path}:"

    @property
    def ray_mark(self) -> str:
        """What the processes of Ray carry; its folder is named after it."""
        return f"{self.mark}ray"

    @property
    def status_file(self) -> Path:
        """Where `platform.json` lies."""
        return self.path / "platform.json"

    def log(self, name: str) -> Path:
        """Where a process writes."""
        return self.path / "log" / f"{name}.log"

    def write_status(self, status: Status) -> None:
        """Replace `platform.json` atomically."""
        _replace(self.status_file, json.dumps(asdict(status), indent=1))

    def read_status(self) -> dict[str, Any] | None:
        """Return what `platform.json` holds, or None when nothing was started here (or it was taken down)."""
        try:
            content: dict[str, Any] = json.loads(self.status_file.read_text())
        except FileNotFoundError:
            return None
        return content

    def ports(self) -> dict[str, int]:
        """Return this platform's ports: those of its last run where they are free, else fresh ones."""
        names = ["kafka", "controller", "mongodb", "redis", *RAY_PORTS]
        file = self.path / "ports.json"
        known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        fresh = dict(zip(names, free_ports(len(names)), strict=True))
        chosen = {name: known[name] if name in known and is_free(known[name]) else fresh[name] for name in names}
        chosen["ray-workers"] = _worker_ports(known.get("ray-workers"))
        _replace(file, json.dumps(chosen))
        return chosen

    def jwt_keys(self) -> str:
        """Return the gateway's signing keys of this platform (`kid:secret`), made once."""
        return self._secret("jwt-keys", lambda: f"local-1:{secrets.token_urlsafe(48)}")

    def ray_token(self) -> str:
        """Return what whoever joins this platform's Ray must bring, made once."""
        return self._secret("ray-token", lambda: secrets.token_hex(32))

    def _secret(self, name: str, make: Callable[[], str]) -> str:
        """Return a secret that its owner alone can read."""
        file = self.path / name
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(make())
        return file.read_text()


def parse_replicas(text: str) -> dict[str, int]:
    """Read `training=2 gateway=2`; services that are not named have one process.

    Raises ValueError with a sentence for people.
    """
    counts = dict.fromkeys(SERVICES, 1)
    for item in text.split():
        name, _, count = item.partition("=")
        if name not in counts or not count.isdigit() or not 1 <= int(count) <= 16:  # noqa: PLR2004  # said in the message
            msg = f"REPLICAS: '{item}' is not <service>=<1..16>; services are {', '.join(SERVICES)}"
            raise ValueError(msg)
        counts[name] = int(count)
    return counts


def service_environment(folder: Folder, status: Status, *, port: int, given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of all services; what the user's environment sets wins."""
    defaults = {
        "PROFILE": "development",
        "KAFKA_BOOTSTRAP": status.kafka,
        "MONGO_URL": status.mongodb,
        "REDIS_URL": status.redis,
        "RAY_ADDRESS": status.ray,
        "ARTIFACTS_URL": (folder.path / "artifacts").as_uri(),
        "MARKET_LAKE": str(folder.path / "lake"),
        "PROBE_DIR": str(folder.path / "probes"),
        "LOG_FORMAT": "console",
        "GATEWAY_HOST": "127.0.0.1",
        "GATEWAY_JWT_KEYS": folder.jwt_keys(),
    }
    if not any(given.get(name) for name in ("ARTIFACTS_URL", "MONGO_URL", "NAMESPACE")):
        defaults["GATEWAY_ARTIFACT_LIFE"] = "P30D"  # The folder is this platform's alone, and all that names its files is in its database.
    if given.get("MLFLOW_TRACKING_URI") == OWN_MLFLOW:
        given = {**given, "MLFLOW_TRACKING_URI": f"sqlite:///{folder.path / 'mlflow.db'}"}
        defaults["MLFLOW_TRACKING_URI"] = ""
    # An empty variable is how a Makefile says that there is none.
    environment = {name: given.get(name) or value for name, value in defaults.items()} | {"GATEWAY_PORT": str(port)}
    # A token that another program has left with this user is not that of our cluster.
    return environment if given.get("RAY_ADDRESS") else environment | ray_environment(folder.ray_token())


def _worker_ports(known: int | None) -> int:
    candidates = [known] if known else []
    candidates += [20000 + RAY_WORKER_PORTS * (secrets.randbelow(250)) for _ in range(50)]
    return next(first for first in candidates if all(is_free(first + offset) for offset in range(RAY_WORKER_PORTS)))


def _replace(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(file)
