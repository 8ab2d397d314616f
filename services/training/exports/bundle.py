"""What lies beside an exported model: label map, tokenizer, model card, an example client, what the model answered, and checksums."""

import hashlib
import json
import platform
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from libs.contracts.text_exports import REFERENCE, REPORT, SUMS, ExportFormat, ExportManifest, ExportReport
from libs.contracts.texts import MANIFEST, TextFile
from services.training.exports.card import model_card
from services.training.exports.source import Logits, Source

TOKENIZER_FILES: Final = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "config.json")
CLIENT: Final = "example_client.py"
LABELS: Final = "labels.json"
LIBRARIES: Final = ("onnxruntime", "onnx", "torch", "transformers", "tokenizers")
_TEMPLATE: Final = Path(__file__).with_name("example_client.py")


def write_bundle(source: Source, folder: Path, *, said: Logits, texts: Sequence[str], report: ExportReport | None) -> None:
    """Write all that an exported model is used with into its folder, but for what is made of the files themselves (`seal`)."""
    for name in TOKENIZER_FILES:
        if (source.folder / name).is_file():
            shutil.copyfile(source.folder / name, folder / name)
    labels, scores = source.manifest.labels, source.manifest.scores
    by_place = {str(place): label for place, label in enumerate(labels)}
    _write_json(
        folder / LABELS, {"id2label": by_place, "label2id": {label: int(place) for place, label in by_place.items()}, "scores": scores}
    )
    # Rounded to what single precision tells apart: the same model gives the same file on any machine of a kind.
    answered = [[round(float(value), 6) for value in row] for row in said]
    _write_json(folder / REFERENCE, {"labels": labels, "texts": list(texts), "logits": answered})
    if (folder / "model.onnx").is_file():
        shutil.copyfile(_TEMPLATE, folder / CLIENT)
    if report is not None:
        (folder / REPORT).write_text(report.model_dump_json(indent=2) + "\n")


def seal(source: Source, folder: Path, *, formats: tuple[ExportFormat, ...], report: ExportReport | None) -> None:
    """Write the model card, the bundle's manifest, and the checksums of all files in it: nothing is written after that."""
    (folder / "model_card.md").write_text(model_card(source, formats=formats, report=report, sizes=_sizes(folder)))
    files = {name: TextFile(sha256=_hash(path), size=path.stat().st_size) for name, path in _files(folder).items()}
    manifest = ExportManifest(
        **source.manifest.model_dump(exclude={"files", "libraries"}),
        files=files,
        libraries=libraries(),
        exported_from=source.sha256,
        formats=formats,
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n")
    lines = [f"{_hash(path)}  {name}\n" for name, path in _files(folder).items()]
    (folder / SUMS).write_text("".join(lines))


def libraries() -> dict[str, str]:
    """Return the versions of what has made or asked a file."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def _files(folder: Path) -> dict[str, Path]:
    """Return the files of a folder by their relative POSIX path, in order."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    return dict(sorted((path.relative_to(folder).as_posix(), path) for path in found))


def _sizes(folder: Path) -> Mapping[str, int]:
    return {name: path.stat().st_size for name, path in _files(folder).items()}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
