"""How large a training on texts is, told from its specification alone: by its bytes, its backbone and what learns.

The constants are CPU seconds of one thread, measured with MiniLM (6 layers, 384 wide) in November 2026 and good to a factor of two; that of
`lora`, and what other backbones take, are reckoned. docs/guides/text-trainings.md has them.
"""

from collections.abc import Mapping
from typing import Final

from libs.contracts.text_config import Method
from libs.contracts.texts import BASELINES, SHIPPED, TextSpec

SECONDS_AN_HOUR: Final = 3600
# PyTorch's and transformers' import, the baselines that every report shows, its plots, ONNX.
FIXED_S: Final = 10.0
BASELINE_S: Final = 5.0
# TF-IDF, the lexicon and near-duplicates, a byte.
BYTE_S: Final = 2e-6
# English takes some 4.5 characters a token (WordPiece), and a row of a file its other columns and marks.
BYTES_A_TOKEN: Final = 5.5
BYTES_A_ROW: Final = 150
# Forth, and back where weights learn; `head` goes forth once, whatever its epochs, as `last_layers` goes back through a few layers alone.
FORTH_S: Final = 2.7e-4
EPOCH_S: Final[Mapping[Method, float]] = {"full": 1.2e-3, "lora": 1e-3, "last_layers": 7e-4, "head": 2e-6}
# What is tried where nobody says what learns: without a GPU the head alone.
UNSAID: Final[Method] = "head"
# A backbone of which nothing is known here is taken for one of BERT's size: 12 layers, 768 wide, eight times MiniLM's multiplications.
OTHER: Final = 8.0
# Bytes of a backbone's weights in single precision, as measured of MiniLM and as BERT has them.
WEIGHTS: Final = 91_000_000
OTHER_WEIGHTS: Final = 440_000_000
# Weights that a checkpoint has, as a share of the backbone's: what learns, its best so far, and two moments of its optimiser.
CHECKPOINT: Final[Mapping[Method, float]] = {"full": 4.0, "last_layers": 1.0, "lora": 0.1, "head": 0.01}
CHECKPOINTS_MOST: Final = 3
# A report and its pictures, a tokenizer; a baseline's words.
PAPERS: Final = 5_000_000


def trained_by(spec: TextSpec) -> str:
    """Return what past trainings must share to tell of this one: its backbone and what learns."""
    training = spec.config.training
    return training.backbone if training.backbone in BASELINES else f"{training.backbone} {training.method or UNSAID}"


def text_size_hours(spec: TextSpec) -> float:
    """Return the CPU hours that this work takes on one core as it was measured: tokens by epochs, and what is computed once.

    Absolutely it is a guess; relative to another training of the same backbone and method it says how much larger this one is.
    """
    training, size = spec.config.training, spec.data.artifact.size
    seeds = 1 + len(spec.config.training.seeds)
    if training.backbone in BASELINES:
        return (BASELINE_S + size * BYTE_S * seeds) / SECONDS_AN_HOUR
    rows = spec.data.rows or max(size // BYTES_A_ROW, 1)
    tokens = min(size / BYTES_A_TOKEN, rows * spec.config.preprocessing.max_length)
    epoch = EPOCH_S[training.method or UNSAID] * spec.config.data.train_split
    factor = 1.0 if training.backbone == SHIPPED else OTHER
    return (FIXED_S + size * BYTE_S + seeds * tokens * factor * (FORTH_S + training.num_epochs * epoch)) / SECONDS_AN_HOUR


def text_size_bytes(spec: TextSpec) -> int:
    """Return about how many bytes of files a training leaves: its model, which is served as ONNX besides, its checkpoints, its report."""
    training = spec.config.training
    if training.backbone in BASELINES:
        return PAPERS
    weights = WEIGHTS if training.backbone == SHIPPED else OTHER_WEIGHTS
    kept = min(training.num_epochs, CHECKPOINTS_MOST)
    return round(weights * (2 + kept * CHECKPOINT[training.method or UNSAID])) + PAPERS
