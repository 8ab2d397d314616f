"""Exported files that are validated where they lie: in their bundle, beside their model, or beside nothing that says what is right."""

import json
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from libs.chassis.errors import InvalidError
from libs.contracts.text_exports import ExportResult
from services.training.exports.__main__ import main
from services.training.exports.opened import open_exported
from services.training.exports.validating import validate_file
from tests.training.exports.conftest import Yard
from tests.training.exports.tiny_model import write_model


def test_a_file_is_validated_by_what_the_model_answered_when_it_was_exported(yard: Yard, bundle: tuple[Path, ExportResult]) -> None:
    folder, _ = bundle

    result = yard.run(yard.spec(folder, checks="model.onnx"))

    assert result.report is not None
    assert (result.validation_passed, result.report.reference, list(result.files)) == (True, "reference", ["validation_report.json"])
    (check,) = result.report.checks
    assert check.max_abs_difference is not None
    assert check.max_abs_difference < 1e-4


def test_torchscript_that_was_not_exported_here_is_not_opened(yard: Yard, bundle: tuple[Path, ExportResult]) -> None:
    ours = yard.run(yard.spec(bundle[0], checks="model.pt", is_ours=True))

    assert ours.validation_passed
    with pytest.raises(InvalidError, match=r"model\.pt was not exported here: TorchScript files are programs") as refused:
        yard.run(yard.spec(bundle[0], checks="model.pt"))
    assert set(refused.value.details) == {"model_path"}


def test_a_file_of_another_model_does_not_pass(bundle: tuple[Path, ExportResult], tmp_path: Path) -> None:
    folder, _ = bundle
    mixed = Path(shutil.copytree(folder, tmp_path / "mixed"))
    shutil.copyfile(folder / "model-int8.onnx", mixed / "model.onnx")

    report = validate_file(mixed, "model.onnx", rows=None)

    assert report.passed is False
    assert "A logit differs from the model's by" in report.problems[0]


