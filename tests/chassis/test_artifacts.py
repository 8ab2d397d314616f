"""Artifacts are found by what they hold, are whole or not there, and stay inside their store."""

import hashlib
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactDamagedError, ArtifactMissingError, Artifacts
from tests.chassis.object_store import BUCKET


@pytest.fixture(params=["folder", "file-url", "memory", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same promises on a folder, a file URL, memory and S3."""
    match request.param:
        case "folder":
            return str(tmp_path / "store")
        case "file-url":
            return (tmp_path / "store").as_uri()
        case "memory":
            return f"memory://{tmp_path.name}"
        case _:
            request.getfixturevalue("s3_environment")
            return f"s3://{BUCKET}/{uuid.uuid4().hex}"


@pytest.fixture
def artifacts(url: str) -> Artifacts:
    return Artifacts(url)


def test_bytes_are_found_again_by_their_hash(artifacts: Artifacts) -> None:
    stored = artifacts.put(b"a model")

    assert stored.sha256 == hashlib.sha256(b"a model").hexdigest()
    assert (stored.uri, stored.size) == (f"sha256/{stored.sha256[:2]}/{stored.sha256}", 7)
    assert artifacts.get(stored.sha256) == b"a model"
    assert artifacts.has(stored.sha256)
    assert artifacts.put(b"a model") == stored


def test_what_is_not_there_is_missing(artifacts: Artifacts) -> None:
    absent = hashlib.sha256(b"never stored").hexdigest()

    assert not artifacts.has(absent)
    with pytest.raises(ArtifactMissingError, match=absent):
        artifacts.get(absent)


@pytest.mark.parametrize("name", ["", "abc", "../../etc/passwd", "A" * 64, "z" * 64, "0" * 63])
def test_only_a_hash_names_an_artifact(artifacts: Artifacts, name: str) -> None:
    with pytest.raises(InvalidError):
        artifacts.get(name)


def test_a_damaged_artifact_is_noticed_and_healed_by_putting_it_again(tmp_path: Path) -> None:
    artifacts = Artifacts(str(tmp_path))
    stored = artifacts.put(b"a model")
    (tmp_path / stored.uri).write_bytes(b"a mole")

    with pytest.raises(ArtifactDamagedError):
        artifacts.get(stored.sha256)
    artifacts.put(b"a model")

    assert artifacts.get(stored.sha256) == b"a model"


def test_a_file_that_has_come_under_a_name_becomes_an_artifact_and_can_be_had_in_parts(artifacts: Artifacts) -> None:
    sha256 = hashlib.sha256(b"a model").hexdigest()
    for _ in range(2):  # The second time over what is there.
        artifacts.write_named("uploads/one", b"a model")
        assert artifacts.adopt_named("uploads/one", sha256=sha256, size=7) == artifacts.put(b"a model")

    assert artifacts.read_named("uploads/one") is None
    assert artifacts.get(sha256) == b"a model"
    assert artifacts.part(sha256, start=2, end=5) == b"mod"
    with pytest.raises(ArtifactMissingError):
        artifacts.adopt_named("uploads/one", sha256=sha256, size=7)
    with pytest.raises(ArtifactMissingError):
        artifacts.part("0" * 64, start=0, end=1)


def test_named_files_are_replaced_whole(artifacts: Artifacts) -> None:
    assert artifacts.read_named("checkpoints/job_1/state") is None

    artifacts.write_named("checkpoints/job_1/state", b"one")
    artifacts.write_named("checkpoints/job_1/state", b"two")

    assert artifacts.read_named("checkpoints/job_1/state") == b"two"
    artifacts.delete_named("checkpoints/job_1/state")
    artifacts.delete_named("checkpoints/job_1/state")
    assert artifacts.read_named("checkpoints/job_1/state") is None


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../secret", "a/../../secret", "a\\..\\b", "a\0b"])
def test_named_files_stay_inside_the_store(artifacts: Artifacts, path: str) -> None:
    with pytest.raises(InvalidError):
        artifacts.write_named(path, b"x")
    with pytest.raises(InvalidError):
        artifacts.read_named(path)


def test_writers_of_the_same_bytes_at_once_agree_on_one_whole_file(artifacts: Artifacts) -> None:
    data = os.urandom(300_000)

    with ThreadPoolExecutor(8) as threads:
        stored = set(threads.map(lambda _: artifacts.put(data).sha256, range(16)))

    assert len(stored) == 1
    assert artifacts.get(stored.pop()) == data


def test_writers_at_once_leave_no_part_beside_the_file(tmp_path: Path) -> None:
    artifacts = Artifacts(str(tmp_path))
    data = os.urandom(300_000)

    with ThreadPoolExecutor(8) as threads:
        stored = set(threads.map(lambda _: artifacts.put(data).sha256, range(16)))

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == list(stored)


def test_a_reader_of_a_named_file_sees_one_writing_whole_while_it_is_replaced(artifacts: Artifacts) -> None:
    writings = [bytes([letter]) * 200_000 for letter in b"abcd"]
    artifacts.write_named("checkpoints/job_1", writings[0])

    with ThreadPoolExecutor(4) as threads:
        written = threads.map(lambda data: artifacts.write_named("checkpoints/job_1", data), writings * 3)
        seen = list(threads.map(lambda _: artifacts.read_named("checkpoints/job_1"), range(12)))
        list(written)

    assert set(seen) <= set(writings)


def test_what_one_store_writes_another_sees_at_once(url: str) -> None:
    one, another = Artifacts(url), Artifacts(url)
    sha256 = hashlib.sha256(b"a model").hexdigest()

    # Looked for before it is there: what was not found must not be remembered.
    assert not another.has(sha256)
    assert another.read_named("checkpoints/job_1") is None
    one.put(b"a model")
    one.write_named("checkpoints/job_1", b"one")
    assert another.get(sha256) == b"a model"
    assert another.read_named("checkpoints/job_1") == b"one"
    one.delete_named("checkpoints/job_1")

    assert another.read_named("checkpoints/job_1") is None
