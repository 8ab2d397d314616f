"""`make demo` as somebody at a terminal, or a script, has it."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.local.platform import Folder
from deploy.local.ports import free_ports
from deploy.local.program import marked
from deploy.local.servers import ray_folder
from tests.journeys.platform import ROOT, Platform
from tests.journeys.test_story import assert_it_holds

pytestmark = pytest.mark.journey
SUMMARY = [
    "model_id", "job_id", "data_source", "rows", "accuracy", "f1", "sharpe", "max_drawdown", "predictions", "additivity_error", "elapsed_s",
]  # fmt: skip


def deploy(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "deploy.local", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.timeout(300)
def test_the_demo_ends_with_its_summary_beside_another_platform_and_runs_on_if_asked_to(tmp_path: Path, platform: Platform) -> None:
    (port,) = free_ports(1)
    ray = ray_folder(Folder(tmp_path).ray_mark)

    done = deploy("demo", "--keep", "--run-dir", str(tmp_path), "--port", str(port))

    try:
        assert done.returncode == 0, done.stdout + done.stderr
        summary = json.loads(done.stdout.splitlines()[-1])
        assert list(summary) == SUMMARY
        assert_it_holds(summary)
        assert f"http://127.0.0.1:{port}" in done.stdout
        status = json.loads(deploy("status", "--run-dir", str(tmp_path), "--json").stdout)
        assert all(psutil.pid_exists(entry["pid"]) for entry in status["processes"])
        assert ray.exists()
        assert not {entry["pid"] for entry in status["processes"]} & {entry["pid"] for entry in platform.status()["processes"]}
        second = deploy("demo", "--keep", "--run-dir", str(tmp_path), "--port", str(port))
        assert second.returncode == 1
        assert "model_id" not in second.stdout
        assert "runs in" in second.stderr
    finally:
        deploy("down", "--run-dir", str(tmp_path))
    assert marked(f"{tmp_path}:") == []
    assert not ray.exists()
