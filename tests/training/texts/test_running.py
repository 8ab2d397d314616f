"""A runner does a training on texts with the operator's backbones, and on a command line the same is done without a platform."""

import json
from pathlib import Path

import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.job_kinds import JobKind
from libs.contracts.texts import TextConfig, TextData, TextResult, TextSpec
from services.training.domain.kinds import WORK
from services.training.domain.runs import Assignment
from services.training.outbound.runner import Runner
from services.training.outbound.runner_words import RunnerPlace, order_of
from services.training.texts.__main__ import main
from tests.training.texts.conftest import TINY
from tests.training.texts.headlines import headlines, write_json
from tests.training.thread_cluster import TRAINER


def done(spec: TextSpec, *, backbones: Path, store: Path) -> dict[str, object]:
    """What a runner tells of a run's end."""
    place = RunnerPlace(artifacts_url=str(store), market_lake=None, synthetic_allowed=False, otel_endpoint=None, backbones=str(backbones))
    runner = Runner(TRAINER)
    assignment = Assignment(
        run_id="job_1/1", job_id="job_1", version="1.0.0", model_name="news", spec=spec.model_dump(mode="json"), traceparent=None,
        kind=JobKind.TRAIN_TEXT, runs=WORK[JobKind.TRAIN_TEXT].runs,
    )  # fmt: skip
    assert runner.start(order_of(assignment, place=place))
    while not (seen := runner.watch("job_1/1", revision=10**6, lines_seen=0, settle_s=0, hold_s=10)) or not seen["end"]:
        pass
    end: dict[str, object] = seen["end"]
    return end


def test_a_runner_trains_on_texts_with_what_the_operator_has(backbones: Path, tmp_path: Path) -> None:
    data = TextData(path="data/news.json", artifact=Artifacts(str(tmp_path)).put(json.dumps(headlines(60)).encode()))

    ended = done(
        TextSpec(data=data, config=TextConfig.model_validate({"training": {"backbone": "lexicon"}})), backbones=backbones, store=tmp_path
    )
    refused = done(
        TextSpec(data=data, config=TextConfig.model_validate({"training": {"backbone": "tests/tinny"}})),
        backbones=backbones,
        store=tmp_path,
    )

    assert TextResult.model_validate_json(str(ended["result"])).rows == {"train": 48, "validation": 6, "test": 6}
    assert refused["final"]
    assert f"Did you mean '{TINY}'?" in str(refused["error"])


def test_the_command_line_leaves_a_folder_and_says_what_it_came_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, config, output = write_json(tmp_path / "news.json", headlines(90)), tmp_path / "config.yaml", tmp_path / "outputs"
    config.write_text("training:\n  backbone: tfidf-logreg\n  learning_rate: 2e-5\n")

    status = main(["train", "--data", str(data), "--output", str(output), "--config", str(config)])

    said = capsys.readouterr()
    assert status == 0
    assert "macro_f1" in said.out
    assert "the best baseline" in said.out
    assert "90 texts with the labels negative, neutral, positive" in said.err
    assert {path.name for path in output.iterdir()} == {"model", "report.html", "metrics.json", "confusion.png", "reliability.png"}
    manifest = json.loads((output / "model" / "manifest.json").read_text())
    assert manifest["labels"] == ["negative", "neutral", "positive"]


def test_the_command_line_says_what_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, config = write_json(tmp_path / "news.json", headlines(30)), tmp_path / "config.yaml"
    output = str(tmp_path / "outputs")

    assert main(["train", "-d", str(tmp_path / "none.json"), "-o", output]) == 2
    config.write_text("training:\n  num_epochs: [3\n")
    assert main(["train", "-d", str(data), "-o", output, "-c", str(config)]) == 2
    config.write_text("training:\n  num_epochs: 0\n")
    assert main(["train", "-d", str(data), "-o", output, "-c", str(config)]) == 2

    first, second, third = capsys.readouterr().err.splitlines()
    assert "There is no file" in first
    assert "line 3" in second
    assert "config.training.num_epochs: Input should be greater than or equal to 1" in third
