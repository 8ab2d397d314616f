"""README and guides, their commands run in order, as they are printed, on the platform that README starts."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.local.commands import down
from deploy.local.platform import Folder
from deploy.local.ports import free_ports
from deploy.local.program import marked
from tests.guides.pages import GUIDES, README, ROOT, Page, blocks
from tests.guides.shell import Shell, shell_in
from tests.waiting import until

pytestmark = pytest.mark.journey
# The order in which a reader needs them: a listing is subscribed to after it was put on sale.
IN_ORDER = [
    "compute", "explain-and-batch", "forecasting", "sequence-models", "webhooks", "client-and-cli", "results", "versions", "retraining",
    "signals", "backtests", "datasets", "recipes", "recipe-runs", "model-monitoring", "marketplace", "subscriptions", "operations",
]  # fmt: skip
STAYS = "consume-events"  # Its program runs until it is ended.


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Somebody who has read README and typed what it says."""
    home = tmp_path_factory.mktemp("reader")
    shell = shell_in(home, free_ports(1)[0])
    try:
        (home / "README").write_text(shell.run(blocks(Page(README).section("Run it yourself"), "sh")))
        yield shell
    finally:
        down(Folder(home / "run"))


@pytest.mark.timeout(300)
def test_readme_leads_from_nothing_to_a_prediction_with_its_reasons(reader: Shell) -> None:
    said = (reader.home / "README").read_text()

    assert "root-admin is an admin" in said
    assert '"baselines"' in said
    assert '"prediction"' in said
    assert '"shap_values"' in said
    log = subprocess.run(["make", "logs", "S=training"], cwd=ROOT, env=reader.env(), capture_output=True, text=True, check=True).stdout
    assert [f"job {state}" in log for state in ("queued", "running", "succeeded")] == [True] * 3


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", IN_ORDER)
def test_a_guides_commands_work_in_readmes_shell(reader: Shell, name: str) -> None:
    said = reader.run(Page(GUIDES / f"{name}.md").commands())

    assert said


@pytest.mark.timeout(300)
def test_the_guides_python_works_after_a_login(reader: Shell, tmp_path: Path) -> None:
    file = tmp_path / "quant.py"
    file.write_text(blocks(Page(GUIDES / "client-and-cli.md").text, "python") + "    print(len(frame))\n")

    done = subprocess.run(
        [sys.executable, str(file)], cwd=tmp_path, env=reader.env() | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    accuracy, aapl, msft, rows = done.stdout.splitlines()
    assert 0 < float(accuracy.split()[0]) < 1
    assert (aapl.split()[0], msft.split()[0], rows) == ("AAPL", "MSFT", "250")


async def test_the_example_consumer_writes_down_what_has_happened(reader: Shell, tmp_path: Path) -> None:
    database = tmp_path / "events.sqlite"
    script = reader.here(Page(GUIDES / f"{STAYS}.md").commands()).replace("events.sqlite", str(database))

    def heard() -> bool:
        if not database.exists():
            return False
        with closing(sqlite3.connect(database, timeout=30)) as connection:
            tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'things'").fetchall()
            return bool(tables) and bool(connection.execute("SELECT 1 FROM things WHERE event = 'training.completed'").fetchall())

    async def has_heard() -> bool:
        return heard()

    consumer = await asyncio.create_subprocess_exec(
        "bash", "-c", f"set -e\n{script}", cwd=ROOT, env=reader.env(), start_new_session=True, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await until(has_heard, what="README's training", within=120)
    finally:
        os.killpg(consumer.pid, signal.SIGTERM)
        await consumer.wait()


def test_make_down_leaves_no_process_and_a_service_stops_without_a_stack_dump(reader: Shell) -> None:
    said = reader.run("make down")

    assert said == "ended\n"
    assert marked(f"{reader.home / 'run'}:") == []
    for log in (reader.home / "run" / "log").glob("*.log"):
        assert "SIGTERM received at time" not in log.read_text(), log
        assert "Traceback" not in log.read_text(), log


def test_every_guide_that_prints_commands_is_run() -> None:
    printing = {path.stem for path in GUIDES.glob("*.md") if Page(path).commands()}

    assert printing == {*IN_ORDER, STAYS}
