"""The process that keeps a platform running: starts its parts, starts again what dies, and ends all of it."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import psutil

from deploy.local.plan import Part, Plan, make_plan
from deploy.local.platform import Folder, Running, Status, parse_replicas
from deploy.local.program import ask_to_end, end_marked, finish
from deploy.local.rotating import rotate
from deploy.local.servers import ray_last_words

# A service that dies is back within 2 s: an attempt is made at once, and later ones no further apart than this.
LONGEST_PAUSE: Final = 1.5
LOOK_EVERY: Final = 0.1
LOOK_AT_LOGS_EVERY: Final = 10.0
START_ATTEMPTS: Final = 5
# What a service ends with when it cannot read its settings (libs/chassis/settings.py): another attempt would end the same way.
WRONG_SETTINGS: Final = 2
RAY_PARTS: Final = {"gcs_server": "ray-gcs", "raylet": "ray-raylet"}


class Supervisor:
    """Runs one platform until asked to stop."""

    def __init__(self, folder: Folder, plan: Plan) -> None:
        self._folder, self._plan = folder, plan
        self._status: Status = plan.status
        self._status.supervisor = os.getpid()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._all_ready, self._stop = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        """Start everything, keep it running until SIGTERM or SIGINT, end everything."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stop.set)
        try:
            async with asyncio.TaskGroup() as tasks:
                keeping = tasks.create_task(self._keep_running())
                await self._stop.wait()
                self._status.state = "stopping"
                keeping.cancel()
        finally:
            await asyncio.to_thread(self._end)

    async def _keep_running(self) -> None:
        # Side by side: services import what they need while servers start, and wait for them by themselves.
        parts = [*self._plan.servers, *self._plan.services, *self._plan.cluster]
        self._status.waiting_for = [part.program.name for part in parts]
        try:
            async with asyncio.TaskGroup() as tasks:
                for part in parts:
                    self._start(part)
                for part in parts:
                    tasks.create_task(self._keep(part))
                await self._all_ready.wait()
                self._status.state = "ready"
                tasks.create_task(_keep_logs_small(self._folder.path / "log"))
                while True:
                    self._write()  # Ray's own processes come and go under its head.
                    await asyncio.sleep(1)
        except ExceptionGroup as errors:  # Whatever it was, `up` must hear of it, and nothing may be left behind.
            error = errors.exceptions[0]
            self._status.error = f"{type(error).__name__}: {error}"
            self._write()
            self._stop.set()

    async def _keep(self, part: Part) -> None:
        """Wait for a part, and watch it from then on: one that dies while others still start is missed by them."""
        await self._until_ready(part)
        self._status.waiting_for.remove(part.program.name)
        if not self._status.waiting_for:
            self._all_ready.set()
        self._write()
        await self._watch(part)

    async def _until_ready(self, part: Part) -> None:
        """Wait for a part as long as it lives; one that dies, as a whole or in its heart, is started again a few times."""
        name = part.program.name
        ready, attempts = asyncio.ensure_future(part.ready()), 1
        raylets = _Raylets(self._processes[name].pid)
        while not ready.done():
            process = self._processes[name]
            if part.program.kind == "ray" and raylets.are_gone():
                _say(f"{name} (pid {process.pid}) has lost its raylet before it was ready")
                process.kill()
                process.wait()
            ended = process.poll()
            hopeless = part.program.kind == "service" and ended == WRONG_SETTINGS
            if ended is not None and (hopeless or attempts == START_ATTEMPTS):
                ready.cancel()
                msg = f"{name} ended with status {process.returncode} before it was ready:\n{self._last_words(part)}"
                raise RuntimeError(msg)
            if ended is not None:
                attempts += 1
                _say(f"{name} ended with status {process.returncode} before it was ready; starting it again")
                await self._start_again(part, process)
                raylets = _Raylets(self._processes[name].pid)
            await asyncio.wait([ready], timeout=LOOK_EVERY)
        await ready

    async def _watch(self, part: Part) -> None:
        name, pause = part.program.name, 0.0
        while True:
            process, since = self._processes[name], time.monotonic()
            raylets = _Raylets(process.pid) if part.program.kind == "ray" else None
            while process.poll() is None:
                await asyncio.sleep(LOOK_EVERY)
                if raylets and raylets.are_gone():
                    _say(f"{name} (pid {process.pid}) has lost its raylet")
                    process.kill()
            self._status.restarts[name] = self._status.restarts.get(name, 0) + 1
            _say(f"{name} (pid {process.pid}) ended with status {process.returncode}; starting it again")
            pause = 0.0 if time.monotonic() - since > 10 * LONGEST_PAUSE else min(LONGEST_PAUSE, pause + 0.5)
            await self._start_again(part, process, pause=pause)

    async def _start_again(self, part: Part, ended: subprocess.Popen[bytes], *, pause: float = 0.0) -> None:
        self._write()  # Nobody shall take the dead one for a live one while it is cleared away.
        if part.program.kind == "ray" and (words := ray_last_words(part.program.mark)):
            with part.program.log.open("a") as log:  # Its own folder goes when it is ended.
                log.write(f"{words}\n")
        await asyncio.to_thread(end_marked, part.program.mark, within=1.0, session=ended.pid)
        await asyncio.sleep(pause)
        self._start(part)

    def _last_words(self, part: Part) -> str:
        written = part.program.log.read_text(errors="replace")[-1500:]
        return "\n".join(filter(None, [written, ray_last_words(part.program.mark) if part.program.kind == "ray" else ""]))

    def _start(self, part: Part) -> None:
        self._processes[part.program.name] = part.program.start()
        self._write()

    def _write(self) -> None:
        parts = [*self._plan.servers, *self._plan.cluster, *self._plan.services]
        running: list[Running] = []
        for program in (part.program for part in parts):
            process = self._processes.get(program.name)
            if process is None or process.poll() is not None:
                continue
            running.append(Running(program.name, program.kind, process.pid, str(program.log)))
            if program.kind == "ray":
                running += _ray_processes(process.pid, log=str(program.log))
        self._status.processes = running
        self._folder.write_status(self._status)

    def _end(self) -> None:
        self._write()
        for parts in (self._plan.services, self._plan.cluster, self._plan.servers):
            processes = [(part, self._processes[part.program.name]) for part in parts if part.program.name in self._processes]
            for part, process in processes:
                ask_to_end(part.program, process)
            for part, process in processes:
                if not finish(part.program, process):
                    _say(f"{part.program.name} did not end within {part.program.kill_after:.0f} s of SIGTERM: killed")
        if self._status.error is None:
            self._folder.status_file.unlink(missing_ok=True)


