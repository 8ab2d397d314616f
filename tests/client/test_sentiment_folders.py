"""What of a machine's folders is sent, and what it is called in the data root, wherever a command is typed."""

import json
from pathlib import Path

import pytest

from modelbourse.cli.errors import CommandError
from modelbourse.cli.sentiment.folders import bundle_of, files_of, newest_checkpoint
from modelbourse.cli.sentiment.places import Mark, leave_mark, remote_of


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which somebody works, with more in it than a model."""
    home = tmp_path / "home"
    for name in ("id_rsa", ".git/config", ".cache/token", "sub/payroll.csv", "model.onnx", "model.int8.onnx", "config.json"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(name)
    monkeypatch.chdir(home)
    return home


def name_files(folder: Path, *names: str) -> None:
    (folder / "manifest.json").write_text(json.dumps({"files": {name: {} for name in names}}))


def test_of_a_bundle_only_what_its_manifest_names_is_sent(home: Path) -> None:
    name_files(home, "model.onnx", "model.int8.onnx", "config.json", "gone.txt")

    sent = files_of(Path(), option="MODEL_PATH")
    checked = bundle_of(Path("model.onnx"), option="FILE")

    assert sorted(map(str, sent)) == ["config.json", "manifest.json", "model.int8.onnx", "model.onnx"]
    assert sorted(map(str, checked)) == ["config.json", "manifest.json", "model.onnx"]


def test_a_file_of_tritons_repository_is_compared_by_the_bundle_around_it(home: Path) -> None:
    name_files(home, "config.json")
    inner = home / "triton" / "sentiment" / "1"
    inner.mkdir(parents=True)
    (inner / "model.onnx").write_text("model")

    assert bundle_of(inner / "model.onnx", option="FILE") == [inner / "model.onnx", home / "manifest.json", home / "config.json"]


def test_of_a_folder_that_is_no_model_nothing_is_sent(home: Path) -> None:
    (home / "run" / "model").mkdir(parents=True)
    name_files(home / "run" / "model")

    with pytest.raises(CommandError, match=r"is no trained model: .* nothing of it is sent\. Did you mean 'run/model'\?"):
        files_of(Path("run"), option="MODEL_PATH")
    with pytest.raises(CommandError, match=r"there is no manifest\.json beside FILE model\.onnx: put the file back into its bundle"):
        bundle_of(Path("model.onnx"), option="FILE")


@pytest.mark.parametrize("name", ["../id_rsa", "/etc/hostname", "link"])
def test_a_manifest_that_names_what_lies_outside_its_folder_sends_nothing(home: Path, name: str) -> None:
    folder = home / "model"
    folder.mkdir()
    (folder / "link").symlink_to(home / "id_rsa")
    name_files(folder, name)

    with pytest.raises(CommandError, match="lies outside its folder: nothing of it is sent"):
        files_of(folder, option="MODEL_PATH")


def test_a_checkpoint_is_its_state_and_the_newest_is_the_highest(home: Path) -> None:
    for name in ("checkpoint-2", "checkpoint-10"):
        (home / name).mkdir()
        (home / name / "state.json").write_text("{}")
        (home / name / "notes.txt").write_text("mine")

    newest = newest_checkpoint(Path())

    assert newest == Path("checkpoint-10")
    assert files_of(newest, option="--resume-from") == [Path("checkpoint-10/state.json")]


def test_two_folders_of_a_machine_are_never_one_in_the_data_root(home: Path) -> None:
    elsewhere = [remote_of(home.parent / name / "run" / "model") for name in ("a", "b")]

    assert len(set(elsewhere)) == 2
    assert elsewhere[0] == f"{remote_of(home.parent / 'a' / 'run')}/model"
    assert remote_of(Path("../home/data/news.json")) == remote_of(home / "data" / "news.json") == "data/news.json"


def test_a_runs_files_are_found_from_every_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = home.parent / "runs" / "first"
    leave_mark(run, Mark("job_1", "outputs/first"))
    places = [remote_of(run / "model")]

    monkeypatch.chdir(run)
    places += [remote_of(Path("model")), remote_of(Path())]

    assert places == ["outputs/first/model", "outputs/first/model", "outputs/first"]


def test_a_place_that_is_too_long_is_told_before_anything_is_sent(home: Path) -> None:
    with pytest.raises(CommandError, match="run the command from a folder nearer to it"):
        remote_of(home.joinpath(*["folder"] * 40))
