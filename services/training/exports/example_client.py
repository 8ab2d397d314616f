"""Ask an exported model: `python example_client.py "Shares rose."`; it needs onnxruntime and tokenizers, and the files beside it."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # noqa: TID251 - whoever has this file has no other way to it
from tokenizers import Tokenizer

FOLDER = Path(__file__).parent


class Sentiment:
    """A model of texts from a bundle's folder; `file` is `model.onnx` or one of its optimised forms."""

    def __init__(self, folder: Path = FOLDER, *, file: str = "model.onnx") -> None:
        self.manifest = json.loads((folder / "manifest.json").read_text())
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        told = json.loads((folder / "tokenizer_config.json").read_text()) if (folder / "tokenizer_config.json").is_file() else {}
        pad = told.get("pad_token") or "[PAD]"
        pad = pad["content"] if isinstance(pad, dict) else pad
        self.tokenizer.enable_truncation(max_length=self.manifest["max_length"])
        self.tokenizer.enable_padding(pad_id=self.tokenizer.token_to_id(pad), pad_token=pad)
        self.session = onnxruntime.InferenceSession(str(folder / file), providers=["CPUExecutionProvider"])

    def __call__(self, texts: list[str]) -> list[dict[str, Any]]:
        """Return a label and each label's probability for every text."""
        given = [text.lower() for text in texts] if self.manifest["lowercase"] else texts
        encoded = self.tokenizer.encode_batch(given)
        inputs = {
            "input_ids": np.array([each.ids for each in encoded], dtype=np.int64),
            "attention_mask": np.array([each.attention_mask for each in encoded], dtype=np.int64),
        }
        logits = self.session.run(["logits"], inputs)[0] / (self.manifest.get("temperature") or 1.0)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        labels = self.manifest["labels"]
        shares = [dict(zip(labels, row, strict=True)) for row in (odds / odds.sum(axis=1, keepdims=True)).tolist()]
        return [
            {"text": text, "label": max(row.items(), key=lambda each: each[1])[0], "probabilities": row}
            for text, row in zip(texts, shares, strict=True)
        ]


if __name__ == "__main__":
    for answer in Sentiment()(sys.argv[1:] or ["Shares rose after the company raised its outlook."]):
        print(json.dumps(answer, ensure_ascii=False))  # noqa: T201 - it is a program
