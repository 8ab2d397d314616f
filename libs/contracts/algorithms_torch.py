"""Networks that look at windows of bars (PyTorch), and the hyperparameters each takes."""

from collections.abc import Mapping
from typing import Final, Literal

from libs.contracts.algorithm import CLASS_WEIGHT, SEED, Algorithm, integer, make_algorithm, number
from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.training import ModelType

EPOCHS: Final = (
    number("learning_rate", 1e-3, (0, 0.1), "Step size of the optimiser (AdamW).", above=True),
    integer("batch_size", 64, (8, 1024), "Windows that make one step."),
    integer("max_epochs", 50, (1, 500), "Passes over the training rows at most."),
    integer(
        "early_stopping_patience", 8, (1, 100),
        "Epochs without a lower loss on the rows set aside after which training stops; the best epoch is kept. "
        "null: nothing is set aside, all epochs are run and the last is kept.",
        nullable=True,
    ),
    number("validation_fraction", 0.15, (0.05, 0.4), "Share of the training time, its end, that is set aside (purged) for early stopping."),
    number("early_stopping_min_delta", 0.0, (0, 1), "By how much the loss on the rows set aside must fall to count as lower."),
    integer(
        "lr_plateau_patience", None, (0, 100),
        "Epochs without a lower loss on the rows set aside after which `learning_rate` is multiplied by `lr_plateau_factor`; null: never.",
        nullable=True,
    ),
    number("lr_plateau_factor", 0.5, (0, 0.99), "What `learning_rate` is multiplied by on a plateau.", above=True),
    number("lr_minimum", 0.0, (0, 0.1), "The smallest `learning_rate` that a plateau leads to."),
    number("weight_decay", 1e-4, (0, 1), "Decoupled L2 penalty on the weights."),
    number("gradient_clip", 1.0, (0, 100), "Largest norm of a step's gradient.", above=True),
)  # fmt: skip
"""What every network takes about how it is trained."""

_WINDOW: Final = integer("sequence_length", 20, (2, 120), "Bars in a row that each prediction looks at, the newest last.")
_RECURRENT: Final = (
    _WINDOW,
    integer("hidden_size", 32, (4, 128), "Units of each layer."),
    integer("num_layers", 1, (1, 3), "Layers, one on top of the other."),
    number("dropout", 0.1, (0, 0.8), "Share of units left out at random while training, between layers and before the output."),
    *EPOCHS,
    CLASS_WEIGHT,
    SEED,
)
_ATTENTION: Final = (
    _WINDOW,
    integer("hidden_size", 32, (4, 128), "Width of each bar's representation (d_model)."),
    integer("num_layers", 1, (1, 3), "Layers, one on top of the other."),
    integer("nhead", 4, (1, 8), "Heads of the attention of each layer; `hidden_size` is a multiple of it."),
    integer("dim_feedforward", 64, (8, 512), "Units within each layer's feed-forward part."),
    number("dropout", 0.1, (0, 0.8), "Share of units left out at random while training, in each layer and before the output."),
    *EPOCHS,
    CLASS_WEIGHT,
    SEED,
)
_POOLED: Final = (
    _WINDOW,
    integer("hidden_size", 32, (4, 128), "Units of each layer of each member."),
    integer("num_layers", 1, (1, 3), "Layers of each member, one on top of the other."),
    integer("nhead", 4, (1, 8), "Heads of the TRANSFORMER's attention; `hidden_size` is a multiple of it."),
    integer("dim_feedforward", 64, (8, 512), "Units within the TRANSFORMER's feed-forward parts."),
    number("dropout", 0.1, (0, 0.8), "Share of units left out at random while training, of each member."),
    integer("max_epochs", 50, (1, 500), "Passes over the training rows at most, of each member."),
    integer(
        "early_stopping_patience", 8, (1, 100),
        "Epochs without a lower loss on the rows set aside after which a member's training stops; its best epoch is kept.",
    ),
    number(
        "validation_fraction", 0.15, (0.05, 0.4),
        "Share of the training time, its end, that is set aside (purged): for early stopping, and to calibrate and weigh the members by.",
    ),
    *(each for each in EPOCHS if each.name not in {"max_epochs", "early_stopping_patience", "validation_fraction"}),
    CLASS_WEIGHT,
    SEED,
)  # fmt: skip

_BOTH: Final = (ModelType.CLASSIFICATION, ModelType.REGRESSION)
NetworkName = Literal["LSTM", "GRU", "TRANSFORMER"]
ENSEMBLE: Final = "ENSEMBLE"
MEMBERS: Final[tuple[NetworkName, ...]] = ("LSTM", "GRU", "TRANSFORMER")
"""What an ENSEMBLE is made of, in the order in which they are trained."""

SEQUENCE_LEARNERS: Final[tuple[Algorithm, ...]] = (
    make_algorithm("LSTM", _BOTH, "Long short-term memory over windows of bars (PyTorch).", _RECURRENT),
    make_algorithm("GRU", _BOTH, "Gated recurrent units over windows of bars (PyTorch).", _RECURRENT),
    make_algorithm("TRANSFORMER", _BOTH, "Transformer encoder over windows of bars (PyTorch).", _ATTENTION),
    make_algorithm(
        "ENSEMBLE",
        (ModelType.CLASSIFICATION,),
        f"Average of {', '.join(MEMBERS[:-1])} and {MEMBERS[-1]}, each calibrated (PyTorch).",
        _POOLED,
    ),
)
"""Learners on windows, by name."""


def most_epochs(algorithm: str, settings: Mapping[str, HyperparameterValue]) -> int:
    """Return how many epochs a fit has at most, over all networks in it; 0 for what is not trained in epochs."""
    return int(settings.get("max_epochs") or 0) * (len(MEMBERS) if algorithm == ENSEMBLE else 1)
