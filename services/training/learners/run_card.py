"""The run card: what a result rests on, so that anyone can tell why it is what it is and get it again."""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

import orjson

from libs.contracts.training import TrainingSpec
from services.training.learners.series import Series, data_hash

LIBRARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "RANDOM_FOREST": ("scikit-learn",),
    "EXTRA_TREES": ("scikit-learn",),
    "XGBOOST": ("xgboost-cpu",),
    "LIGHTGBM": ("lightgbm",),
    "LOGISTIC_REGRESSION": ("scikit-learn",),
    "RIDGE": ("scikit-learn",),
    "LSTM": ("torch",),
    "GRU": ("torch",),
    "TRANSFORMER": ("torch",),
    "ENSEMBLE": ("torch",),
    "TFT": ("torch", "pytorch-forecasting"),
    "NHITS": ("torch", "pytorch-forecasting"),
    "DEEPAR": ("torch", "pytorch-forecasting"),
}
EVERY_RUN: Final = ("numpy", "scipy", "numba", "TA-Lib", "onnx", "onnxruntime", "matplotlib")


def canonical_json(value: Any) -> bytes:
    """Return JSON with sorted keys and no spaces, so that equal values are equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def config_hash(spec: TrainingSpec) -> str:
    """Return the SHA-256 of the spec's canonical JSON, in which nothing is said of own candles where there are none.

    Nor of the version that it is measured against, which has no say in what it learns, and of the kind of model, which is always this one.
    """
    left_out = {"incumbent", "kind"} if spec.own else {"incumbent", "kind", "own"}
    return hashlib.sha256(canonical_json(spec.model_dump(mode="json", exclude=left_out))).hexdigest()


def surroundings(algorithm: str) -> dict[str, Any]:
    """Return the versions and the platform that the numbers were made with."""
    return {
        "libraries": {name: version(name) for name in (*LIBRARIES.get(algorithm, ()), *EVERY_RUN)},
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def checkpoint_key(spec: TrainingSpec, *, series: Sequence[Series]) -> str:
    """Return a hash of everything that decides a fold's numbers: the request, the candles, the libraries."""
    everything = {"config": config_hash(spec), "data": data_hash(series), **surroundings(spec.algorithm)}
    return hashlib.sha256(canonical_json(everything)).hexdigest()
