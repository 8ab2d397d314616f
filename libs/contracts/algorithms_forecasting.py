"""Forecasters of the close (pytorch-forecasting), and the hyperparameters each takes."""

from typing import Final

from libs.contracts.algorithm import SEED, Algorithm, integer, make_algorithm, number
from libs.contracts.algorithms_torch import EPOCHS
from libs.contracts.hyperparameters import Hyperparameter
from libs.contracts.training import ModelType

_TYPES: Final = (ModelType.TIME_SERIES,)


def _forecaster(hidden_size: int, *own: Hyperparameter) -> tuple[Hyperparameter, ...]:
    return (
        integer("encoder_length", 30, (4, 120), "Bars in a row that a forecast looks at, the newest last."),
        integer("hidden_size", hidden_size, (8, 128), "Units of each layer."),
        number("dropout", 0.1, (0, 0.8), "Share of units left out at random while training."),
        *own,
        number("interval_level", 0.9, (0.6, 0.99), "How often the true close is to lie in a forecast's interval."),
        *EPOCHS,
        SEED,
    )


def _layers(default: int) -> Hyperparameter:
    return integer("num_layers", default, (1, 3), "Recurrent layers, one on top of the other.")


_HEADS: Final = integer("attention_head_size", 2, (1, 8), "Heads of the attention over the window's bars.")

FORECASTERS: Final[tuple[Algorithm, ...]] = (
    make_algorithm(
        "TFT", _TYPES, "Temporal fusion transformer with the symbol as static category (pytorch-forecasting).",
        _forecaster(16, _layers(1), _HEADS),
    ),
    make_algorithm(
        "NHITS", _TYPES, "Neural hierarchical interpolation: perceptrons at several rates (pytorch-forecasting).",
        _forecaster(32),
    ),
    make_algorithm(
        "DEEPAR", _TYPES, "Autoregressive recurrent network that forecasts a distribution, bar after bar (pytorch-forecasting).",
        _forecaster(24, _layers(2)),
    ),
)  # fmt: skip
"""Forecasters, by name."""
