"""Checkpoints that a later training goes on from: a folder an epoch, `state.json` and `state.safetensors`."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save_file

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import Artifact
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.unfinished import Arrays

ABOUT, ARRAYS = "state.json", "state.safetensors"
KEPT_MOST: Final = 3
"""Of the newest epochs: a folder has three times the weights that learn, and those of the best epoch."""


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
        arrays = load(artifacts.get(files[ARRAYS].sha256))
    except (ValueError, SafetensorError) as error:
        message = "The checkpoint cannot be read: its files are damaged, or none of ours."
        raise _refused(message) from error
    for name, value in wanted.items():
        if (was := about.get(name)) != value:
            message = f"The checkpoint is of {name.replace('_', ' ')} {was}, and this training of {value}: they must be the same."
            raise _refused(message)
    return about, arrays


def _refused(message: str) -> TrainingRefusedError:
    return TrainingRefusedError(message, details={"resume_from": [message]})
