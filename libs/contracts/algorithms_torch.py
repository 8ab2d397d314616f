"""Networks that look at windows of bars (PyTorch), and the hyperparameters each takes."""

from typing import Final

from libs.contracts.algorithm import CLASS_WEIGHT, SEED, Algorithm, integer, make_algorithm, number
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
    number("weight_decay", 1e-4, (0, 1), "Decoupled L2 penalty on the weights."),
    number("gradient_clip", 1.0, (0, 100), "Largest norm of a step's gradient.", above=True),
)  # fmt: skip
"""What every network takes about how it is trained."""

_RECURRENT: Final = (
    integer("sequence_length", 20, (2, 120), "Bars in a row that each prediction looks at, the newest last."),
    integer("hidden_size", 32, (4, 128), "Units of each layer."),
    integer("num_layers", 1, (1, 3), "Layers, one on top of the other."),
    number("dropout", 0.1, (0, 0.8), "Share of units left out at random while training, between layers and before the output."),
    *EPOCHS,
    CLASS_WEIGHT,
    SEED,
)

SEQUENCE_CLASSIFIERS: Final[tuple[Algorithm, ...]] = (
    make_algorithm("LSTM", (ModelType.CLASSIFICATION,), "Long short-term memory over windows of bars (PyTorch).", _RECURRENT),
    make_algorithm("GRU", (ModelType.CLASSIFICATION,), "Gated recurrent units over windows of bars (PyTorch).", _RECURRENT),
)
"""Classifiers of windows, by name."""
