"""Trains on texts without a platform: the same job in this process, its files in a folder of this machine."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.texts import TextConfig, TextData, TextResult, TextSpec
from libs.contracts.training import Artifact
from services.training.learners.progress import Progress
from services.training.outbound.checkpoint_files import CheckpointFile
from services.training.texts.run import run

WORKSHOP: Final = ".unfinished"
"""The folder below the output in which an interrupted training finds what it had come to."""
JOB: Final = "local"


def train_locally(
    data: Path,
    output: Path,
    *,
    config: Mapping[str, Any],
    experiment: str,
    resume_from: Path | None = None,
    log_level: str = "INFO",
    backbones: Path | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> TextResult:
    """Train as a run of the platform does, and write its files below `output`. Begun again with the same output, it goes on.

    `config` is what a configuration file holds. Raise InvalidError for what cannot be used, which names the field.
    """
    workshop = output / WORKSHOP
    store = Artifacts(str(workshop))
    spec = _spec(data, store=store, config=config, experiment=experiment, resume_from=resume_from, log_level=log_level)
    checkpoints = CheckpointFile(store, JOB, on_save=lambda: None)
    try:
        result = run(spec, job_id=JOB, artifacts=store, report=on_progress, checkpoints=checkpoints, backbones=backbones)
    except InvalidError:  # Begun again, it would come to the same.
        shutil.rmtree(workshop)
        raise
    for name, artifact in result.files.items():
        path = output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        store.fetch(artifact.sha256, path)
    shutil.rmtree(workshop)
    return result


def _spec(
    data: Path, *, store: Artifacts, config: Mapping[str, Any], experiment: str, resume_from: Path | None, log_level: str
) -> TextSpec:
    for path, name, there in ((data, "data", data.is_file()), (resume_from, "resume_from", resume_from is None or resume_from.is_dir())):
        if not there:
            message = f"There is no {'folder' if name == 'resume_from' else 'file'} {path}."
            raise InvalidError(message, details={name: [message]})
    try:
        asked = TextConfig.model_validate_json(json.dumps(config))
    except ValidationError as error:
        details = {"config." + ".".join(map(str, each["loc"])): [each["msg"]] for each in error.errors()}
        message = "; ".join(f"{field}: {texts[0]}" for field, texts in details.items())
        raise InvalidError(message, details=details) from error
    begin: dict[str, Artifact] = {}
    if resume_from is not None:
        begin = {path.name: store.put_file(path) for path in sorted(resume_from.iterdir()) if path.is_file()}
    return TextSpec.model_validate(
        {
            "data": TextData(path=str(data), artifact=store.put_file(data)),
            "config": asked,
            "experiment_name": experiment,
            "output_dir": "",
            "resume": begin,
            "resumed_from": str(resume_from) if resume_from is not None else None,
            "log_level": log_level,
        }
    )
