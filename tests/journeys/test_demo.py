"""`make demo KEEP=1` as somebody at a terminal, or a script, has it: the main job, end to end, and the platform that all other journeys are on."""

import json

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
