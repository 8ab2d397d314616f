"""A trained model as a folder: safetensors, ONNX, tokenizer and a manifest, checked against what was trained before anything is kept."""

import json
from collections.abc import Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.texts import MANIFEST, MODEL, ONNX, TextFile, TextManifest
from libs.contracts.training import Artifact
from libs.quant.onnx_runtime import onnxruntime
from services.training.learners.errors import ArtifactMismatchError
from services.training.texts.onnx_files import write_onnx
from services.training.texts.tokens import Integers, Tokens

EXAMPLE_TOKENS: Final = 6
"""Of the texts that the exporter traces: few, as no network reads more than it has places for."""
COMPARED: Final = 16
"""Texts of different lengths on which the file is held to the network; they are answered together, and the shortest also alone."""
SAME: Final = 1e-4
"""Largest difference of logits, relative to the larger of 1 and the largest one."""
LIBRARIES: Final = ("torch", "transformers", "tokenizers", "safetensors", "peft", "onnxruntime", "scikit-learn", "numpy")
Floats = NDArray[np.float64]


class _Logits(nn.Module):
    """A network whose answer is its logits alone."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net = net

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        """Return logits (texts, labels)."""
        return self.net(input_ids=input_ids, attention_mask=attention_mask).logits


def write_network(network: Any, *, tokenizer: Any, tokens: Tokens, folder: Path) -> float:
    """Write a plain network and its tokenizer into a folder; return by how much the ONNX file's logits differ from the network's at most.

    Raise ArtifactMismatchError where that is more than rounding, on texts of `tokens` of different lengths.
    """
    with _quietly():
        network.save_pretrained(str(folder))
        tokenizer.save_pretrained(str(folder))
        # Attention in plain operators: what is traced is shorter, and in int8 a tenth faster.
        network.set_attn_implementation("eager")
        ids, mask = (each[:, :EXAMPLE_TOKENS] for each in tokens.batch(_spread(tokens, 2)))
        # Rows that are filled up, whatever the texts are.
        padded = [np.pad(each, ((0, 0), (0, 1)), constant_values=value) for each, value in ((ids, tokens.pad_id), (mask, 0))]
        write_onnx(_Logits(network).eval(), folder / ONNX, ids=padded[0], mask=padded[1])
    return check_onnx(network, tokens=tokens, path=folder / ONNX)


def open_onnx(path: Path) -> Any:
    """Return a file's session on one core."""
    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def check_onnx(network: Any, *, tokens: Tokens, path: Path) -> float:
    """Return the largest difference between the file's logits and the network's. Raise ArtifactMismatchError for more than rounding."""
    session, rows = open_onnx(path), _spread(tokens, COMPARED)
    worst = 0.0
    for some in (rows, rows[:1]):
        ids, mask = tokens.batch(some)
        (served,) = session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
        with torch.inference_mode():
            trained = network(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).logits.numpy()
        difference = float(np.abs(served - trained).max())
        if not difference <= SAME * max(1.0, float(np.abs(trained).max())):
            message = f"The ONNX file's logits differ from the trained network's by up to {difference:.3g}."
            raise ArtifactMismatchError(message)
        worst = max(worst, difference)
    return worst


def keep_model(folder: Path, *, manifest: TextManifest, artifacts: Artifacts) -> tuple[dict[str, Artifact], Artifact]:
    """Put a model's folder into the store; return all its files by path below the run's, and its manifest, which names them."""
    kept = {path.name: artifacts.put_file(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST}
    named = {name: TextFile(sha256=each.sha256, size=each.size) for name, each in kept.items()}
    whole = manifest.model_copy(update={"files": named})
    data = json.dumps(whole.model_dump(mode="json"), ensure_ascii=False, indent=2).encode()
    (folder / MANIFEST).write_bytes(data)
    kept[MANIFEST] = artifacts.put(data)
    return {f"{MODEL}/{name}": each for name, each in kept.items()}, kept[MANIFEST]


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, by name."""
    for name, data in files.items():
        (folder / name).write_bytes(data)


def libraries() -> dict[str, str]:
    """Return the versions of what a model is made with."""
    return {name: version(name) for name in LIBRARIES}


def _spread(tokens: Tokens, count: int) -> Integers:
    """Return texts of lengths from the shortest to the longest."""
    order = np.argsort(tokens.lengths, kind="stable")
    return order[np.unique(np.linspace(0, len(order) - 1, count).astype(np.int64))]


@contextmanager
def _quietly() -> Any:
    from transformers import logging  # noqa: PLC0415 - loaded with the network

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    yield
