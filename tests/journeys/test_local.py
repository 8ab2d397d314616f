"""`make up` and its neighbours: what runs, what is started again, and that nothing is left."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.local.commands import down
from deploy.local.platform import Folder
from deploy.local.ports import free_ports
from deploy.local.program import marked
from deploy.local.servers import ray_folder
from tests.journeys.platform import ROOT, Platform
from tests.waiting import until

pytestmark = pytest.mark.journey


def test_the_status_names_processes_by_their_own_pids(platform: Platform) -> None:
    status = platform.told_status()

    assert {"gateway", "kafka", "mongodb", "redis", "ray", "broker", "processes"} <= set(status)
    pids = {entry["name"]: entry["pid"] for entry in status["processes"]}
    assert {"gateway", "training", "inference", "marketplace", "monitoring", "kafka", "mongodb", "redis", "ray"} <= set(pids)
    assert psutil.Process(pids["mongodb"]).name() == "mongod"
    assert psutil.Process(pids["redis"]).name() == "valkey-server"


def test_nothing_of_a_platform_listens_beyond_loopback_or_keeps_its_files_open_to_others(platform: Platform) -> None:
    pids = set(marked(f"{platform.run_dir}:"))
    listening = [each for each in psutil.net_connections("inet") if each.status == psutil.CONN_LISTEN and each.pid in pids]

    assert len(listening) > 10
    assert {each.laddr.ip.removeprefix("::ffff:") for each in listening} == {"127.0.0.1"}
    for private in (ray_folder(Folder(platform.run_dir).ray_mark), platform.run_dir / "jwt-keys", platform.run_dir / "ray-token"):
        assert private.stat().st_mode & 0o077 == 0, private


async def test_two_gateways_share_one_port_and_one_of_them_is_enough(platform: Platform) -> None:
    answered: set[str] = set()

    async def each_has_answered() -> bool:
        answered.add(await who_answers(platform))
        return len(answered) == 2

    await until(each_has_answered, what="an answer of each gateway")

    pid = platform.kill("gateway-2")
    assert pid is not None
    await until(lambda: asyncio.to_thread(lambda: platform.pid("gateway-2") != pid), what="the end of a gateway")
    left = {await who_answers(platform) for _ in range(20)}
    assert len(left & answered) == 1
    platform.until_back("gateway-2", other_than=pid)


async def who_answers(platform: Platform) -> str:
    """Ask on a new connection, which the system gives to any gateway; the first half of a request's id is that of its process."""
    async with httpx.AsyncClient(base_url=platform.gateway, timeout=20) as fresh:
        answer = await fresh.get("/livez")
    assert answer.status_code == 200
    return answer.headers["x-request-id"][:16]


# Gateways, training and the marketplace are killed, and waited for, by stories of their own (test_live_data.py, test_selling.py).
@pytest.mark.parametrize("service", ["inference", "monitoring"])
def test_a_service_that_dies_is_started_again(platform: Platform, service: str) -> None:
    pid = platform.kill(service)

    assert pid is not None
    platform.until_back(service, other_than=pid)


def test_a_taken_port_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "deploy.local", "up", "--run-dir", str(tmp_path), "--port", port],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr


def test_a_folder_without_apache_kafka_is_told_at_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local", "up", "--run-dir", str(tmp_path / "run"), "--port", str(free_ports(1)[0])],
        cwd=ROOT, env=os.environ | {"KAFKA_HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert f"KAFKA_HOME={tmp_path} holds no Apache Kafka" in " ".join(done.stderr.split())


async def test_ctrl_c_ends_what_was_begun_and_nothing_of_a_platform_beside_it(platform: Platform, tmp_path: Path) -> None:
    folder, beside = Folder(tmp_path / "run"), platform.alive()
    up = [sys.executable, "-m", "deploy.local", "up", "--run-dir", str(folder.path), "--port", str(free_ports(1)[0])]
    # Whoever runs the tests in the background has them, and what they start, ignore Ctrl-C.
    command = ["env", "--default-signal=INT", *up]
    starting = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        await until(lambda: asyncio.to_thread(marked, f"{folder.mark}kafka"), what="its broker")

        starting.send_signal(signal.SIGINT)

        told, _ = await starting.communicate()
        assert starting.returncode == 130
        assert b"interrupted: ending what was started" in told
        assert b"Traceback" not in told
        assert marked(folder.mark) == []
        assert beside <= platform.alive()
    finally:
        await asyncio.to_thread(down, folder)
