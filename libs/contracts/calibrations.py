"""Which trainings can calibrate their probabilities."""

from typing import Final

from libs.contracts.training import ModelType
from libs.contracts.training_config import CheckedConfig

FIELD: Final = "training_config.calibration"
CLASSES: Final = "A {model_type} model answers no probabilities: must be none, or model_type classification."
HELD_OUT: Final = (
    "It is learned from rows held out of training: ask for 2 to 10 cross_validation_folds, or for a validation; or leave calibration out."
)


def check_calibration(model_type: ModelType, *, config: CheckedConfig) -> dict[str, list[str]]:
    """Return what is wrong with the calibration that is asked for, by field; empty when nothing is."""
    if config.calibration in {None, "none"}:
        return {}
    if model_type is not ModelType.CLASSIFICATION:
        return {FIELD: [CLASSES.format(model_type=model_type.value)]}
    if not config.cross_validation_folds and config.validation is None:
        return {FIELD: [HELD_OUT]}
    return {}
