"""`make up` and its neighbours: what runs, what is started again, and that nothing is left."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.local.ports import free_ports
from deploy.local.program import marked
from tests.journeys.conftest import Flavour
from tests.journeys.platform import ROOT, Platform

pytestmark = pytest.mark.journey


def test_the_status_names_processes_by_their_own_pids(platform: Platform) -> None:
    status = platform.told_status()

    assert {"gateway", "kafka", "mongodb", "redis", "ray", "broker", "processes"} <= set(status)
    pids = {entry["name"]: entry["pid"] for entry in status["processes"]}
    assert {"gateway", "training", "inference", "marketplace", "monitoring", "kafka", "mongodb", "redis", "ray"} <= set(pids)
    assert psutil.Process(pids["mongodb"]).name() == "mongod"
    assert psutil.Process(pids["redis"]).name() == "valkey-server"


@pytest.mark.parametrize("service", ["gateway", "training", "inference", "marketplace", "monitoring"])
def test_a_service_that_dies_is_started_again(platform: Platform, service: str) -> None:
    pid = platform.kill(service)

    assert pid is not None
    platform.until_back(service, other_than=pid)


def test_two_platforms_stand_side_by_side_and_leave_nothing(tmp_path: Path, flavour: Flavour, platform: Platform) -> None:
    with flavour.platform(tmp_path / "second", REPLICAS="training=2 gateway=2") as second:
        names = [entry["name"] for entry in second.status()["processes"]]

        assert {"training-2", "gateway-2"} <= set(names)
        assert second.gateway != platform.gateway

    assert marked(f"{tmp_path / 'second'}:") == []


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
