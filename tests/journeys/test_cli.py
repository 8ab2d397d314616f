"""The `modelbourse` command against a running platform."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from tests.journeys.books import POISON
from tests.journeys.platform import ROOT, Platform
from tests.waiting import until

pytestmark = pytest.mark.journey
ADMIN = {"USERNAME": "root-admin", "EMAIL": "root@example.com", "PASSWORD": "a good password"}


def modelbourse(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "libs.client.cli.main", *arguments],
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
    made = make_admin(platform)
    assert made.returncode == 0 or "already" in made.stderr, made.stderr  # Another journey may have made it.
    logged_in = modelbourse(
        "login", "--username", ADMIN["USERNAME"], "--url", platform.gateway, home=tmp_path, MODELBOURSE_PASSWORD=ADMIN["PASSWORD"]
    )
    assert logged_in.returncode == 0, logged_in.stderr
    await poison(platform.status()["kafka"])

    async def heard() -> list[dict[str, object]]:
        return listed(tmp_path)

    await until(heard, what="the dead letters")
    letter = str(listed(tmp_path)[0]["id"])
    shown = json.loads(modelbourse("dead", "show", letter, home=tmp_path).stdout)
    assert shown["topic"] == "training.cancel_requested"
    assert "not json" in shown["body"]

    replayed = modelbourse("dead", "replay", letter, home=tmp_path)
    assert replayed.returncode == 0, replayed.stderr

    async def died_again() -> bool:
        return [each["id"] for each in listed(tmp_path)] not in ([], [letter])

    await until(died_again, what="the letter's second death")
    for each in listed(tmp_path):
        assert modelbourse("dead", "drop", str(each["id"]), home=tmp_path).returncode == 0
    assert listed(tmp_path) == []


def make_admin(platform: Platform) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", "admin", "--run-dir", str(platform.run_dir)],
        cwd=ROOT, env=dict(platform.environment) | ADMIN, capture_output=True, text=True, check=False,
    )  # fmt: skip


def listed(home: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(modelbourse("dead", "list", "--json", home=home).stdout)["results"]
    return found


async def poison(kafka: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    await producer.send_and_wait("training.cancel_requested", b"this is not json", key=POISON)
    await producer.stop()
