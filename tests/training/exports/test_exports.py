"""Exported models, opened as whoever receives them does: by plain libraries, without any code of ours."""

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # noqa: TID251 - as whoever receives the files has it
import pytest
import tokenizers
import torch
from google.protobuf import text_format
from safetensors.torch import load_file, save_file

from libs.chassis.errors import InvalidError
from libs.contracts.text_exports import ExportResult, is_of_bundle
from tests.training.exports.conftest import Yard
from tests.training.exports.tiny_model import LABELS, write_model

TEXTS = ["Shares rose.", "The lender cut its dividend and warned of further losses on bad loans; the shares fell by a tenth.", "up"]


def tokens(folder: Path, texts: list[str]) -> dict[str, Any]:
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    tokenizer.enable_truncation(64)
    encoded = tokenizer.encode_batch(texts)
    return {"input_ids": np.array([each.ids for each in encoded]), "attention_mask": np.array([each.attention_mask for each in encoded])}


def trained(model: Path, inputs: dict[str, Any]) -> Any:
    import transformers  # noqa: PLC0415 - each worker collects this file, one runs it

    net = transformers.AutoModelForSequenceClassification.from_pretrained(model)
    with torch.inference_mode():
        return net(**{name: torch.from_numpy(each) for name, each in inputs.items()}).logits.numpy()


def test_onnx_and_torchscript_answer_as_the_model_does_in_the_plain_libraries(model: Path, bundle: tuple[Path, ExportResult]) -> None:
    folder, result = bundle
    for texts in (TEXTS, TEXTS[:1], TEXTS * 4):
        inputs = tokens(folder, texts)
        wanted = trained(model, inputs)
        asked = {name: torch.from_numpy(each) for name, each in inputs.items()}
        for path in (result.outputs["onnx"], "model-optimized.onnx", "triton/crypto_news/1/model.onnx"):
            session = onnxruntime.InferenceSession(str(folder / path), providers=["CPUExecutionProvider"])
            assert np.abs(session.run(["logits"], inputs)[0] - wanted).max() < 1e-4, path
        for path in (result.outputs["torchscript"], "triton/crypto_news-torchscript/1/model.pt"):
            script = torch.jit.load(str(folder / path))
            assert np.abs(script(asked["input_ids"], asked["attention_mask"]).detach().numpy() - wanted).max() < 1e-4, path


def test_triton_reads_the_repository_by_its_own_form_of_a_config(bundle: tuple[Path, ExportResult]) -> None:
    folder, result = bundle
    place = importlib.util.find_spec("tritonclient")
    assert place is not None
    assert place.submodule_search_locations
    # The package around it wants gRPC, which nobody here speaks.
    path = Path(place.submodule_search_locations[0]) / "grpc" / "model_config_pb2.py"
    module = importlib.util.spec_from_file_location("model_config_pb2", path)
    assert module is not None
    assert module.loader is not None
    form = importlib.util.module_from_spec(module)
    module.loader.exec_module(form)

    repository = folder / result.outputs["triton"]
    configs = {each.name: text_format.Parse((each / "config.pbtxt").read_text(), form.ModelConfig()) for each in repository.iterdir()}

    assert {name: config.platform for name, config in configs.items()} == {
        "crypto_news": "onnxruntime_onnx",
        "crypto_news-int8": "onnxruntime_onnx",
        "crypto_news-torchscript": "pytorch_libtorch",
    }
    for name, config in configs.items():
        assert (config.name, config.max_batch_size, list(config.output[0].dims)) == (name, 32, [len(LABELS)])
        assert [(each.data_type, list(each.dims)) for each in config.input] == [(form.TYPE_INT64, [-1])] * 2
        assert (repository / name / config.output[0].label_filename).read_text().split() == list(LABELS)
        assert (repository / name / "tokenizer.json").is_file()
    session = onnxruntime.InferenceSession(str(repository / "crypto_news/1/model.onnx"))
    assert [each.name for each in session.get_inputs()] == [each.name for each in configs["crypto_news"].input]
    assert [each.name for each in configs["crypto_news-torchscript"].input] == ["INPUT__0", "INPUT__1"]


def test_a_bundle_has_its_sums_its_card_and_a_client_that_needs_two_libraries(model: Path, bundle: tuple[Path, ExportResult]) -> None:
    folder, _ = bundle
    module = importlib.util.spec_from_file_location("example_client", folder / "example_client.py")
    assert module is not None
    assert module.loader is not None
    client = importlib.util.module_from_spec(module)
    module.loader.exec_module(client)

    (first, *_) = client.Sentiment(folder)(TEXTS)
    sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    card = (folder / "model_card.md").read_text()

    wanted = trained(model, tokens(folder, TEXTS[:1]))[0]
    assert first["label"] == LABELS[int(wanted.argmax())]
    assert list(first["probabilities"]) == list(LABELS)
    assert sum(first["probabilities"].values()) == pytest.approx(1.0)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert set(sums) == there - {"SHA256SUMS"}
    # What an export may replace is known where it is asked for.
    assert [path for path in there if not is_of_bundle(path)] == []
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sums} == sums
    assert json.loads((folder / "labels.json").read_text())["label2id"] == {label: place for place, label in enumerate(LABELS)}
    for words in ("crypto-news", "*negative*, *neutral* or *positive*", "| macro_f1 | 0.41 |", "not defined", "model-int8.onnx"):
        assert words in card


