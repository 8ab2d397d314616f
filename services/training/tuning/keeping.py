"""What a tuning leaves while it runs: its checkpoint, the file of its trials, and how far it has come."""

import gzip
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import Artifact
from libs.contracts.tuning import TrialRow, TrialTable, TuneProgress
from services.training.learners.progress import Checkpoints, Progress, Report
from services.training.tuning.honesty import best_of
from services.training.tuning.rows import TOLD, Row
from services.training.tuning.search import Direction

# Trials that take less are not all kept: what is lost is done again in as long.
KEEP_EVERY_S: Final = 1.0
TABLE_EVERY_S: Final = 2.0
ENDING: Final = 10
"""Steps of progress for what comes after the last trial, beside one for each trial."""


@dataclass(slots=True, kw_only=True)
class Keeping:
    """Keeps and tells of the trials of one tuning. `key` names everything that decides a trial's numbers."""

    key: str
    objectives: tuple[str, ...]
    directions: tuple[Direction, ...]
    total: int
    artifacts: Artifacts
    checkpoints: Checkpoints
    report: Report
    _kept_at: float = field(default=-KEEP_EVERY_S, init=False)
    _table_at: float = field(default=-TABLE_EVERY_S, init=False)
    _table: Artifact | None = field(default=None, init=False)
    _told: int = field(default=0, init=False)
    _step: int = field(default=0, init=False)

    def load(self, earlier: Artifact | None) -> tuple[list[Row], str | None]:
        """Return the trials of an attempt or a job before, and a warning where there are some of no use."""
        state = self.checkpoints.load()
        if state is None and earlier is not None:
            state = json.loads(gzip.decompress(self.artifacts.get(earlier.sha256))).get("search")
        if state is None:
            return [], None
        if state.get("key") != self.key:
            return [], "The earlier trials rest on other candles, another space or other libraries: the search begins anew"
        rows = [Row.from_json(each) for each in state["rows"]]
        self._told = sum(row.status in TOLD for row in rows)
        return rows, None

    def keep(self, rows: Sequence[Row]) -> None:
        """Keep the trials, unless that was a moment ago, and tell of those that have ended since."""
        at = time.monotonic()
        if at - self._kept_at >= KEEP_EVERY_S:
            self.checkpoints.save(self._state(rows))
            self._kept_at = time.monotonic()
        if at - self._table_at >= TABLE_EVERY_S:
            self._table = self.table(rows)
            self._table_at = time.monotonic()
        ended = [row for row in rows if row.status in TOLD]
        if len(ended) > self._told:
            self._told = len(ended)
            self._tell(rows, newest=max(ended, key=lambda row: row.ended or ""))

    def close(self, rows: Sequence[Row]) -> Artifact:
        """Keep all trials as they are in the end; return their file."""
        self.checkpoints.save(self._state(rows))
        self._table = self.table(rows)
        self._tell(rows, newest=None)
        return self._table

    def table(self, rows: Sequence[Row]) -> Artifact:
        """Write the file of trials, a `TrialTable`; what a later search needs to go on from it stands beside them."""
        told = TrialTable(trials=tuple(shown(row) for row in rows)).model_dump(mode="json")
        # Without the time in its header the same trials are the same file.
        return self.artifacts.put(gzip.compress(json.dumps({**told, "search": self._state(rows)}).encode(), 6, mtime=0))

    def say(self, stage: str, *, step: int, message: str = "") -> None:
        """Tell what is done after the last trial, which is `step` of `ENDING`."""
        self._step = self.total + step
        self.report(Progress(stage=stage, step=self._step, total_steps=self.total + ENDING, message=message or stage))

    def warn(self, message: str) -> None:
        """Tell something that the owner should look at."""
        self.report(Progress(stage="searching", step=self._told, total_steps=self.total + ENDING, message=message, level="WARNING"))

    def _state(self, rows: Sequence[Row]) -> dict[str, Any]:
        return {"key": self.key, "rows": [row.as_json() for row in rows]}

    def _tell(self, rows: Sequence[Row], *, newest: Row | None) -> None:
        best = best_of(rows, directions=self.directions)
        partial = TuneProgress(
            completed_trials=self._told, total_trials=self.total, best_trial=shown(best) if best else None, trials=self._table
        )
        self._step = max(self._step, min(self._told, self.total))
        self.report(
            Progress(
                stage=f"trial {self._told} of {self.total}",
                step=self._step,
                total_steps=self.total + ENDING,
                message="" if newest is None else _words(newest, objectives=self.objectives),
                metrics=_latest(newest, best),
                partial=partial.model_dump(mode="json"),
            )
        )


def shown(row: Row) -> TrialRow:
    """Return a trial as it is told."""
    return TrialRow.model_validate(
        {
            "trial_id": row.trial_id,
            "number": row.number,
            "status": row.status,
            "created_at": row.began,
            "completed_at": row.ended,
            "hyperparameters": dict(row.point),
            "metrics": dict(row.metrics),
            "spread": dict(row.spread),
            "reason": row.reason,
        }
    )


def _latest(newest: Row | None, best: Row | None) -> Mapping[str, float]:
    told = {} if newest is None else {name: value for name, value in newest.metrics.items() if value is not None}
    return told | ({} if best is None or not best.values else {"best": best.values[0], "best_trial": float(best.number)})


def _words(row: Row, *, objectives: Sequence[str]) -> str:
    point = ", ".join(f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in row.point.items())
    if row.values is None:
        return f"Trial {row.number} {row.status}: {row.reason} ({point})"
    values = ", ".join(f"{name} {value:.4g}" for name, value in zip(objectives, row.values, strict=True))
    return f"Trial {row.number}: {values} ({point})"
