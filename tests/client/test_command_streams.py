"""The command without a terminal, with streams that are closed, full or left by their reader, and Ctrl-C at any moment: never a traceback."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from libs.contracts.ids import new_id
from tests.client.command import PROGRAM

PYTHON, *MODULE = PROGRAM
Typed = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a gateway that takes requests and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def environment(url: str = "http://127.0.0.1:9") -> dict[str, str]:
    return {**os.environ, "MODELBOURSE_URL": url, "MODELBOURSE_TOKEN": "token"}


def shell(line: str, *, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `modelbourse` is the command."""
    script = f'modelbourse() {{ {PYTHON} {" ".join(MODULE)} "$@"; }}; {line}'
    given = environment() | {"XDG_CONFIG_HOME": str(home)} | more
    return subprocess.run(["bash", "-c", script], env=given, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


LINES = [
    ("modelbourse catalogue symbols >&-", 1, "", "no gateway answers"),
    ("modelbourse catalogue symbols 2>&-", 1, "", ""),
    ("modelbourse catalogue symbols <&- >&- 2>&-", 1, "", ""),
    ("modelbourse --help >&-", 0, "", ""),
    ("modelbourse doctor >/dev/full", 1, "", "the output cannot be written: No space left on device"),
    ("modelbourse doctor --json >/dev/full", 1, "", "the output cannot be written: No space left on device"),
    ("set -o pipefail; modelbourse catalogue symbols | true", 1, "", "no gateway answers"),
    ("PYTHONIOENCODING=ascii modelbourse doctor | grep -c Python", 0, "1", ""),
    ("MODELBOURSE_TOKEN= modelbourse login", 1, "Username:", "nobody answers at this stdin"),
    ("modelbourse modls", 2, "", "Did you mean 'models'?"),
    ("modelbourse models lst", 2, "", "Did you mean 'list'?"),
]
VERSION, NEGATIVE = "modelbourse --version", "modelbourse market list --min-sharpe -5"
LEFT = "modelbourse doctor | head -c 1; echo ${PIPESTATUS[1]}"


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typed]:
    """What came of each line; they run side by side, as whoever asks for a gateway that is not there tries some times before it gives up."""
    lines = [*(line for line, *_ in LINES), VERSION, NEGATIVE, LEFT]
    with ThreadPoolExecutor(len(lines)) as beside:
        running = {line: beside.submit(shell, line, home=tmp_path_factory.mktemp("home")) for line in lines}
        yield lambda line: running[line].result()


@pytest.mark.parametrize(("line", "status", "out", "err"), LINES)
def test_streams_that_are_closed_full_or_deaf_end_in_words_and_a_status(typed: Typed, line: str, status: int, out: str, err: str) -> None:
    done = typed(line)

    assert (done.returncode, done.stdout.strip()) == (status, out), done.stderr
    assert err in done.stderr
    assert (done.stderr != "") is (err != "")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_reader_that_leaves_ends_the_command_without_a_word(typed: Typed) -> None:
    done = typed(LEFT)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["models", "--help"], ["doctor"], ["doctor", "--json"]])
def test_a_command_whose_reader_has_gone_says_so_by_its_status_alone(tmp_path: Path, arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    given = environment() | {"XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run([PYTHON, *MODULE, *arguments], env=given, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)

    assert (done.returncode, done.stderr) == (141, "")


@contextmanager
def running(url: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command so that it tells on stderr what it imports."""
    line = [PYTHON, "-X", "importtime", *MODULE, *arguments]
    process = subprocess.Popen(line, env=environment(url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("module", ["typer", "rich.console", "httpx", "modelbourse.cli.finding"])
def test_ctrl_c_ends_the_command_also_while_it_is_being_imported(silent: str, module: str) -> None:
    with running(silent, "catalogue", "symbols") as process:
        assert process.stderr is not None
        seen = ""
        while f" {module}\n" not in seen:
            line = process.stderr.readline()
            assert line, f"{module} was not imported: {seen[-2000:]}"
            seen += line

        process.send_signal(signal.SIGINT)
        out, err = process.communicate()

    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


def test_ctrl_c_amid_a_payment_says_how_to_pay_once() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{server.getsockname()[1]}"
    with server, running(address, "market", "subscribe", new_id("listing"), "--yes") as process:
        connection, _ = server.accept()
        with connection:
            request = connection.recv(65536).decode()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate()

    key = request.lower().partition("idempotency-key: ")[2].split("\r\n")[0]
    assert process.returncode == 130
    assert f"--idempotency-key {key}" in err.lower()
    assert "Traceback" not in err


def test_the_version_is_told_and_a_negative_number_is_a_value(typed: Typed) -> None:
    version, asked = typed(VERSION), typed(NEGATIVE)

    assert re.fullmatch(r"modelbourse [0-9.]+ \(Python 3\.11\.[0-9]+\)\n", version.stdout)
    assert (asked.returncode, "no gateway answers" in asked.stderr) == (1, True)
