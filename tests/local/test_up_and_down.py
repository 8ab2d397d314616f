"""What `up` refuses, and what `down` takes away, without a platform."""

import json
import os
import re
from pathlib import Path

import pytest

from deploy.local.commands import RefusedError, down, show_status, up
from deploy.local.platform import Folder, Status, service_environment
from deploy.local.ports import free_ports
from deploy.local.program import Program, running
from deploy.local.servers import ray_folder
from modelbourse.cli.machine import loads, missing_libraries
from tests.waiting import until


def test_up_names_every_missing_library_with_its_package_in_one_sentence(tmp_path: Path) -> None:
    lacking = {"libcurl.so.4", "libgomp.so.1"}

    with pytest.raises(RefusedError) as refused:
        up(Folder(tmp_path), port=free_ports(1)[0], replicas="", loads=lambda library: library not in lacking)

    assert str(refused.value) == (
        "missing system libraries: libcurl.so.4 (for MongoDB), libgomp.so.1 (for LightGBM and XGBoost); "
        "install them with `apt-get install libcurl4 libgomp1`"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_library_is_missing_when_the_system_cannot_load_it() -> None:
    assert missing_libraries() is None
    assert loads("libgomp.so.1")
    assert not loads("libthereisnone.so.1")


def test_down_removes_what_a_killed_platforms_ray_left_and_nothing_else(tmp_path: Path) -> None:
    killed, other = Folder(tmp_path / "killed"), Folder(tmp_path / "other")
    for folder in (killed, other):
        (ray_folder(folder.ray_mark) / "session_1" / "logs").mkdir(parents=True)

    down(killed)

    assert not ray_folder(killed.ray_mark).exists()
    assert ray_folder(other.ray_mark).exists()
    down(other)


def test_what_a_killed_supervisor_left_is_told_and_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Folder(tmp_path / "run")
    program = Program(name="a", kind="service", argv=["sleep", "600"], log=tmp_path / "log", mark=f"{folder.mark}a")
    orphan = program.start()
    folder.write_status(Status(gateway="", kafka="", mongodb="", redis="", ray="", broker="", state="ready", supervisor=2**22 + 1))

    runs = show_status(folder, as_json=True)
    told = json.loads(capsys.readouterr().out)
    ended = down(folder)

    assert (runs, told) == (False, {"state": "left behind", "processes": [{"pid": orphan.pid}]})
    assert ended
    assert orphan.wait() != 0
    assert show_status(folder, as_json=True) is False
    assert json.loads(capsys.readouterr().out) == {"state": "down", "processes": []}


async def test_a_programs_scratch_folder_ends_with_it(tmp_path: Path) -> None:
    scratch, kept = tmp_path / "scratch", tmp_path / "log"
    script = f"mkdir {scratch} && touch {scratch}/socket && exec sleep 600"
    program = Program(name="a", kind="ray", argv=["/bin/sh", "-c", script], log=kept, mark=f"{tmp_path}:a", scratch=scratch)

    async def made() -> bool:
        return (scratch / "socket").exists()

    with running(program):
        await until(made, what="the folder")

    assert not scratch.exists()
    assert kept.exists()


def test_the_status_says_how_full_the_cache_is(tmp_path: Path, redis_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Folder(tmp_path)
    addresses = {"gateway": "http://127.0.0.1:1", "kafka": "-", "mongodb": "-", "ray": "-", "broker": "embedded"}

    folder.write_status(Status(**addresses, redis=redis_url, state="ready", supervisor=os.getpid()))
    assert show_status(folder, as_json=False)
    there = capsys.readouterr().out
    folder.write_status(Status(**addresses, redis="redis://127.0.0.1:1/0", state="ready", supervisor=os.getpid()))
    assert show_status(folder, as_json=False)
    away = capsys.readouterr().out

    assert re.search(r"redis redis://\S+ \(\d+ MiB used, \d+% of what it may have\)", " ".join(there.split()))
    assert "does not answer" in away


def test_old_artifacts_are_removed_only_from_a_folder_of_the_platforms_own(tmp_path: Path) -> None:
    addresses = dict.fromkeys(("gateway", "kafka", "mongodb", "redis", "ray", "broker"), "-")

    own, shared, chosen = (
        service_environment(Folder(tmp_path), Status(**addresses), port=1, given=given)
        for given in ({}, {"ARTIFACTS_URL": "s3://bucket/prefix"}, {"GATEWAY_ARTIFACT_LIFE": "P90D"})
    )

    assert own["GATEWAY_ARTIFACT_LIFE"] == "P30D"
    assert "GATEWAY_ARTIFACT_LIFE" not in shared
    assert chosen["GATEWAY_ARTIFACT_LIFE"] == "P90D"


def test_an_mlflow_of_the_platforms_own_is_a_file_beside_its_data(tmp_path: Path) -> None:
    addresses = dict.fromkeys(("gateway", "kafka", "mongodb", "redis", "ray", "broker"), "-")

    own, chosen, none = (
        service_environment(Folder(tmp_path), Status(**addresses), port=1, given=given).get("MLFLOW_TRACKING_URI")
        for given in ({"MLFLOW_TRACKING_URI": "sqlite"}, {"MLFLOW_TRACKING_URI": "http://mlflow:5000"}, {})
    )

    assert own == f"sqlite:///{tmp_path}/mlflow.db"
    assert (chosen, none) == (None, None), "the services read it themselves"
