"""`python mlflow_texts.py MODEL_FOLDER FOLDER FILE`: packs a model of texts as MLflow serves it; run by the rivals' own Python.

A pyfunc that does what whoever deploys such a file writes: the same tokenizer and ONNX file, each request's texts filled up to its longest.
"""

import sys
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import onnxruntime as ort  # noqa: TID251 - the rivals' own environment has nothing of ours
from tokenizers import Tokenizer

LABELS = ("negative", "neutral", "positive")


class Labels(mlflow.pyfunc.PythonModel):
    """Texts in, labels and probabilities out."""

    def load_context(self, context: Any) -> None:
        """Open the files."""

        self.tokenizer = Tokenizer.from_file(context.artifacts["tokenizer"])
        self.tokenizer.enable_padding()
        self.tokenizer.enable_truncation(128)
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = ort.InferenceSession(context.artifacts["model"], options, providers=["CPUExecutionProvider"])

    def predict(self, context: Any, model_input: Any, params: Any = None) -> list[dict[str, Any]]:  # noqa: ARG002 - as MLflow calls it
        """Label a column of texts."""
        encoded = self.tokenizer.encode_batch(list(model_input["text"]))
        given = {
            "input_ids": np.array([each.ids for each in encoded], dtype=np.int64),
            "attention_mask": np.array([each.attention_mask for each in encoded], dtype=np.int64),
        }
        (logits,) = self.session.run(["logits"], given)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        odds = powers / powers.sum(axis=1, keepdims=True)
        return [{"label": LABELS[int(row.argmax())], "probabilities": dict(zip(LABELS, map(float, row), strict=True))} for row in odds]


if __name__ == "__main__":
    model, folder, file = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    mlflow.pyfunc.save_model(
        folder,
        python_model=Labels(),
        artifacts={"model": str(model / file), "tokenizer": str(model / "tokenizer.json")},
        pip_requirements=["mlflow-skinny"],
    )
