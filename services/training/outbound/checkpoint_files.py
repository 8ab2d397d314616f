"""A job's checkpoint as named files beside the artifacts, as its runner reads and writes them."""

import json
from collections.abc import Callable
from typing import Any

from libs.chassis.stores.artifacts import Artifacts


class CheckpointFile:
    """A job's checkpoint as named files beside the artifacts: what is finished as JSON, the fit under way as arrays.

    A job that `continues` another one begins with that one's.
    """

    def __init__(self, artifacts: Artifacts, job_id: str, *, on_save: Callable[[], None], continues: str | None = None) -> None:
        self._artifacts = artifacts
        self._path, self._fit_path = checkpoint_paths(job_id)
        self._before = dict(zip((self._path, self._fit_path), checkpoint_paths(continues), strict=True)) if continues else {}
        self._on_save = on_save

    def load(self) -> dict[str, Any] | None:
        """Return what an earlier attempt saved last, or None."""
        data = self._read(self._path)
        return json.loads(data) if data is not None else None

    def save(self, state: dict[str, Any], /) -> None:
        """Replace what was saved."""
        self._artifacts.write_named(self._path, json.dumps(state).encode())
        self._on_save()

    def load_fit(self) -> bytes | None:
        """Return what an earlier attempt kept last of a fit, or None."""
        return self._read(self._fit_path)

    def save_fit(self, data: bytes, /) -> None:
        """Replace what was kept of a fit."""
        self._artifacts.write_named(self._fit_path, data)
        self._on_save()

    def _read(self, path: str) -> bytes | None:
        data = self._artifacts.read_named(path)
        if data is None and path in self._before and (data := self._artifacts.read_named(self._before[path])) is not None:
            self._artifacts.write_named(path, data)  # From here on it is this job's: whoever continues it needs no other.
        return data


def checkpoint_paths(job_id: str) -> tuple[str, str]:
    """Return where a job's checkpoint lies among the named files: what it has finished, and the fit under way."""
    return f"checkpoints/{job_id}.json", f"checkpoints/{job_id}.npz"
