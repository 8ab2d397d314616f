"""The `modelbourse` and `sentiment-*` commands forked from a process that has imported them: starting Python anew for each of hundreds would cost most of their time.

What happens between the start of Python and the command is proven by tests/client/test_command_streams.py, on processes of its own.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from modelbourse import sentiment_commands
from modelbourse.cli.commands import COMMANDS, load
from modelbourse.cli.sentiment.programs import PROGRAMS, app_of
from modelbourse.command import modelbourse

ROOT = Path(__file__).resolve().parents[2]
STREAMS = ("stdin", "stdout", "stderr")


def run(
    arguments: Sequence[str], *, environment: Mapping[str, str], stdin: str, program: str = "modelbourse", folder: Path = ROOT
) -> tuple[int, str, str]:
    """Run the command to its end in a process of its own; return its exit status and what it wrote to stdout and stderr."""
    with TemporaryDirectory() as kept:
        paths = {name: str(Path(kept) / name) for name in STREAMS}
        Path(paths["stdin"]).write_text(stdin)
        status = _parent().ask(
            {"program": program, "folder": str(folder), "arguments": list(arguments), "environment": dict(environment), **paths}
        )
        return status, Path(paths["stdout"]).read_text(), Path(paths["stderr"]).read_text()


class _Parent:
    """The process that forks; it ends with this one."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.client.forks"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        atexit.register(self._process.communicate)

    def ask(self, task: dict[str, object]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@cache
def _parent() -> _Parent:
    return _Parent()


def _fork(task: dict[str, Any]) -> int:
    """Fork a command and return its exit status, as a shell counts it."""
    pid = os.fork()
    if not pid:
        _become(task)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _become(task: dict[str, Any]) -> None:
    """Be the command from here on."""
    for number, name in enumerate(STREAMS):
        file = os.open(task[name], os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(task["environment"])
    os.chdir(task["folder"])
    sys.argv = [task["program"], *task["arguments"]]
    if task["program"] == "modelbourse":
        modelbourse()
    getattr(sentiment_commands, task["program"].removeprefix("sentiment-").replace("-", "_"))()


def _serve() -> None:
    for name in COMMANDS:
        load(name)  # What each command would import.
    for name in PROGRAMS:
        app_of(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the tests' own terminal ends them, and then this.
    for line in sys.stdin:
        print(_fork(json.loads(line)), flush=True)


if __name__ == "__main__":
    _serve()
