"""A folder in memory, where there is room for one: what a store of tests writes is gone with them, so no disk has to keep it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

MEMORY: Final = Path("/dev/shm")  # each run has a folder of its own there
# Less than a twentieth of what has to be free is used.
ROOM_BYTES: Final = 8 * 2**30


@contextmanager
def folder_in_memory(*, otherwise: Path) -> Iterator[Path]:
    """Lend a folder in memory, or `otherwise` where there is no room; what runs that were killed have left there goes first."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        otherwise.mkdir(parents=True, exist_ok=True)
        yield otherwise
        return
    for left in MEMORY.glob("mb-tests-*"):
        if not Path(f"/proc/{left.name.split('-')[2]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=f"mb-tests-{os.getpid()}-", dir=MEMORY) as folder:
        yield Path(folder)
