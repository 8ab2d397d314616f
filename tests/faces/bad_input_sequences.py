"""Bad hyperparameters of sequence models and the exact answers they get: rows of the table of bad_input.py."""

from typing import Any, Final

from tests.faces.bad_input import Bad, create


def sequence(name: str, text: str, /, **hyperparameters: Any) -> Bad:
    """A sequence model that cannot be trained like this."""
    return create(name, "hyperparameters", text, algorithm="LSTM", hyperparameters=hyperparameters)


SEQUENCES: Final = [
    sequence("a window of one bar", "'sequence_length': must be a positive integer between 2 and 120", sequence_length=1),
    sequence("a window of half bars", "'sequence_length': must be a positive integer", sequence_length=2.5),
    sequence("a window misspelt", "Did you mean 'sequence_length'?", sequence_lenght=20),
    sequence("too many units", "'hidden_size': must be a positive integer between 4 and 128", hidden_size=4096),
    sequence("no epochs", "'max_epochs': must be a positive integer between 1 and 500", max_epochs=0),
    sequence("epochs without end", "'max_epochs': must be a positive integer between 1 and 500", max_epochs=10**9),
    sequence("all units left out", "'dropout': must be a number between 0 and 0.8", dropout=1),
    sequence("patience of none", "'early_stopping_patience': must be a positive integer between 1 and 100 or null", early_stopping_patience=0),
    sequence("everything set aside", "'validation_fraction': must be a number between 0.05 and 0.4", validation_fraction=1.0),
    sequence("a step that is no number", "'learning_rate': must be a number above 0 and up to 0.1", learning_rate=0),
    sequence("heads of a network without attention", "Unknown parameter 'nhead'", nhead=4),
    create(
        "a width that heads cannot share", "hyperparameters", "'hidden_size': must be a multiple of 'nhead' (4), such as 28 or 32",
        algorithm="TRANSFORMER", hyperparameters={"hidden_size": 30},
    ),
    create(
        "a width by its other name", "hyperparameters", "Did you mean 'hidden_size'?",
        algorithm="TRANSFORMER", hyperparameters={"d_model": 32},
    ),
    create(
        "an ensemble without rows to weigh by", "hyperparameters", "'early_stopping_patience': must be a positive integer between 1 and 100",
        algorithm="ENSEMBLE", hyperparameters={"early_stopping_patience": None},
    ),
    sequence("trees of a network", "Unknown parameter 'n_estimators'", n_estimators=100),
    create(
        "a network for values", "algorithm", "ENSEMBLE makes no regression model",
        algorithm="ENSEMBLE", model_type="REGRESSION", target_variable="forward_return", hyperparameters={},
    ),
]  # fmt: skip
