"""The client as a package of its own: what it needs, on which Python it runs, and what its command imports before there is something to do."""

import ast
import re
import socket
import tomllib
from pathlib import Path

import pytest

from modelbourse.cli.commands import COMMANDS, load
from tests.client import bare as bare_environments
from tests.client.bare import Bare, requirements_of
from tests.journeys.platform import ROOT

PLATFORM = ("libs", "services", "deploy", "tests", "numpy", "pandas", "torch", "fastapi", "aiokafka")
OLDEST = (3, 10)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Bare:
    return bare_environments.make(tmp_path_factory.mktemp("package"))


def test_the_wheel_brings_what_it_declares_and_nothing_of_the_platform(bare: Bare) -> None:
    there = f"import importlib.util; from modelbourse import *; print([name for name in {PLATFORM} if importlib.util.find_spec(name)])"

    assert set(requirements_of(bare.client)) == {"httpx", "pydantic", "pyyaml", "rich", "typer", "typing-extensions"}
    assert bare.run(bare.python, "-c", there) == "[]\n"
    assert re.fullmatch(r"modelbourse [0-9.]+ \(Python [0-9.]+\)\n", bare.run(bare.command, "--version"))
    assert set(COMMANDS) <= set(bare.run(bare.command, "--help").split())
    assert "backbone" in bare.run(bare.command.replace("modelbourse", "sentiment-config"), "--template")


def test_every_module_of_the_wheel_can_be_imported_with_what_it_declares(bare: Bare) -> None:
    every = [str(file.with_suffix("")).replace("/", ".") for file in bare.client.files or () if file.suffix == ".py"]
    assert "modelbourse.cli.market" in every

    bare.run(bare.python, "-c", "; ".join(f"import {module}" for module in every))


def test_the_answers_models_need_pydantic_alone(bare: Bare) -> None:
    away = "import sys; sys.modules |= dict.fromkeys(('httpx', 'rich', 'typer', 'pandas'))"
    answers = ROOT / "libs/client/modelbourse/answers"
    every = [".".join(path.relative_to(answers.parent.parent).with_suffix("").parts) for path in answers.rglob("*.py")]
    assert "modelbourse.answers.trading_ai.signals" in every

    bare.run(bare.python, "-c", f"{away}; import {', '.join(every)}")


def test_the_source_is_what_the_oldest_python_reads() -> None:
    project = tomllib.loads((ROOT / "libs/client/pyproject.toml").read_text())
    sources = sorted((ROOT / "libs/client/modelbourse").rglob("*.py"))

    assert project["project"]["requires-python"] == ">=3.10"
    assert sources
    for path in sources:
        ast.parse(path.read_text(), path, feature_version=OLDEST)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_help_is_what_the_command_itself_says(name: str) -> None:
    assert load(name).help.partition("\n\n")[0] == COMMANDS[name].help


@pytest.mark.parametrize(
    ("line", "spared"),
    [
        ("--version", {"rich", "pydantic", "httpx", "asyncio", "modelbourse.cli.models"}),
        ("--help", {"pydantic", "httpx", "asyncio", "modelbourse.cli.models"}),
        (
            "models --help",
            {"rich.progress", "asyncio", "modelbourse.cli.market", "modelbourse.async_modelbourse", "modelbourse.trading_ai.nouns"},
        ),
        ("data --help", {"rich.progress", "asyncio", "modelbourse.cli.models", "modelbourse.async_modelbourse"}),
    ],
)
def test_what_the_command_does_not_need_it_does_not_import(bare: Bare, tmp_path: Path, line: str, spared: set[str]) -> None:
    process = bare.start(bare.python, "-v", "-m", "modelbourse", *line.split(), told=tmp_path / "told")

    assert process.wait() == 0
    assert imported(tmp_path / "told") & spared == set()
    assert "typer" in imported(tmp_path / "told")


def test_before_its_first_request_a_command_imports_no_other_commands(bare: Bare, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        at = {"MODELBOURSE_URL": f"http://127.0.0.1:{server.getsockname()[1]}", "MODELBOURSE_TOKEN": "token"}
        process = bare.start(bare.python, "-v", "-m", "modelbourse", "models", "list", told=tmp_path / "told", **at)
        try:
            connection, _ = server.accept()
            with connection:
                request = connection.recv(65536)
        finally:
            process.kill()
            process.wait()

    assert request.startswith(b"GET /api/ai-studio/models/?")
    spared = {"rich.progress", "asyncio", "modelbourse.cli.market", "modelbourse.async_modelbourse"}
    assert imported(tmp_path / "told") & spared == set()
    assert "modelbourse.cli.models" in imported(tmp_path / "told")


def imported(told: Path) -> set[str]:
    """Return which modules were imported, by what `python -v` has told."""
    return set(re.findall(r"^import '([\w.]+)' #", told.read_text(), re.MULTILINE))