async def _keep_logs_small(folder: Path) -> None:
    while True:
        try:
            for log in await asyncio.to_thread(rotate, folder):
                _say(f"{log} has become too large: what was in it is in {log.name}.1")
        except OSError as error:  # Logs must not end what they are about.
            _say(f"a log in {folder} could not be copied aside: {error}")
        await asyncio.sleep(LOOK_AT_LOGS_EVERY)


class _Raylets:
    """Notices when a head has lost its raylet.

    Ray's own watch takes no notice of a raylet that ended in good order, as it does when its agent dies.
    """

    def __init__(self, head: int) -> None:
        self._head, self._seen, self._look_at = head, False, 0.0

    def are_gone(self) -> bool:
        """Return True once there was one and is none; looks once a second, however often it is asked."""
        if time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + 1.0
        there = any(process.name == RAY_PARTS["raylet"] for process in _ray_processes(self._head, log=""))
        self._seen = self._seen or there
        return self._seen and not there


def _ray_processes(head: int, *, log: str) -> list[Running]:
    with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError):
        return [Running(RAY_PARTS[name], "ray", child.pid, log) for child in _children(head) if (name := _name_of(child)) in RAY_PARTS]
    return []  # The head ended between two looks; its watcher will say so.


def _children(pid: int) -> list[psutil.Process]:
    """Return a process's children, by the kernel's own list where it keeps one: psutil looks through all processes of the machine."""
    kept = list(Path(f"/proc/{pid}/task").glob("*/children"))
    if not kept:
        return list(psutil.Process(pid).children())
    return [psutil.Process(int(child)) for task in kept for child in task.read_text().split()]


def _name_of(process: psutil.Process) -> str:
    try:
        return "" if process.status() == psutil.STATUS_ZOMBIE else str(process.name())
    except psutil.NoSuchProcess:
        return ""


def _say(text: str) -> None:
    print(f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {text}", flush=True)


def main(argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a supervisor in the foreground: RUN_DIR PORT REPLICAS."""
    run_dir, port, replicas = argv
    folder = Folder(Path(run_dir))
    plan = make_plan(folder, port=int(port), replicas=parse_replicas(replicas), given=environment)
    asyncio.run(Supervisor(folder, plan).run())


if __name__ == "__main__":
    main(sys.argv[1:], os.environ)
