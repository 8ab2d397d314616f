"""Checkpoints that a later training goes on from: a folder an epoch, `state.json` and `state.safetensors`."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError
from safetensors.numpy import load, save_file

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.texts import Epoch
from libs.contracts.training import Artifact
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.unfinished import Arrays

ABOUT, ARRAYS = "state.json", "state.safetensors"
KEPT_MOST: Final = 3
"""Of the newest epochs: a folder has three times the weights that learn, and those of the best epoch."""


class KeptCourse(BaseModel):
    """What a checkpoint says of its course: that of an epoch's end."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    epochs: int = Field(ge=1)
    groups: Literal[0]
    step: int = Field(ge=1)
    loss: float
    weight: float
    best_epoch: int = Field(ge=1)
    best_f1: float
    best_loss: float | None
    seconds: float
    history: list[Epoch]


class State(BaseModel):
    """What a checkpoint's `state.json` has at least."""

    course: KeptCourse
    scaler: dict[str, Any]


def check_arrays(arrays: Arrays, *, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise TrainingRefusedError where a checkpoint's numbers do not fit what learns: shapes by name, in the optimizer's order."""
    unlike = [name for name, shape in shapes.items() if f"net/{name}" not in arrays or arrays[f"net/{name}"].shape != shape]
    if unlike:
        message = f"The checkpoint is of another network or method: it has no {unlike[0]} of this shape."
        raise _refused(message)
    known: dict[str, tuple[int, ...]] = {f"best/{name}": shape for name, shape in shapes.items()}
    for place, shape in enumerate(shapes.values()):
        known |= {f"optimizer/{place}/step": (1,), f"optimizer/{place}/exp_avg": shape, f"optimizer/{place}/exp_avg_sq": shape}
    rest = [name for name in arrays if name.startswith(("best/", "optimizer/"))]
    places = {name.rpartition("/")[0] for name in rest if name.startswith("optimizer/")}
    parts = {f"{place}/{part}" for place in places for part in ("step", "exp_avg", "exp_avg_sq")}
    odd = [name for name in rest if known.get(name) != (arrays[name].shape or (1,))] or sorted(parts - arrays.keys())
    if odd or "draws" not in arrays:
        message = f"The checkpoint cannot be read: its {odd[0] if odd else 'draws'} is missing, or of another shape."
        raise _refused(message)


def folder_of(epoch: int) -> str:
    """Return what an epoch's checkpoint is called."""
    return f"checkpoint-{epoch}"


def put_checkpoint(about: Mapping[str, Any], arrays: Arrays, *, artifacts: Artifacts) -> dict[str, Artifact]:
    """Store a checkpoint; return its files by name."""
    with tempfile.TemporaryDirectory(prefix="modelbourse-checkpoint-") as folder:
        path = Path(folder) / ARRAYS  # By way of a file: in memory it would be there twice over.
        save_file({name: np.ascontiguousarray(each) for name, each in arrays.items()}, path)
        return {ABOUT: artifacts.put(json.dumps(about, indent=2).encode()), ARRAYS: artifacts.put_file(path)}


def get_checkpoint(files: Mapping[str, Artifact], *, artifacts: Artifacts, **wanted: Any) -> tuple[dict[str, Any], Arrays]:
    """Read a checkpoint. Raise TrainingRefusedError for files that are none, or of a training of other `wanted` settings."""
    if missing := [name for name in (ABOUT, ARRAYS) if name not in files]:
        message = f"The folder to resume from has no {missing[0]}: it is to be a `checkpoint-<epoch>` of a training."
        raise _refused(message)
    try:
        about: dict[str, Any] = json.loads(artifacts.get(files[ABOUT].sha256))
        State.model_validate(about)
        arrays = load(artifacts.get(files[ARRAYS].sha256))
    except (ValueError, RecursionError, SafetensorError) as error:
        message = "The checkpoint cannot be read: its files are damaged, or none of ours."
        raise _refused(message) from error
    for name, value in wanted.items():
        if (was := about.get(name)) != value:
            message = f"The checkpoint is of {name.replace('_', ' ')} {was}, and this training of {value}: they must be the same."
            raise _refused(message)
    return about, arrays


def _refused(message: str) -> TrainingRefusedError:
    return TrainingRefusedError(message, details={"resume_from": [message]})
