"""The `modelbourse` command as a process: with its output in pipes, and in a terminal."""

import codecs
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.client import forks
from tests.client.people import Person
from tests.journeys.platform import ROOT

PROGRAM = (sys.executable, "-m", "modelbourse")
CTRL_C = b"\x03"
ROWS, COLUMNS = 50, 150


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """All of stdout, as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Command:
    """The command with a home of its own for the login, the gateway it is told of, and what else is in its environment."""

    url: str
    home: Path
    more: Mapping[str, str] = field(default_factory=dict)

    def log_in(self, person: Person) -> "Command":
        """Run `modelbourse login`."""
        done = self("login", "--username", person.username, "--url", self.url, MODELBOURSE_PASSWORD=person.password)
        assert done.status == 0, done.err
        return self

    @property
    def session(self) -> dict[str, str]:
        """What the login has kept."""
        kept: dict[str, str] = json.loads((self.home / "modelbourse" / "session.json").read_text())
        return kept

    def __call__(self, *arguments: str, stdin: str | None = None, **environment: str) -> Done:
        """Run it without a terminal, to its end."""
        return Done(*forks.run(arguments, environment=self.environment(environment), stdin=stdin or ""))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it without a terminal, beside others."""
        return subprocess.Popen(
            [*PROGRAM, *arguments], cwd=ROOT, env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    @contextmanager
    def in_terminal(self, *arguments: str, stdout: Path | None = None, columns: int = COLUMNS) -> Iterator["Terminal"]:
        """Run it in a terminal of so many columns, its stdout in a file if one is named."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))

        def take_the_terminal() -> None:
            os.login_tty(slave)
            if stdout is not None:
                os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT), 1)

        environment = self.environment({"TERM": "xterm-256color"})
        process = subprocess.Popen([*PROGRAM, *arguments], cwd=ROOT, env=environment, preexec_fn=take_the_terminal)  # noqa: PLW1509  # no lock is taken there
        os.close(slave)
        try:
            yield Terminal(master, process)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            os.close(master)

    def environment(self, more: dict[str, str] | None = None) -> dict[str, str]:
        """Return the environment that it runs in."""
        plain = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR", "MODELBOURSE_TOKEN"}}
        return plain | {"XDG_CONFIG_HOME": str(self.home), "MODELBOURSE_URL": self.url} | dict(self.more) | (more or {})


class Terminal:
    """A terminal and the command that runs in it."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self._master, self.process = master, process
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode  # A sign may come in two pieces.
        self.seen = ""

    def until(self, text: str, *, within: float = 120.0) -> None:
        """Wait until the terminal has shown a text."""
        deadline = time.monotonic() + within
        while text not in self.seen:
            assert time.monotonic() < deadline, f"{text!r} was not shown: {self.seen[-2000:]}"
            assert self._read(), f"it ended without {text!r}: {self.seen[-2000:]}"

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def end(self, *, within: float = 120.0) -> int:
        """Wait for its end and return the exit status."""
        deadline = time.monotonic() + within
        while self._read():
            assert time.monotonic() < deadline, f"it did not end: {self.seen[-2000:]}"
        return self.process.wait()

    def _read(self) -> bool:
        """Read what there is; False when there will be nothing more."""
        if not select.select([self._master], [], [], 0.1)[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # Linux: EIO when the other side is closed.
            return False
        self.seen += self._decode(data)
        return bool(data)
