"""Bad bodies for forecasters and jobs of several workers, and the exact answers they get."""

from typing import Any, Final

from tests.faces.bad_input import Bad, create

FORECAST: Final = {"model_type": "TIME_SERIES", "algorithm": "TFT", "target_variable": "close", "hyperparameters": {}}


def workers(name: str, text: str, count: Any, **changes: Any) -> Bad:
    """A bad request for a model that several workers are to train."""
    config = {"symbols": ["AAPL"], "num_workers": count}
    return create(name, "training_config.num_workers", text, **FORECAST | {"training_config": config} | changes)


def forecaster(name: str, text: str, algorithm: str = "TFT", **hyperparameters: Any) -> Bad:
    """A bad request for a forecaster."""
    return create(f"forecaster: {name}", "hyperparameters", text, **FORECAST | {"algorithm": algorithm, "hyperparameters": hyperparameters})


FORECASTING: Final = [
    create("a forecaster of signals", "target_variable", "targets that are: close", **FORECAST | {"target_variable": "signal_type"}),
    create("a forecaster as classifier", "algorithm", "TFT makes no classification model", **FORECAST | {"model_type": "CLASSIFICATION"}),
    create("a symbol is no feature", "features", "There is no feature", features=["symbol"]),
    forecaster("no epochs", "'max_epochs': must be a positive integer between 1 and 500", max_epochs=0),
    forecaster("epochs by another name", "Did you mean 'max_epochs'?", epochs=5),
    forecaster("a window too long", "'encoder_length': must be a positive integer between 4 and 120", encoder_length=121),
    forecaster("an interval that is all", "'interval_level': must be a number between 0.6 and 0.99", interval_level=1),
    forecaster("heads without attention", "Unknown parameter 'attention_head_size'", "NHITS", attention_head_size=2),
    workers("no workers", "greater than or equal to 1", 0),
    workers("too many workers", "less than or equal to 8", 9),
    workers("workers in a string", "Must be a number", "2"),
    workers(
        "a forest with workers", "RANDOM_FOREST is trained by one worker: must be 1; algorithms that several can train: LSTM, GRU, TRANSFORMER, ENSEMBLE, TFT", 2,
        model_type="CLASSIFICATION", algorithm="RANDOM_FOREST", target_variable="signal_type",
    ),
]  # fmt: skip
