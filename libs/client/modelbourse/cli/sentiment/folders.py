"""What is sent of a folder of this machine: what a model, a bundle or a checkpoint is made of by its own word, and nothing beside it."""

import json
import re
from pathlib import Path, PurePosixPath
from typing import Final

from modelbourse.cli.errors import CommandError

MANIFEST: Final = "manifest.json"
# What a checkpoint is made of.
STATE: Final = ("state.json", "state.safetensors")
EXPORTED: Final = (".onnx", ".pt")
CHECKPOINT: Final = re.compile(r"checkpoint-(\d{1,6})")


def files_of(folder: Path, *, option: str) -> list[Path]:
    """Return the files of a model's, a bundle's or a checkpoint's folder. Raise CommandError for any other folder."""
    if (folder / MANIFEST).is_file():
        return _named_in(folder)
    if (folder / STATE[0]).is_file():
        return [folder / name for name in STATE if (folder / name).is_file()]
    inside = sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
    near = f" Did you mean '{inside[0]}'?" if inside else ""
    msg = f"{option} {folder} is no trained model: it has no {MANIFEST}, and nothing of it is sent.{near}"
    raise CommandError(msg)


def bundle_of(file: Path, *, option: str) -> list[Path]:
    """Return an exported file and what it is compared with, which lies beside it, or in the bundle around Triton's repository.

    Other exported files of the bundle are left out. Raise CommandError where there is no manifest.
    """
    folder = Path(file.parent)
    whole = file.absolute()
    if not (folder / MANIFEST).is_file() and whole.parent.name == "1" and "triton" in whole.parts[:-3]:
        folder = next(each.parent for each in whole.parents if each.name == "triton")
    if not (folder / MANIFEST).is_file():
        msg = f"there is no {MANIFEST} beside {option} {file}: put the file back into its bundle"
        raise CommandError(msg)
    beside = [each for each in _named_in(folder) if each.suffix not in EXPORTED and each.parent == folder]
    return [file, *beside]


def newest_checkpoint(folder: Path) -> Path | None:
    """Return the newest checkpoint of a run's folder; None for one that has none."""
    named = {int(found[1]): each for each in folder.glob("checkpoint-*") if (found := CHECKPOINT.fullmatch(each.name))}
    return named[max(named)] if named else None


def _named_in(folder: Path) -> list[Path]:
    """Return a manifest and the files that it names, each of them in the folder itself. Raise CommandError for one that lies elsewhere."""
    manifest = folder / MANIFEST
    try:
        names = list(json.loads(manifest.read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{manifest} is no manifest of a trained model: it names no files"
        raise CommandError(msg) from error
    found = [manifest]
    for name in names:
        path = folder / str(name)
        parts = PurePosixPath(str(name)).parts
        if ".." in parts or str(name).startswith("/") or not path.resolve().is_relative_to(folder.resolve()):
            msg = f"{manifest} names {name}, which lies outside its folder: nothing of it is sent"
            raise CommandError(msg)
        if path.is_file():
            found.append(path)
    return found
