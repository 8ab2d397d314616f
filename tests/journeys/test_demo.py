"""`make demo` as somebody at a terminal, or a script, has it; with KEEP=1 it leaves the platform that all other journeys are on."""

import json
import os
from pathlib import Path

import psutil
import pytest

from tests.journeys.platform import Platform, deploy

pytestmark = pytest.mark.journey
SUMMARY = [
    "model_id", "job_id", "data_source", "rows", "accuracy", "f1", "sharpe", "max_drawdown", "predictions", "additivity_error", "elapsed_s",
]  # fmt: skip


def test_the_demo_ends_with_its_summary_and_runs_on_if_asked_to(platform: Platform) -> None:
    summary = json.loads(platform.told.splitlines()[-1])

    assert list(summary) == SUMMARY
    assert summary["rows"] > 3000
    assert [prediction["symbol"] for prediction in summary["predictions"]] == ["AAPL", "MSFT"]
    assert summary["additivity_error"] <= 1e-6
    assert 0 < summary["accuracy"] < 1
    assert platform.gateway in platform.told
    assert platform.alive()


def test_a_second_demo_in_the_folder_is_refused_and_leaves_the_first_alone(platform: Platform) -> None:
    before = platform.alive()

    second = deploy("demo", "--keep", "--run-dir", str(platform.run_dir), "--port", "1", environment=platform.environment)

    assert second.returncode == 1
    assert "model_id" not in second.stdout
    assert "runs in" in second.stderr
    assert before <= platform.alive()


@pytest.mark.soak  # All but its end is in the stories above.
@pytest.mark.timeout(300)
def test_a_demo_that_is_not_to_run_on_leaves_no_process_and_no_file_behind(tmp_path: Path) -> None:
    done = deploy("demo", environment=os.environ | {"TMPDIR": str(tmp_path)})

    assert done.returncode == 0, done.stdout + done.stderr
    assert list(json.loads(done.stdout.splitlines()[-1])) == SUMMARY
    assert list(tmp_path.glob("mb-demo-*")) == []
    environments = {process.pid: process.info["environ"] or {} for process in psutil.process_iter(["environ"])}
    assert [pid for pid, environment in environments.items() if environment.get("TMPDIR") == str(tmp_path)] == []
