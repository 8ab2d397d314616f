"""The exported forms of a network: ONNX, TorchScript, and both optimised; each with a free number of texts and of tokens."""

import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np

from services.training.exports.source import Source

INPUTS: Final = ("input_ids", "attention_mask")
OUTPUT: Final = "logits"
EXAMPLE: Final = ("Shares rose.", "The lender cut its dividend and warned of further losses on bad loans.")
"""Of different lengths, so that one of them is filled up: without that a trace forgets the mask, and answers wrongly without a word."""


def write_onnx(source: Source, into: Path) -> None:
    """Write the network as ONNX, as its training does (`services/training/texts/onnx_files.py`)."""
    from services.training.texts import onnx_files  # noqa: PLC0415 - it loads torch, which runners alone have

    ids, mask = source.encode(EXAMPLE)
    onnx_files.write_onnx(source.net, into, ids=ids, mask=mask)


def write_torchscript(source: Source, into: Path, *, frozen: bool = False) -> None:
    """Write the network as TorchScript; `frozen` folds its weights into the graph, which is faster and can be trained no more."""
    import torch  # noqa: PLC0415 - as above

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        script: Any = torch.jit.trace(  # type: ignore[no-untyped-call]  # torch has no types there
            source.net, _example(source), check_trace=False, strict=False
        )
        if frozen:
            script = torch.jit.freeze(script.eval())
        torch.jit.save(script, str(into))


def write_optimized(onnx: Path, into: Path) -> None:
    """Write an ONNX file with its graph fused and folded by onnxruntime, which alone runs what comes of it, on any CPU."""
    from libs.quant.onnx_runtime import onnxruntime  # noqa: PLC0415 - as above

    options: Any = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(into)
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    onnxruntime.InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])


def write_int8(onnx: Path, into: Path) -> None:
    """Write an ONNX file whose layers multiply int8, as those are that the platform serves; its embeddings are int8, too."""
    from services.training.texts import onnx_files  # noqa: PLC0415 - as above

    onnx_files.write_int8(onnx, into, small=True)


def _example(source: Source) -> tuple[Any, Any]:
    import torch  # noqa: PLC0415 - as above

    ids, mask = source.encode(EXAMPLE)
    assert not np.all(mask), "one of the example's texts is filled up"
    return torch.from_numpy(ids), torch.from_numpy(mask)
