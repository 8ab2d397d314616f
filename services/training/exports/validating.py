"""One exported file, validated where it lies: beside the model that it is of, or in a bundle that says what the model answered."""

import json
from pathlib import Path
from typing import Literal

import numpy as np

from libs.chassis.errors import InvalidError
from libs.contracts.text_exports import EXPORTED_SUFFIXES, REFERENCE, ExportFormat, ExportReport
from services.training.exports.bundle import libraries
from services.training.exports.checking import NO_REFERENCE, Ground, Named, Role, check_file
from services.training.exports.opened import logits_of, open_exported
from services.training.exports.probes import probe_texts
from services.training.exports.rows import TestRows
from services.training.exports.source import WEIGHTS, Logits, load_encoder, load_source, read_manifest

Reference = Literal["model", "reference", "none"]


def validate_file(folder: Path, name: str, *, rows: TestRows | None) -> ExportReport:
    """Compare the file of this name in a folder with its model, as far as the folder has it.

    Raise InvalidError (`model_path`) for a file that cannot be opened, and for a folder without manifest or tokenizer.
    """
    if not (folder / name).is_file() or (folder / name).suffix not in EXPORTED_SUFFIXES:
        message = f"There is no exported model '{name[:200]}': it ends in {' or '.join(EXPORTED_SUFFIXES)}."
        raise InvalidError(message, details={"model_path": [message]})
    ground, reference, sha256 = _ground(folder, rows=rows)
    kind: ExportFormat = "torchscript" if name.endswith(".pt") else "onnx"
    role = _role(name)
    check = check_file(open_exported(folder / name), ground, named=Named(path=name, format=kind, role=role))
    return ExportReport(
        model_path=name,
        manifest_sha256=sha256,
        reference=reference,
        passed=check.passed,
        checks=(check,),
        libraries=libraries(),
        reasons={"reference": NO_REFERENCE} if reference == "none" else {},
    )


def _ground(folder: Path, *, rows: TestRows | None) -> tuple[Ground, Reference, str]:
    """Return what the file is compared on, what it is compared with, and the manifest's sha256."""
    manifest, sha256 = read_manifest(folder)
    if (folder / WEIGHTS).is_file():
        source = load_source(folder)
        texts = probe_texts()
        said = logits_of(source.logits, texts, encode=source.encode)
        tested = logits_of(source.logits, rows.texts, encode=source.encode) if rows else None
        return Ground(source.encode, manifest, texts, said, rows, tested), "model", sha256
    encode = load_encoder(folder, manifest)
    if (kept := _kept(folder, labels=len(manifest.labels))) is None:
        return Ground(encode, manifest, probe_texts(), None, rows), "none", sha256
    return Ground(encode, manifest, kept[0], kept[1], rows), "reference", sha256


def _kept(folder: Path, *, labels: int) -> tuple[tuple[str, ...], Logits] | None:
    """Return the texts of a bundle and what the model answered; None where there are none, or they are not of this model."""
    try:
        kept = json.loads((folder / REFERENCE).read_text(encoding="utf-8"))
        texts, said = tuple(map(str, kept["texts"])), np.array(kept["logits"], dtype=np.float32)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (texts, said) if texts and said.shape == (len(texts), labels) else None


def _role(name: str) -> Role:
    return "int8" if "int8" in name else "optimized" if "optimized" in name or "frozen" in name else "export"
