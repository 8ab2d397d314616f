"""The `sentiment-*` commands in pipes: files go to the platform and come back, and statuses are for scripts."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from modelbourse.answers.keys import NewApiKey
from tests.client import forks
from tests.client.command import Command, Done
from tests.client.people import Person
from tests.journeys.platform import Platform

pytestmark = pytest.mark.journey
Types = Callable[..., Done]
GOOD, BAD = ("profit surges", "beats estimates", "record revenue"), ("profit falls", "misses estimates", "revenue slump")


@pytest.fixture
def key(newcomer: Person) -> NewApiKey:
    with newcomer.client() as client:
        return client.keys.create("desk", scopes=["train", "export", "register", "predict"])


@pytest.fixture
def desk(platform: Platform, key: NewApiKey, tmp_path: Path) -> Types:
    """The commands as they are run in a folder of their own, with a key."""
    command = Command(platform.gateway, tmp_path / "home")
    rows = [
        {"text": f"{company} {words} in quarter {number}", "label": label}
        for number in range(5)
        for company in ("Acme", "Globex", "Initech")
        for label, said in (("positive", GOOD), ("negative", BAD))
        for words in said
    ]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "news.json").write_text(json.dumps(rows))

    def types(program: str, *arguments: str, folder: Path = tmp_path) -> Done:
        given = {"MODEL_BUILDER_URL": platform.gateway, "MODEL_BUILDER_API_KEY": key.key}
        environment = command.environment(given)
        return Done(*forks.run(arguments, environment=environment, stdin="", program=f"sentiment-{program}", folder=folder))

    return types


@pytest.mark.soak
def test_a_model_of_texts_is_checked_trained_registered_promoted_and_kept(desk: Types, tmp_path: Path) -> None:
    (tmp_path / "lexicon.yaml").write_text("training:\n  backbone: lexicon\n")

    checked = desk("validate-data", "data/news.json", "--format", "json", "--text-column", "text", "--label-column", "label")
    report = desk("data-report", "data/news.json", "--output", "report.html")
    trained = desk(
        "train", "--data", "data/news.json", "--output", "outputs/first", "--config", "lexicon.yaml", "--experiment", "desk-news"
    )

    assert (checked.status, report.status, trained.status) == (0, 0, 0), checked.err + report.err + trained.err
    assert "a model can be trained on it" in checked.out
    assert (tmp_path / "report.html").read_text().lstrip().startswith("<!DOCTYPE html>")
    assert "macro_f1" in trained.out
    manifest = json.loads((tmp_path / "outputs/first/model/manifest.json").read_text())
    run = manifest["job_id"]
    registered = desk(
        "register", "outputs/fir*/model", "--run-id", run, "--stage", "Staging", "--tags", "crypto,desk=news", "--metadata", '{"f1": 0.9}'
    )
    assert registered.status == 0, registered.err
    moved = desk("transition-stage", "desk-news", "1", "Production", "--comment", "the first")
    listed = desk("list-models", "--stage", "Production", "--detailed", "--format", "json")
    info = desk("model-info", "desk-news", "1", "--format", "json")
    kept = desk("delete-model", "desk-news", "1", "--yes")
    labelled = desk("predict", "models:/desk-news/Production", "record revenue, profit surges", "--format", "json")
    assert (moved.status, kept.status, labelled.status) == (0, 1, 0), moved.err + labelled.err
    assert labelled.json["predictions"][0]["label"] == "positive"
    assert [(row["name"], row["run_id"], row["tags"]) for row in listed.json] == [("desk-news", run, {"crypto": "", "desk": "news"})]
    assert (info.json["stage"], info.json["metadata"]) == ("Production", {"f1": 0.9})
    assert "is in production" in kept.err
    health, mlflow = desk("health", "--format", "json"), desk("health", "--mlflow")
    assert (health.status, health.json["dependencies"]["storage"], health.json["dependencies"]["training"]) == (
        0,
        "accessible",
        "connected",
    )
    assert (mlflow.status, mlflow.out) == (1, "mlflow: not configured\n")
    again = desk("register", "model", "--run-id", run, folder=tmp_path / "outputs" / "first")
    assert (again.status, "neither" in again.err) == (1, False), again.err  # It is the run's own folder, from there, too.
    refused = desk("export", "outputs/first/model", "--output", "exported")
    assert refused.status == 1
    assert "lexicon" in refused.err


def test_what_is_wrong_is_told_with_its_place_before_anything_is_sent(desk: Types, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("training:\n  batchsize: 16\n  learning_rate: fast\n")

    (tmp_path / "settings.yaml").write_text(desk("config", "--template").out)
    assert desk("config", "--validate", "--config", "settings.yaml").out == "settings.yaml can be used\n"
    config = desk("config", "--validate", "--config", "wrong.yaml")
    train = desk("train", "--data", "data/news.json", "--config", "wrong.yaml")
    nowhere = desk("train", "--data", "data/nwes.json")
    stage = desk("list-models", "--stage", "Prodction")
    usage = desk("train")

    assert config.status == train.status == nowhere.status == 1
    assert "wrong.yaml, line 2, column 3: there is no setting training.batchsize. Did you mean 'batch_size'?" in config.err
    assert "line 3, column 18: training.learning_rate must be a number or null, not 'fast'" in train.err
    assert "data/nwes.json is neither here nor in your data root" in nowhere.err
    assert (stage.status, usage.status) == (2, 2)
    assert "Did you mean 'Production'?" in stage.err


def test_a_file_is_sent_with_its_bundle_alone_and_asked_for_where_it_was_sent(desk: Types, newcomer: Person, tmp_path: Path) -> None:
    exported = tmp_path / "models" / "exported"
    exported.mkdir(parents=True)
    for name in ("model.pt", "id_rsa", "payroll.csv"):
        (exported / name).write_text(name)
    (exported / "manifest.json").write_text('{"files": {"model.pt": {}}}')

    told = [
        desk("validate", "models/exported/model.pt"),
        desk("validate", "model.pt", folder=exported),
        desk("validate", str(exported / "model.pt"), folder=tmp_path / "data"),
        desk("export", "models"),
    ]

    assert [done.status for done in told] == [1, 1, 1, 1]
    assert all("TorchScript files are programs" in done.err for done in told[:3]), [done.err for done in told]
    assert "Did you mean 'models/exported'?" in told[3].err
    elsewhere = f"uploads{exported}"
    with newcomer.client() as client:
        sent = {file.path for file in client.builder.files.all()}
    assert sent == {f"{folder}{name}" for folder in ("", "models/exported/", f"{elsewhere}/") for name in ("manifest.json", "model.pt")}
