"""A job's checkpoint as named files beside the artifacts, as its runner reads and writes them."""

import json
from collections.abc import Callable
from typing import Any

from libs.chassis.stores.artifacts import Artifacts
from services.training.domain.errors import RunReplacedError


class CheckpointFile:
    """A job's checkpoint as named files beside the artifacts: what is finished as JSON, the fit under way as arrays.

    A job that `continues` another one begins with that one's. `run` is the number of the run that reads and writes: one that was given up
    for lost and goes on all the same (its machine stood still) raises RunReplacedError where its replacement has begun, or its job has
    ended. Nobody else writes with None.
    """

    def __init__(
        self, artifacts: Artifacts, job_id: str, *, on_save: Callable[[], None], continues: str | None = None, run: int | None = None
    ) -> None:
        self._artifacts, self._job_id = artifacts, job_id
        self._path, self._fit_path, self._run_path = checkpoint_paths(job_id)
        self._before = (
            dict(zip((self._path, self._fit_path, self._run_path), checkpoint_paths(continues), strict=True)) if continues else {}
        )
        self._on_save = on_save
        self._run, self._begun = run, False

    def load(self) -> dict[str, Any] | None:
        """Return what an earlier attempt saved last, or None."""
        self._require_present()
        data = self._read(self._path)
        return json.loads(data) if data is not None else None

    def save(self, state: dict[str, Any], /) -> None:
        """Replace what was saved."""
        self._require_present()
        self._artifacts.write_named(self._path, json.dumps(state).encode())
        self._on_save()

    def load_fit(self) -> bytes | None:
        """Return what an earlier attempt kept last of a fit, or None."""
        self._require_present()
        return self._read(self._fit_path)

    def save_fit(self, data: bytes, /) -> None:
        """Replace what was kept of a fit."""
        self._require_present()
        self._artifacts.write_named(self._fit_path, data)
        self._on_save()

    def _require_present(self) -> None:
        if self._run is None:
            return
        noted = self._artifacts.read_named(self._run_path)
        present = -1 if noted is None else int(noted)
        # What is kept of a job goes with its end.
        if present > self._run or (self._begun and noted is None):
            raise RunReplacedError(self._job_id)
        if present < self._run:
            self._artifacts.write_named(self._run_path, str(self._run).encode())
        self._begun = True

    def _read(self, path: str) -> bytes | None:
        data = self._artifacts.read_named(path)
        if data is None and path in self._before and (data := self._artifacts.read_named(self._before[path])) is not None:
            self._artifacts.write_named(path, data)  # From here on it is this job's: whoever continues it needs no other.
        return data


def checkpoint_paths(job_id: str) -> tuple[str, str, str]:
    """Return where a job's checkpoint lies among the named files: what it has finished, the fit under way, and the run that writes them."""
    return f"checkpoints/{job_id}.json", f"checkpoints/{job_id}.npz", f"checkpoints/{job_id}.run"
