"""Files go in and out of the artifact store in pieces: whole or not there, on a folder, a file URL, memory and S3."""

import hashlib
import os
import uuid
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactDamagedError, ArtifactMissingError, Artifacts
from libs.contracts.envelope import now
from tests.chassis.object_store import BUCKET, ObjectStore

# More than two of the parts that S3 is sent, and no whole number of them.
DATA = os.urandom(1 << 20) * 18 + b"the end"
ABSENT = "0" * 64


@pytest.fixture(params=["folder", "file-url", "memory", "s3"])
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> Artifacts:
    match request.param:
        case "folder":
            return Artifacts(str(tmp_path / "store"))
        case "file-url":
            return Artifacts((tmp_path / "store").as_uri())
        case "memory":
            return Artifacts(f"memory://{tmp_path.name}")
        case _:
            request.getfixturevalue("s3_environment")
            return Artifacts(f"s3://{BUCKET}/{uuid.uuid4().hex}")


def write(artifacts: Artifacts, path: str, data: bytes, *, piece: int = 3_000_000) -> None:
    with artifacts.open_named(path) as writer:
        for start in range(0, len(data), piece):
            writer.write(data[start : start + piece])


@pytest.mark.parametrize("data", [DATA, b"small", b""], ids=["large", "small", "empty"])
def test_a_file_is_put_and_fetched_by_its_hash(artifacts: Artifacts, tmp_path: Path, data: bytes) -> None:
    given = tmp_path / "given"
    given.write_bytes(data)

    stored = artifacts.put_file(given)
    artifacts.fetch(stored.sha256, tmp_path / "fetched")

    assert (stored.sha256, stored.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert artifacts.put_file(given) == stored == artifacts.put(data)
    assert (tmp_path / "fetched").read_bytes() == data == b"".join(artifacts.chunks(stored.sha256))


def test_what_is_not_there_is_told_at_once(artifacts: Artifacts, tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissingError, match=ABSENT):
        artifacts.chunks(ABSENT)
    with pytest.raises(ArtifactMissingError):
        artifacts.fetch(ABSENT, tmp_path / "fetched")
    with pytest.raises(ArtifactMissingError, match="uploads/one"):
        artifacts.fetch_named("uploads/one", tmp_path / "fetched")

    assert not (tmp_path / "fetched").exists()


@pytest.mark.parametrize("data", [DATA, b"small", b""], ids=["large", "small", "empty"])
def test_a_named_file_is_there_when_its_last_piece_has_come(artifacts: Artifacts, tmp_path: Path, data: bytes) -> None:
    with artifacts.open_named("uploads/one") as writer:
        writer.write(data)
        assert artifacts.read_named("uploads/one") is None

    artifacts.fetch_named("uploads/one", tmp_path / "fetched")

    assert (tmp_path / "fetched").read_bytes() == data


def test_a_writing_that_is_broken_off_leaves_what_was_there(artifacts: Artifacts) -> None:
    write(artifacts, "uploads/one", b"before")

    for path in ("uploads/one", "uploads/two"):
        with suppress(ConnectionError), artifacts.open_named(path) as writer:
            writer.write(DATA)
            raise ConnectionError

    assert artifacts.read_named("uploads/one") == b"before"
    assert artifacts.read_named("uploads/two") is None
    assert artifacts.old_named("uploads", before=now() + timedelta(minutes=1)) == ["uploads/one"]
    assert artifacts.remove_torn("uploads", before=now() + timedelta(minutes=1)) == 0


def test_old_files_are_found_by_what_their_paths_begin_with(artifacts: Artifacts) -> None:
    for path in ("uploads/b", "uploads/a/1", "uploadsother/c", "checkpoints/d"):
        write(artifacts, path, b"data")

    assert artifacts.old_named("uploads", before=now() + timedelta(minutes=1)) == ["uploads/a/1", "uploads/b"]
    assert artifacts.old_named("uploads", before=now() - timedelta(minutes=1)) == []
    assert artifacts.old_named("nothing", before=now() + timedelta(minutes=1)) == []


def test_a_file_that_was_damaged_is_never_taken_for_whole(tmp_path: Path) -> None:
    artifacts = Artifacts(str(tmp_path / "store"))
    stored = artifacts.put(DATA)
    (tmp_path / "store" / stored.uri).write_bytes(DATA[:-1] + b"!")
    seen: list[bytes] = []

    with pytest.raises(ArtifactDamagedError):
        seen.extend(artifacts.chunks(stored.sha256))
    with pytest.raises(ArtifactDamagedError):
        artifacts.fetch(stored.sha256, tmp_path / "fetched")

    assert len(b"".join(seen)) < len(DATA)
    assert not (tmp_path / "fetched").exists()


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../secret", "a/../../secret"])
def test_named_files_in_pieces_stay_inside_the_store(artifacts: Artifacts, tmp_path: Path, path: str) -> None:
    with pytest.raises(InvalidError):
        artifacts.open_named(path)
    with pytest.raises(InvalidError):
        artifacts.fetch_named(path, tmp_path / "fetched")
    with pytest.raises(InvalidError):
        artifacts.old_named(path, before=now())


def test_what_a_writer_that_died_left_in_a_folder_is_removed(tmp_path: Path) -> None:
    artifacts = Artifacts(str(tmp_path))
    # Begun, and never left: as by a process that was killed.
    begun = artifacts.open_named("uploads/one").__enter__()
    begun.write(b"a part")

    assert artifacts.old_named("uploads", before=now() + timedelta(minutes=1)) == []
    assert artifacts.remove_torn("uploads", before=now() - timedelta(minutes=1)) == 0
    assert artifacts.remove_torn("uploads", before=now() + timedelta(minutes=1)) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_a_writer_that_died_left_of_an_artifact_goes_with_old_artifacts(tmp_path: Path) -> None:
    artifacts = Artifacts(str(tmp_path))
    stored = artifacts.put(b"a model")
    (tmp_path / stored.uri).with_name(".part-begun").write_bytes(b"a m")

    assert artifacts.remove_old(but={bytes.fromhex(stored.sha256)}, before=now() + timedelta(minutes=1)) == 0
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [stored.sha256]


@pytest.mark.usefixtures("s3_environment")
def test_parts_that_a_writer_that_died_left_in_s3_are_removed(object_store: ObjectStore) -> None:
    prefix = uuid.uuid4().hex
    artifacts, another = Artifacts(f"s3://{BUCKET}/{prefix}"), Artifacts(f"s3://{BUCKET}/{prefix}other")
    begun = [store.open_named("uploads/one") for store in (artifacts, another)]
    for writer in begun:
        writer.__enter__().write(DATA)

    def keys() -> list[str]:
        return [each["Key"] for each in object_store.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]

    assert f"{prefix}/named/uploads/one" in keys()
    assert artifacts.remove_torn("uploads", before=now()) == 1
    assert [key for key in keys() if key.startswith(prefix)] == [f"{prefix}other/named/uploads/one"]
    assert object_store.names(prefix) == []
    for writer in begun:
        writer.__exit__(ConnectionError, None, None)