def test_a_trace_that_forgot_the_mask_is_found_out_without_the_model(model: Path, tmp_path: Path) -> None:
    import transformers  # noqa: PLC0415 - each worker collects this file, one runs it

    class Logits(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = transformers.AutoModelForSequenceClassification.from_pretrained(model)

        def forward(self, ids: torch.Tensor, _mask: torch.Tensor) -> torch.Tensor:
            return self.net(input_ids=ids).logits

    folder = tmp_path / "found"
    folder.mkdir()
    for name in ("manifest.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(model / name, folder / name)
    ids = torch.ones(2, 9, dtype=torch.int64)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.jit.trace(Logits().eval(), (ids, ids), check_trace=False, strict=False).save(str(folder / "model.pt"))

    report = validate_file(folder, "model.pt", rows=None)

    assert (report.passed, report.reference) == (False, "none")
    assert "the file does not heed attention_mask" in report.problems[0]
    assert set(report.reasons) == {"reference"}


def test_a_file_that_there_is_nothing_to_compare_with_is_neither_passed_nor_failed(
    yard: Yard, bundle: tuple[Path, ExportResult], tmp_path: Path
) -> None:
    for name in ("manifest.json", "tokenizer.json", "tokenizer_config.json", "model.onnx"):
        shutil.copyfile(bundle[0] / name, tmp_path / name)

    result = yard.run(yard.spec(tmp_path, checks="model.onnx"))

    assert result.validation_passed is None
    assert "Neither the model's weights nor what it answered" in result.reasons["validation_passed"]


def test_what_cannot_be_validated_is_refused_in_a_sentence(bundle: tuple[Path, ExportResult], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundle[0], tmp_path / "exported"))
    (folder / "model.onnx").write_bytes(b"no model")
    (folder / "noise.pt").write_bytes(b"no model")

    for name, words in (
        ("model.onnx", "model.onnx cannot be opened by onnxruntime"),
        ("noise.pt", "noise.pt cannot be opened by torch"),
        ("labels.json", "There is no exported model 'labels.json': it ends in .onnx or .pt"),
    ):
        with pytest.raises(InvalidError, match=words):
            validate_file(folder, name, rows=None)
    other = write_model(tmp_path / "other" / "model", labels=("down", "up"))
    shutil.copyfile(bundle[0] / "model.onnx", other / "model.onnx")
    report = validate_file(other, "model.onnx", rows=None)
    assert report.problems == ("model.onnx: It answers (24, 3) to 24 texts; the model has 2 labels.",)
    assert json.loads(report.model_dump_json())["checks"][0]["passed"] is False


def test_without_a_platform_a_model_is_exported_and_validated_by_a_command(
    model: Path, bundle: tuple[Path, ExportResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, folder = tmp_path / "out", Path(shutil.copytree(bundle[0], tmp_path / "mixed"))
    shutil.copyfile(folder / "model-int8.onnx", folder / "model.onnx")

    made = main(["export", str(model), "--output", str(out), "--format", "onnx"])
    validated = main(["validate", str(out / "model.onnx"), "--output", str(tmp_path / "report.json")])
    failed = main(["validate", str(folder / "model.onnx"), "--output", str(tmp_path / "failed.json")])
    misused = main(["export", str(model), "--output", str(out), "--format", "onxx"])
    said = capsys.readouterr()

    assert (made, validated, failed, misused) == (0, 0, 1, 2)
    assert said.out == f"onnx  {out / 'model.onnx'}\n"
    assert {"model.onnx", "SHA256SUMS", "manifest.json", "example_client.py"} <= {path.name for path in out.iterdir()}
    assert json.loads((tmp_path / "report.json").read_text())["passed"] is True
    assert json.loads((tmp_path / "failed.json").read_text())["passed"] is False
    assert "A logit differs from the model's by" in said.err
    assert "Unknown format 'onxx'. Did you mean 'onnx'?" in said.err


def test_an_onnx_file_that_takes_all_memory_or_never_ends_is_refused_in_words(tmp_path: Path) -> None:
    zeros, ones = np.zeros((1, 2), dtype=np.int64), np.ones((1, 2), dtype=np.int64)
    fills = [
        helper.make_node("ConstantOfShape", ["size"], ["filled"]),
        helper.make_node("ReduceSum", ["filled"], ["logits"], keepdims=1),
    ]
    write_onnx(tmp_path / "fills.onnx", fills, size=np.array([1 << 30]))
    inside = [helper.make_node("Identity", ["on"], ["on_then"]), helper.make_node("Add", ["x", "x"], ["x_then"])]
    given = [("i", TensorProto.INT64, []), ("on", TensorProto.BOOL, []), ("x", TensorProto.FLOAT, [1])]
    left = [("on_then", TensorProto.BOOL, []), ("x_then", TensorProto.FLOAT, [1])]
    given_infos, left_infos = ([helper.make_tensor_value_info(*each) for each in part] for part in (given, left))
    body = helper.make_graph(inside, "body", given_infos, left_infos)
    loops = [helper.make_node("Loop", ["times", "begin", "zero"], ["logits"], body=body)]
    write_onnx(tmp_path / "loops.onnx", loops, times=np.array(2**62), begin=np.array(True), zero=np.zeros(1, dtype=np.float32))

    with pytest.raises(InvalidError, match=r"fills\.onnx asks for more memory for 1 texts") as refused:
        open_exported(tmp_path / "fills.onnx")(zeros, ones)
    assert set(refused.value.details) == {"model_path"}
    with pytest.raises(InvalidError, match=r"loops\.onnx takes longer than 0\.05 s for 1 texts"):
        open_exported(tmp_path / "loops.onnx", batch_s=0.05)(zeros, ones)


def write_onnx(path: Path, nodes: Sequence[NodeProto], **constants: NDArray[Any]) -> None:
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1])]
    graph = helper.make_graph(
        nodes, "of-anything", inputs, outputs, [numpy_helper.from_array(each, name) for name, each in constants.items()]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
