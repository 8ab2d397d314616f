"""One operating-system process of the platform: how it is started, marked, found again and ended."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

MARK: Final = "MODELBOURSE_PROGRAM"
Kind = Literal["service", "server", "ray"]
ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")

# glibc gives each thread a heap of its own, up to eight for each core, and gives little of them back.
FEW_ARENAS: Final = {"MALLOC_ARENA_MAX": "2"}


@dataclass(frozen=True)
class Program:
    """What to run. `mark` is unique to a platform and program, and every descendant inherits it in its environment.

    `kill_after` is how many seconds it has to end after SIGTERM; one that has none is killed at once.
    `scratch` is a folder that it makes for itself and that nobody needs once it has ended (`clear`).
    """

    name: str
    kind: Kind
    argv: Sequence[str]
    log: Path
    mark: str
    env: Mapping[str, str] = field(default_factory=dict)
    kill_after: float = 10.0
    scratch: Path | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a session of its own, with output appended to its log and no inherited pipe."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                list(self.argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **ONE_THREAD, **FEW_ARENAS, **self.env, MARK: self.mark},
                start_new_session=True,
                close_fds=True,
            )

    def clear(self) -> None:
        """Remove its scratch folder; to be called when no process of it is left."""
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)


def marked(mark: str) -> list[int]:
    """Return the pids of all live processes that carry this mark (or, with a trailing `:`, a mark that begins so)."""
    wanted = f"{MARK}={mark}".encode()
    return [pid for pid in _pids() if any(_matches(entry, wanted) for entry in _environment(pid)) and not _is_zombie(pid)]


def end_marked(mark: str, *, within: float = 5.0, session: int | None = None) -> None:
    """End every process that carries the mark or is in the program's session: SIGTERM, then SIGKILL; return when none is left.

    The session counts because a process that changes its title, as Ray's agents do, may write over its environment.
    """

    def left() -> list[int]:
        return sorted({*marked(mark), *(_in_session(session) if session else ())})

    for how, patience in ((signal.SIGTERM, within), (signal.SIGKILL, 5.0)):
        _signal_all(left(), how)
        deadline = time.monotonic() + patience
        while left():
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        else:
            return


def ask_to_end(program: Program, process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, or SIGKILL for what has no time to end in."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM if program.kill_after else signal.SIGKILL)


def finish(program: Program, process: subprocess.Popen[bytes]) -> bool:
    """Wait for a program that was asked to end, and kill it when its time is over; leave no descendant and no scratch folder behind.

    Return whether it ended in time.
    """
    in_time = True
    try:
        process.wait(program.kill_after or None)
    except subprocess.TimeoutExpired:
        in_time = False
        process.kill()
        process.wait()
    end_marked(program.mark, within=min(2.0, program.kill_after), session=process.pid)
    program.clear()
    return in_time


@contextmanager
def running(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the length of a `with` block and leave no descendant behind."""
    process = program.start()
    try:
        yield process
    finally:
        ask_to_end(program, process)
        finish(program, process)


def _matches(entry: bytes, wanted: bytes) -> bool:
    return entry.startswith(wanted) if wanted.endswith(b":") else entry == wanted


def _signal_all(pids: Sequence[int], how: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            continue  # It ended by itself meanwhile: what we want.


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return []  # Gone, or another user's: not ours.


def _in_session(session: int) -> list[int]:
    return [pid for pid in _pids() if (stat := _stat(pid)) and stat[0] != "Z" and int(stat[3]) == session]


def _is_zombie(pid: int) -> bool:
    return (stat := _stat(pid)) is None or stat[0] == "Z"


def _stat(pid: int) -> list[str] | None:
    """Return a process's state, parent, group, session and what follows (proc_pid_stat(5)); None when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
