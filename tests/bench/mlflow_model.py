"""`python mlflow_model.py MODEL.onnx FOLDER FEATURES`: packs the platform's model as MLflow serves it; run by the rivals' own Python."""

import sys
from pathlib import Path

import mlflow.onnx
import numpy as np
import onnx
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

if __name__ == "__main__":
    model, folder, features = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    # A tensor's signature: requests go to the model as arrays, without a data frame in between.
    rows = Schema([TensorSpec(np.dtype(np.float32), (-1, features), name="x")])
    mlflow.onnx.save_model(
        onnx.load(model),
        folder,
        signature=ModelSignature(inputs=rows),
        onnx_execution_providers=["CPUExecutionProvider"],
        onnx_session_options={"intra_op_num_threads": 1, "inter_op_num_threads": 1},
        pip_requirements=["mlflow-skinny"],
    )
