"""A platform's logs: bounded, whoever writes to them, and followed all the same."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.rotating import rotate


@pytest.fixture
async def follower(tmp_path: Path) -> AsyncIterator[asyncio.StreamReader]:
    """What `make logs F=1` shows of a log that is there already."""
    (tmp_path / "training.log").touch()
    tail = await asyncio.create_subprocess_exec(
        *("tail", "-n", "+1", "-F", str(tmp_path / "training.log")), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert tail.stdout is not None
    yield tail.stdout
    tail.terminate()
    await tail.wait()


async def test_who_writes_and_who_follows_go_on_where_the_log_was_emptied(tmp_path: Path, follower: asyncio.StreamReader) -> None:
    log = tmp_path / "training.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"before " * 20 + b"\n")
        first = await follower.readline()
        rotated = rotate(tmp_path, largest=100)
        writer.write(b"after\n")
        second = await follower.readline()

    assert rotated == [log]
    assert (first, second) == (b"before " * 20 + b"\n", b"after\n")
    assert (log.read_bytes(), (tmp_path / "training.log.1").read_bytes()) == (second, first)


def test_as_many_copies_are_kept_as_may_be_the_newest_first(tmp_path: Path) -> None:
    log = tmp_path / "training.log"
    for number in range(6):
        log.write_text(f"{number}" * 101)
        rotate(tmp_path, largest=100)

    assert [file.name for file in sorted(tmp_path.iterdir())] == [log.name, *(f"{log.name}.{number}" for number in (1, 2, 3))]
    assert [(tmp_path / f"{log.name}.{number}").read_text()[0] for number in (1, 2, 3)] == ["5", "4", "3"]


def test_what_is_small_and_what_is_no_log_stays_as_it_is(tmp_path: Path) -> None:
    for name in ("training.log", "training.log.1", "notes.txt"):
        (tmp_path / name).write_text("x" * (100 if name == "training.log" else 1000))

    assert rotate(tmp_path, largest=100) == []
    assert {file.name: file.stat().st_size for file in tmp_path.iterdir()} == {
        "training.log": 100,
        "training.log.1": 1000,
        "notes.txt": 1000,
    }


def test_a_log_for_whose_copy_there_is_no_room_is_emptied_all_the_same(tmp_path: Path) -> None:
    log = tmp_path / "training.log"
    log.write_text("x" * 101)
    (tmp_path / "training.log.1").symlink_to("/dev/full")

    with pytest.raises(OSError, match="No space left"):
        rotate(tmp_path, largest=100, kept=1)

    assert log.stat().st_size == 0
