"""A whole platform in processes of its own, as `make up` starts it, and what a test does to it."""

import contextlib
import json
import os
import random
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from deploy.local.platform import Folder
from deploy.local.ports import free_ports
from deploy.local.program import marked
from deploy.local.servers import ray_folder
from tests.freezing import frozen

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("gateway", "training", "inference", "marketplace", "monitoring")
# Ray says in a process's title which method of an actor runs. Every runner is asked whether it has a job, those that have one are watched
# over and over: the moments between two watches look like waiting.
WARM = "ray::Runner"
BUSY = "ray::Runner.watch"


@dataclass(frozen=True)
class Platform:
    """A running platform; `run_dir` holds its data and logs, `told` is what its start printed."""

    run_dir: Path
    environment: Mapping[str, str]
    told: str = ""

    def status(self) -> dict[str, Any]:
        """Return what `platform.json` says at this moment."""
        status: dict[str, Any] = json.loads((self.run_dir / "platform.json").read_text())
        return status

    def told_status(self) -> dict[str, Any]:
        """Return what `make status JSON=1` prints."""
        done = deploy("status", "--run-dir", str(self.run_dir), "--json", environment=self.environment)
        status: dict[str, Any] = json.loads(done.stdout)
        return status

    @property
    def gateway(self) -> str:
        """The gateway's address."""
        return str(self.status()["gateway"])

    def pid(self, name: str) -> int | None:
        """Return the pid of a named process, or None while it is being started again."""
        return next((entry["pid"] for entry in self.status()["processes"] if entry["name"] == name), None)

    def alive(self) -> set[int]:
        """Return the pids of its processes that run at this moment."""
        return {entry["pid"] for entry in self.status()["processes"] if entry["pid"] and psutil.pid_exists(entry["pid"])}

    def pid_when_it_runs(self, name: str, *, within: float = 120.0) -> int:
        """Return the pid of a named process; an earlier story may have killed it, and it is being started again."""
        deadline = time.monotonic() + within
        while (pid := self.pid(name)) is None:
            assert time.monotonic() < deadline, f"{name} does not run"
            time.sleep(0.05)
        return pid

    def serves(self, name: str, *, since: float) -> bool:
        """Tell whether a service's process has said after a moment (Unix seconds) that it serves: one that was killed begins for seconds."""
        try:
            return (self.run_dir / "probes" / f"{name}.ready").stat().st_mtime > since
        except FileNotFoundError:
            return False

    def kill(self, name: str) -> int:
        """kill -9 a named process, when it runs; return its pid."""
        pid = self.pid_when_it_runs(name)
        _signal(pid, signal.SIGKILL)
        return pid

    def kill_one_of(self, name: str, choice: random.Random) -> int | None:
        """kill -9 any of the processes of a service or server; return its pid, or None when none runs."""
        replica = re.compile(rf"{name}(-\d+)?")
        return _kill_one([entry["pid"] for entry in self.status()["processes"] if replica.fullmatch(entry["name"])], choice)

    def kill_an_actor(self, choice: random.Random) -> int | None:
        """kill -9 one of Ray's runners that has a job; return its pid, or None when none is seen at work."""
        return _kill_one([pid for pid in marked(f"{self.run_dir}:ray") if _title(pid) == BUSY], choice)

    def has_warm_runners(self, count: int) -> bool:
        """Tell whether so many runners wait for a job, their imports done (Ray says in a process's title what it does)."""
        return sum(_title(pid) == WARM for pid in marked(f"{self.run_dir}:ray")) >= count

    def kill_the_ray_agent(self) -> None:
        """kill -9 the agent beside Ray's raylet, which then ends too, in good order."""
        raylet = self.pid("ray-raylet")
        assert raylet is not None
        (pid,) = [child.pid for child in psutil.Process(raylet).children() if _title(child.pid) == "ray::RuntimeEnvAgent"]
        _signal(pid, signal.SIGKILL)

    def frozen(self, name: str) -> AbstractContextManager[None]:
        """Freeze a process for the length of the block."""
        return frozen(self.pid_when_it_runs(name))

    def until_back(self, name: str, *, other_than: int, within: float = 180.0) -> float:
        """Wait until a killed process runs again under another pid; return after how many seconds."""
        began = time.monotonic()
        while (pid := self.pid(name)) is None or pid == other_than:
            assert time.monotonic() - began < within, f"{name} was not started again"
            time.sleep(0.05)
        return time.monotonic() - began


@contextmanager
def platform_running(
    run_dir: Path, *, broker: str, kafka_home: Path | None, begin: Sequence[str] = ("up",), **settings: str
) -> Iterator[Platform]:
    """Start a platform with a broker of this flavour, by `make up` or as `begin` says, and end it, leaving no process."""
    environment = {name: value for name, value in os.environ.items() if name not in {"KAFKA_HOME", "KAFKA_BOOTSTRAP"}} | settings
    # As on a machine where another program has left a token for Ray: it must keep none of ours out.
    environment |= {"RAY_AUTH_MODE": "", "RAY_AUTH_TOKEN": secrets.token_hex(16)}
    if broker == "apache-kafka":
        assert kafka_home is not None
        environment["KAFKA_HOME"] = str(kafka_home)
    (port,) = free_ports(1)
    replicas = settings.get("REPLICAS", "")
    done = deploy(*begin, "--run-dir", str(run_dir), "--port", str(port), "--replicas", replicas, environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    platform = Platform(run_dir, environment, done.stdout)
    ray = ray_folder(Folder(run_dir).ray_mark)
    assert ray.exists()
    try:
        yield platform
    finally:
        sessions = {entry["pid"] for entry in platform.status()["processes"]}
        deploy("down", "--run-dir", str(run_dir), environment=environment)
        assert marked(f"{run_dir}:") == []
        assert not ray.exists()
        left = [process for process in psutil.process_iter() if _session(process.pid) in sessions]
        assert psutil.wait_procs(left, timeout=60)[1] == []


def deploy(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run what a door of the Makefile runs."""
    command = [sys.executable, "-m", "deploy.local", *arguments]
    return subprocess.run(command, cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False, timeout=300)


def _signal(pid: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # It may end by itself meanwhile.
        os.kill(pid, how)


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid) if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE else None
    except (ProcessLookupError, psutil.NoSuchProcess):
        return None


def _kill_one(pids: Sequence[int], choice: random.Random) -> int | None:
    if not pids:
        return None
    pid = choice.choice(sorted(pids))
    _signal(pid, signal.SIGKILL)
    return pid


def _title(pid: int) -> str:
    try:
        return " ".join(psutil.Process(pid).cmdline()).strip()
    except psutil.NoSuchProcess:
        return ""