def test_every_file_is_compared_with_the_model_and_each_variant_measured(bundle: tuple[Path, ExportResult]) -> None:
    folder, result = bundle
    report = result.report
    assert report is not None

    assert (result.validation_passed, report.passed, report.reference) == (True, True, "model")
    assert {(each.path, each.role) for each in report.checks} == {
        ("model.onnx", "export"),
        ("model-optimized.onnx", "optimized"),
        ("model-int8.onnx", "int8"),
        ("model.pt", "export"),
        ("model-frozen.pt", "optimized"),
    }
    for check in report.checks:
        assert check.lengths[0] < 8 < check.lengths[1] == 64
        assert check.agreement is not None
        assert check.max_abs_difference is not None
        assert check.test is None
        assert check.reasons == {"test": "No test data was given."}
    sizes = {each.path: each.size for each in report.measures}
    assert sizes["model-int8.onnx"] < sizes["model.onnx"] / 2
    assert all(each.p50_ms_batch_1 > 0 and each.p50_ms_batch_32 > each.p50_ms_batch_1 for each in report.measures)
    assert json.loads((folder / "validation_report.json").read_text())["passed"] is True
    assert {name for each in report.measures for name in each.reasons} == {"accuracy", "macro_f1"}
    exported = [name for name in result.files if name in {"model.onnx", "model.pt"} or ("/1/" in name and name.startswith("triton/"))]
    assert result.size == sum((folder / name).stat().st_size for name in exported)


def test_a_model_that_eight_bits_do_not_hold_is_exported_without_them(yard: Yard, tmp_path: Path) -> None:
    loud = write_model(tmp_path / "loud", spread=0.5)

    result = yard.export(loud, tmp_path / "out", formats=("onnx", "triton"), optimize=True, name="loud")

    assert result.validation_passed
    assert {"model.onnx", "model-optimized.onnx", "triton/loud/1/model.onnx"} < result.files.keys()
    assert not [name for name in result.files if "int8" in name]
    assert "A probability differs from the model's by" in result.reasons["model-int8.onnx"]
    assert json.loads((tmp_path / "out" / "validation_report.json").read_text())["passed"] is True


def test_an_export_that_is_asked_not_to_validate_says_so(yard: Yard, model: Path) -> None:
    result = yard.run(yard.spec(model, formats=("torchscript",), is_validated=False))

    assert (result.outputs, result.validation_passed, result.report) == ({"torchscript": "model.pt"}, None, None)
    assert set(result.reasons) == {"validation_passed", "report"}
    assert "example_client.py" not in result.files


def test_what_cannot_be_exported_is_refused_in_a_sentence(yard: Yard, tmp_path: Path) -> None:
    lexicon, pickled, other, torn = (write_model(tmp_path / name / "model") for name in ("lexicon", "pickled", "other", "torn"))
    manifest = json.loads((lexicon / "manifest.json").read_text())
    (lexicon / "manifest.json").write_text(json.dumps(manifest | {"kind": "lexicon", "backbone": "lexicon"}))
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    (other / "config.json").write_text((other / "config.json").read_text() + " ")
    weights = load_file(torn / "model.safetensors")
    save_file({name: each for name, each in weights.items() if not name.startswith("classifier")}, torn / "model.safetensors")
    (torn / "manifest.json").write_text(json.dumps(json.loads((torn / "manifest.json").read_text()) | {"files": {}}))

    for folder, words in (
        (lexicon, "lexicon is no network, so it has no ONNX, TorchScript or Triton form"),
        (pickled, "lacks model.safetensors; pytorch_model.bin may hold code and is not loaded"),
        (other, "config.json is not the file that manifest.json tells of"),
        (torn, "model.safetensors lacks 2 of the weights that config.json asks for, such as classifier.bias"),
    ):
        with pytest.raises(InvalidError, match=words) as refused:
            yard.run(yard.spec(folder, formats=("onnx",)))
        assert set(refused.value.details) == {"model_path"}


def test_accuracy_and_macro_f1_are_told_before_and_after_on_the_test_data(yard: Yard, model: Path, tmp_path: Path) -> None:
    data = tmp_path / "samples.csv"
    data.write_text("text,label\n" + "".join(f"Shares of firm {place} moved by {place}%.,{LABELS[place % 3]}\n" for place in range(12)))
    unknown = tmp_path / "unknown.json"
    unknown.write_text('[{"text": "Shares rose.", "label": "postive"}]')

    result = yard.run(yard.spec(model, tests=data, formats=("onnx",)))

    assert result.report is not None
    (check,) = result.report.checks
    assert check.test is not None
    assert (check.test.rows, check.test.agreement, check.test.accuracy) == (12, 1.0, check.test.model_accuracy)
    assert check.test.macro_f1 == check.test.model_macro_f1
    with pytest.raises(InvalidError, match=r"the label 'postive', which the model does not have. Did you mean 'positive'\?"):
        yard.run(yard.spec(model, tests=unknown, formats=("onnx",)))
