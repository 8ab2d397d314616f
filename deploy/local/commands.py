"""up, down, status, logs and admin for a platform on this machine."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psutil
from rich.console import Console

from deploy.local.platform import Folder, parse_replicas
from deploy.local.ports import is_free
from deploy.local.program import ONE_THREAD, end_marked, marked
from deploy.local.servers import ROOT, find_kafka, ray_folder
from modelbourse.cli.machine import loads, missing_libraries
from modelbourse.cli.showing import print_facts, print_table

SAY_EVERY_S: Final = 20.0
DOWN_WITHIN: Final = 90.0
CACHE_WITHIN_S: Final = 1.0
SERVERS: Final = ("kafka", "mongodb", "redis", "ray")
console = Console(highlight=False)


class RefusedError(Exception):
    """What was asked cannot be done; the message says why and what to do."""


def up(folder: Folder, *, port: int, replicas: str, loads: Callable[[str], bool] = loads) -> dict[str, Any]:
    """Start a platform in the background and return its status when it is ready; `loads` says whether a system library is there.

    Raises RefusedError when it runs already, the port is taken, a system library is missing or a part does not start. Ctrl-C ends it.
    """
    if sentence := missing_libraries(loads):
        raise RefusedError(sentence)
    if (known := folder.read_status()) and _alive(known["supervisor"]):
        msg = f"a platform runs in {folder.path} already ({known['gateway']}): `make status` shows it, `make down` ends it"
        raise RefusedError(msg)
    end_marked(folder.mark)  # Left over from a supervisor that was killed.
    folder.status_file.unlink(missing_ok=True)
    if not is_free(port):
        msg = f"port {port} is taken: choose another, for example `make up PORT={port + 1} RUN_DIR=.run-{port + 1}`"
        raise RefusedError(msg)
    try:
        parse_replicas(replicas)
        find_kafka(os.environ)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    log = folder.log("supervisor")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "deploy.local.supervisor", str(folder.path), str(port), replicas],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, **ONE_THREAD},
        )
    try:
        return _wait_until_ready(folder, supervisor)
    except KeyboardInterrupt:
        console.print("interrupted: ending what was started")
        supervisor.terminate()  # By its pid: it may not have said yet that it is there.
        supervisor.wait(DOWN_WITHIN)
        down(folder)
        raise


def _wait_until_ready(folder: Folder, supervisor: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Wait while the supervisor does, which gives up what does not start; say what is waited for."""
    began = said_at = time.monotonic()
    with console.status("starting the platform") as line:
        while True:
            status = folder.read_status()
            if status and status["error"]:
                supervisor.wait(DOWN_WITHIN)
                folder.status_file.unlink(missing_ok=True)
                raise RefusedError(status["error"])
            if status and status["state"] == "ready":
                return status
            if supervisor.poll() is not None:
                msg = f"the supervisor ended with status {supervisor.returncode}: see {folder.log('supervisor')}"
                raise RefusedError(msg)
            if status and status["waiting_for"]:
                progress = f"waiting for {', '.join(status['waiting_for'])} ({time.monotonic() - began:.0f} s)"
                line.update(f"starting the platform: {progress}")
                if time.monotonic() - said_at > SAY_EVERY_S:
                    said_at = time.monotonic()
                    console.print(f"{progress}: see {folder.path}/log")
            time.sleep(0.05)


def down(folder: Folder) -> bool:
    """End the platform and every process it started; return whether one ran."""
    status = folder.read_status()
    ran = bool(status) or bool(marked(folder.mark))
    if status and _alive(status["supervisor"]):
        os.kill(status["supervisor"], signal.SIGTERM)
        deadline = time.monotonic() + DOWN_WITHIN
        while _alive(status["supervisor"]) and time.monotonic() < deadline:
            time.sleep(0.05)
        if _alive(status["supervisor"]):
            os.kill(status["supervisor"], signal.SIGKILL)
    end_marked(folder.mark)
    shutil.rmtree(ray_folder(folder.ray_mark), ignore_errors=True)  # Still there when the supervisor was killed.
    folder.status_file.unlink(missing_ok=True)
    return ran


