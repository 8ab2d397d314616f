"""A repository of models as NVIDIA's Triton Inference Server reads it: a folder a model, `config.pbtxt`, and the file under its version."""

import json
from collections.abc import Sequence
from typing import Final

from libs.contracts.text_exports import ExportFormat

BATCH_MOST: Final = 32
DELAY_US: Final = 2000
"""How long a request may wait for others to be answered with it, in microseconds."""
_INPUTS: Final = {"onnx": ("input_ids", "attention_mask"), "torchscript": ("INPUT__0", "INPUT__1")}
_OUTPUT: Final = {"onnx": "logits", "torchscript": "OUTPUT__0"}
_PLATFORM: Final = {"onnx": "onnxruntime_onnx", "torchscript": "pytorch_libtorch"}
"""LibTorch's models have no names for what goes in and out: Triton wants theirs by place, `<word>__<place>`."""


def triton_config(name: str, *, kind: ExportFormat, labels: Sequence[str]) -> str:
    """Return a model's `config.pbtxt`: texts of any length, up to BATCH_MOST at once, gathered as they come; on a CPU.

    The fields are those of Triton's ModelConfig, in protobuf's text format. https://docs.nvidia.com/deeplearning/triton-inference-server,
    "Model Configuration".
    """
    inputs = ",\n".join(f'  {{ name: "{each}" data_type: TYPE_INT64 dims: [ -1 ] }}' for each in _INPUTS[kind])
    output = f'  {{ name: "{_OUTPUT[kind]}" data_type: TYPE_FP32 dims: [ {len(labels)} ] label_filename: "labels.txt" }}'
    return f"""name: {json.dumps(name)}
platform: "{_PLATFORM[kind]}"
max_batch_size: {BATCH_MOST}
input [
{inputs}
]
output [
{output}
]
dynamic_batching {{ max_queue_delay_microseconds: {DELAY_US} }}
instance_group [ {{ count: 1 kind: KIND_CPU }} ]
"""
