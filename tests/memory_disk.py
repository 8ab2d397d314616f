"""A folder in memory, where there is room for one: what a store of tests writes is gone with them, so no disk has to keep it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

MEMORY: Final = Path("/dev/shm")  # each run has a folder of its own there
PREFIX: Final = "mb-tests-"
# Less than a twentieth of what has to be free is used.
ROOM_BYTES: Final = 8 * 2**30


@contextmanager
def folder_in_memory(*, otherwise: Path) -> Iterator[Path]:
    """Lend a folder in memory, or `otherwise` where there is no room; what runs that were killed have left there goes first."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        otherwise.mkdir(parents=True, exist_ok=True)
        yield otherwise
        return
    clear_left(MEMORY)
    with TemporaryDirectory(prefix=PREFIX, dir=MEMORY) as folder, in_use(Path(folder)):
        data = Path(folder) / "data"
        data.mkdir()
        yield data


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Hold a folder's lock: the kernel lets go of it with this process, and knows it in every container that shares the memory."""
    unlocked = folder / "unlocked"
    with unlocked.open("w") as lock:
        flock(lock, LOCK_EX)
        unlocked.rename(folder / "lock")  # So that nobody sees one that is not held yet.
        yield


def clear_left(memory: Path) -> None:
    """Remove the folders whose locks nobody holds any more."""
    for folder in memory.glob(f"{PREFIX}*"):
        try:
            with (folder / "lock").open() as lock:
                flock(lock, LOCK_EX | LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # Its run goes on, is only beginning, or is another user's.
