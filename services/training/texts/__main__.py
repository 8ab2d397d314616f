"""`python -m services.training.texts train`: a training on texts without a platform, on this machine's own files."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import yaml

from libs.chassis.errors import InvalidError, PlatformError
from libs.contracts.texts import METRICS
from services.training.learners.progress import Progress
from services.training.texts.local import train_locally
from services.training.texts.report import verdict_of


def main(arguments: list[str] | None = None) -> int:
    """Train, and print what came of it. Return 0, 1 for a training that failed, 2 for what cannot be used."""
    asked = _parser().parse_args(arguments)
    try:
        result = train_locally(
            asked.data,
            asked.output,
            config=_config(asked.config),
            experiment=asked.experiment,
            resume_from=asked.resume_from,
            log_level=asked.log_level,
            backbones=asked.backbones,
            on_progress=_say,
        )
    except InvalidError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    except PlatformError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    for name in METRICS:
        value = result.metrics[name]
        sys.stdout.write(f"{name:>10}  {'-' if value is None else f'{value:.4f}'}\n")
    sys.stdout.write(f"{verdict_of(result)}\nThe model is {asked.output / 'model'}, the report {asked.output / 'report.html'}.\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.training.texts", description=__doc__)
    train = parser.add_subparsers(dest="command", required=True).add_parser("train", help="train a model of labelled texts")
    train.add_argument("--data", "-d", type=Path, required=True, help="labelled texts: JSON, JSON lines, CSV or Parquet")
    train.add_argument("--output", "-o", type=Path, default=Path("outputs"), help="the folder that its files go into")
    train.add_argument("--experiment", "-e", default="sentiment-analysis", help="what the model is called")
    train.add_argument("--config", "-c", type=Path, help="settings, as YAML or JSON")
    train.add_argument("--resume-from", type=Path, help="a `checkpoint-<epoch>` folder of an earlier training")
    train.add_argument("--log-level", "-l", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    folder = os.environ.get("TRAINING_BACKBONES")
    train.add_argument("--backbones", type=Path, default=Path(folder) if folder else None, help="a folder of networks to begin with")
    return parser


def _config(path: Path | None) -> dict[str, Any]:
    """Return what a configuration file holds. Raise InvalidError with the place of a mistake."""
    if path is None:
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        message = f"The configuration {path} cannot be read: {' '.join(str(error).split())}"
        raise InvalidError(message, details={"config": [message]}) from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        message = f"The configuration {path} is to hold sections such as `training`, and holds {type(found).__name__}."
        raise InvalidError(message, details={"config": [message]})
    return {section: _with_numbers(values) for section, values in found.items()}


def _with_numbers(values: Any) -> Any:
    """Return settings in which `2e-5` is the number that it looks like: YAML 1.1 reads it as a word for want of a point."""
    if isinstance(values, dict):
        return {name: _with_numbers(value) for name, value in values.items()}
    if isinstance(values, str) and "e" in values.lower():
        try:
            return float(values)
        except ValueError:
            return values
    return values


def _say(progress: Progress) -> None:
    if progress.message:
        left = progress.metrics.get("seconds_left")
        told = f" ({left:,.0f} s left)" if left else ""
        sys.stderr.write(f"{progress.level:<7} {progress.stage}: {progress.message}{told}\n")


if __name__ == "__main__":
    sys.exit(main())
