"""A bundle's model card: what the model is, how it was measured, how close the files are to it, and how they are run."""

from collections.abc import Mapping, Sequence
from typing import Final

from libs.contracts.text_exports import REPORT, SUMS, ExportFormat, ExportReport
from services.training.exports.source import Source

HOW: Final[Mapping[ExportFormat, str]] = {
    "onnx": "`model.onnx` runs wherever ONNX does: int64 `input_ids` and `attention_mask` (batch, length), both sizes free, to float32 "
    '`logits` (batch, labels). `python example_client.py "Shares rose."` asks it with nothing but onnxruntime and tokenizers.',
    "torchscript": "`model.pt` is loaded by `torch.jit.load` (Python or C++) and takes the same two tensors in the same order. It was "
    "traced on a CPU, and runs on one. As any TorchScript file it is a program: load it only if its checksum is the one that you know.",
    "triton": "`triton/` is a repository of models: `tritonserver --model-repository=triton`. Its models take tokens, so the client uses "
    "`tokenizer.json`, which lies in each model's folder; texts of one request are filled up to the longest of them. Of two models of the "
    "same name one is for the ONNX Runtime backend, the other (`-torchscript`) for PyTorch's.",
}
OPTIMISED: Final = (
    "`model-optimized.onnx` has its graph fused by onnxruntime and runs there alone; `model-int8.onnx` has int8 weights, and answers "
    "slightly otherwise, also by what else is in its batch: the table says what that costs."
)

LIMITS: Final = (
    "It was measured on texts like those that it learned from; on other texts, languages or times it may be worse, and nothing here says "
    "by how much. A label is no advice to trade."
)


def model_card(source: Source, *, formats: Sequence[ExportFormat], report: ExportReport | None, sizes: Mapping[str, int]) -> str:
    """Return the card, in Markdown."""
    manifest = source.manifest
    parts = [
        f"# {manifest.experiment_name or 'Text model'}",
        _opening(source),
        _table(
            ("", ""),
            [
                ("backbone", manifest.backbone),
                ("method", manifest.method or "not told"),
                ("parameters", f"{source.parameters:,}"),
                ("trained by", manifest.job_id or "not told"),
                ("data (SHA-256)", manifest.data_sha256 or "not told"),
                ("exported from (SHA-256)", source.sha256),
            ],
        ),
        "## How well it does",
        _metrics(manifest.metrics),
        "## Files",
        "\n".join(f"- {HOW[each]}" for each in formats) + (f"\n- {OPTIMISED}" if "model-int8.onnx" in sizes else ""),
        f"`{SUMS}` has the SHA-256 of every file: `sha256sum -c {SUMS}`.",
        "## How close the files are to the model",
        _parity(report),
        "## What it is not",
        LIMITS,
    ]
    return "\n\n".join(parts) + "\n"


def _opening(source: Source) -> str:
    manifest = source.manifest
    lowered = " and lowercased before" if manifest.lowercase else ""
    divided = "" if manifest.temperature == 1 else f" Divide logits by {manifest.temperature:.6g} before they become probabilities."
    return f"A model that tells {_listed(manifest.labels)} of a text. Texts are cut at {manifest.max_length} tokens{lowered}.{divided}"


def _metrics(metrics: Mapping[str, float | None]) -> str:
    if not metrics:
        return "Its training has told no metrics."
    rows = [(name, "not defined" if value is None else f"{value:.4g}") for name, value in metrics.items()]
    return "On the test part of its training:\n\n" + _table(("metric", "value"), rows)


def _parity(report: ExportReport | None) -> str:
    if report is None:
        return "The files were not compared with the model: the export was asked not to."
    rows = [
        (
            each.path,
            "yes" if each.passed else "no",
            _number(each.max_abs_difference),
            _number(each.agreement),
            "" if each.test is None else f"{each.test.macro_f1:.4g}",
        )
        for each in report.checks
    ]
    table = _table(("file", "passed", "largest difference of a logit", "same label", "macro F1 on test data"), rows)
    measured = [
        (each.path, f"{each.size:,}", f"{each.p50_ms_batch_1:.3g}", f"{each.p50_ms_batch_32:.3g}", _number(each.macro_f1))
        for each in report.measures
    ]
    heads = ("file", "bytes", "ms for a text", "ms for 32 texts", "macro F1 on test data")
    return f"{table}\n\n{_table(heads, measured)}\n\n`{REPORT}` has more." if measured else f"{table}\n\n`{REPORT}` has more."


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _listed(labels: Sequence[str]) -> str:
    quoted = [f"*{label}*" for label in labels]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"