def show_status(folder: Folder, *, as_json: bool) -> bool:
    """Print what runs; return whether the platform is up."""
    status = folder.read_status()
    up_now = bool(status) and _alive(status["supervisor"]) if status else False
    left = [] if up_now else marked(folder.mark)
    if as_json:
        down = {"state": "left behind" if left else "down", "processes": [{"pid": pid} for pid in left]}
        sys.stdout.write(json.dumps(status if up_now else down, indent=1) + "\n")
        return up_now
    if left:
        console.print(f"the supervisor of {folder.path} is dead, and {len(left)} of its processes still run: {', '.join(map(str, left))}")
        console.print("nobody starts them again: `make down` ends them, `make up` does so and starts anew")
        return False
    if not status or not up_now:
        console.print(f"nothing runs in {folder.path}: `make up` starts a platform")
        return False
    columns = ("process", "kind", "pid", "memory", "running for", "restarts", "log")
    rows = [
        (entry["name"], entry["kind"], entry["pid"], *_measure(entry["pid"]), status["restarts"].get(entry["name"], 0), entry["log"])
        for entry in status["processes"]
    ]
    print_table(columns, rows, title=f"{status['gateway']}  ({status['state']})", drop=("kind", "log", "memory"), console=console)
    more = {"kafka": f" ({status['broker']})", "redis": f" ({_cache_memory(status['redis'])})"}
    servers = [(name, f"{status[name]}{more.get(name, '')}") for name in SERVERS]
    print_facts([*servers, ("logs", f"{folder.path}/log")], console=console)
    return True


def _cache_memory(url: str) -> str:
    """Return how much of its memory the cache uses, in words."""
    # Here, to keep the other commands light.
    from redis import Redis  # noqa: PLC0415  # as said above
    from redis.exceptions import RedisError  # noqa: PLC0415  # as said above

    from libs.chassis.settings import SharedSettings  # noqa: PLC0415  # as said above
    from libs.chassis.stores.cache import redis_security, share_of  # noqa: PLC0415  # as said above

    try:
        # One that the environment names may ask for a login and TLS.
        settings = SharedSettings(
            profile="development", redis_url=url, kafka_bootstrap="-", mongo_url="mongodb://x", mongo_password=None, artifacts_url="-"
        )
        with Redis.from_url(url, **redis_security(settings), socket_timeout=CACHE_WITHIN_S, socket_connect_timeout=CACHE_WITHIN_S) as redis:
            memory: Any = redis.info("memory")
    except (RedisError, ValueError):
        return "does not answer"
    share, used = share_of(memory), f"{memory['used_memory'] / 2**20:.0f} MiB"
    return f"{used} used" if share is None else f"{used} used, {share:.0%} of what it may have"


def logs(folder: Folder, *, service: str | None, lines: int, follow: bool) -> None:
    """Print (and follow) the logs of one process, or of all services."""
    files = sorted((folder.path / "log").glob("*.log"))
    names = [file.stem for file in files]
    chosen = [file for file in files if service in (None, file.stem)]
    if not chosen:
        msg = f"no log of '{service}' in {folder.path}/log; there are: {', '.join(names) or 'none'}"
        raise RefusedError(msg)
    command = ["tail", "-n", str(lines), *(["-F"] if follow else []), *map(str, chosen)]
    os.execvp(command[0], command)  # noqa: S606  # becomes tail, so that Ctrl-C ends it cleanly


def environment_of(folder: Folder) -> dict[str, str]:
    """Return the environment with which a tool of the platform reaches this platform's servers.

    Raises RefusedError when nothing runs.
    """
    status = folder.read_status()
    if not status or not _alive(status["supervisor"]):
        msg = f"nothing runs in {folder.path}: `make up` first"
        raise RefusedError(msg)
    from deploy.local.platform import Status, service_environment  # noqa: PLC0415  # keeps the other commands light

    fields = {name: status[name] for name in ("gateway", "kafka", "mongodb", "redis", "ray", "broker")}
    port = int(status["gateway"].rpartition(":")[2])
    return {**os.environ, **service_environment(folder, Status(**fields), port=port, given=os.environ), "INSTANCE": "admin"}


def admin(folder: Folder, *, username: str, email: str, password: str) -> int:
    """Make the first admin of the platform; return the exit status."""
    command = [sys.executable, "-m", "services.gateway", "admin", "--username", username, "--email", email]
    environment = environment_of(folder) | {"ADMIN_PASSWORD": password}
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode


def folder_at(path: str) -> Folder:
    """Return the platform's folder; a relative path is taken from the repository's root."""
    return Folder((ROOT / Path(path)).resolve())


def _alive(pid: int) -> bool:
    try:
        return bool(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _measure(pid: int) -> tuple[str, str]:
    try:
        process = psutil.Process(pid)
        return f"{process.memory_info().rss / 2**20:.0f} MiB", f"{time.time() - process.create_time():.0f} s"
    except psutil.NoSuchProcess:
        return "-", "-"
