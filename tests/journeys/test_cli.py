"""The `modelbourse` command against a running platform."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from tests.journeys.books import POISON
from tests.journeys.customer import Customer
from tests.journeys.platform import ROOT, Platform
from tests.waiting import until

pytestmark = pytest.mark.journey
# The platforms that have their admin.
_with_admin: set[Path] = set()
ADMIN = {"USERNAME": "root-admin", "EMAIL": "root@example.com", "PASSWORD": "a good password"}


def modelbourse(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "modelbourse", *arguments],
        cwd=ROOT, env=os.environ | {"XDG_CONFIG_HOME": str(home)} | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_doctor_says_what_is_found(tmp_path: Path) -> None:
    done = modelbourse("doctor", "--json", home=tmp_path)

    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert findings["Python 3.11"]["found"]
    assert "libcurl4" in findings["libcurl.so.4"]["detail"]


def test_without_a_login_the_command_says_what_to_do(tmp_path: Path) -> None:
    done = modelbourse("dead", "list", home=tmp_path, MODELBOURSE_TOKEN="")

    assert done.returncode == 1
    assert "modelbourse login" in done.stderr


async def test_an_admin_lists_shows_replays_and_drops_what_died(platform: Platform, tmp_path: Path) -> None:
    admin = await an_admin(platform)
    logged_in = modelbourse(
        "login", "--username", ADMIN["USERNAME"], "--url", platform.gateway, home=tmp_path, MODELBOURSE_PASSWORD=ADMIN["PASSWORD"]
    )
    assert logged_in.returncode == 0, logged_in.stderr
    await poison(platform.status()["kafka"])

    async def ids() -> list[str]:
        letters = (await admin.persist("GET", "/admin/dead", accept={200})).json()["results"]
        return [str(each["id"]) for each in letters]

    await until(ids, what="the dead letters")
    letter = str(listed(tmp_path)[0]["id"])
    shown = json.loads(modelbourse("dead", "show", letter, home=tmp_path).stdout)
    assert shown["topic"] == "training.cancel_requested"
    assert "not json" in shown["body"]

    replayed = modelbourse("dead", "replay", letter, home=tmp_path)
    assert replayed.returncode == 0, replayed.stderr

    async def died_again() -> bool:
        return await ids() not in ([], [letter])

    await until(died_again, what="the letter's second death")
    for each in await ids():
        assert modelbourse("dead", "drop", each, home=tmp_path).returncode == 0
    assert await ids() == []
    await admin.close()


def make_admin(platform: Platform) -> None:
    """Make the platform's admin, once for all stories: the command imports a whole gateway."""
    if platform.run_dir in _with_admin:
        return
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local", "admin", "--run-dir", str(platform.run_dir)],
        cwd=ROOT, env=dict(platform.environment) | ADMIN, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    _with_admin.add(platform.run_dir)


async def an_admin(platform: Platform) -> Customer:
    """Log the platform's admin in; another journey may have made it already."""
    make_admin(platform)
    admin = Customer(platform.gateway)
    admin.username, admin.password = ADMIN["USERNAME"], ADMIN["PASSWORD"]
    await admin.log_in()
    return admin


def listed(home: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(modelbourse("dead", "list", "--json", home=home).stdout)["results"]
    return found


async def poison(kafka: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    await producer.send_and_wait("training.cancel_requested", b"this is not json", key=POISON)
    await producer.stop()
