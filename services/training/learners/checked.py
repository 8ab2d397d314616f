"""What a training is asked, checked once more where it is done: a request may come from an older gateway."""

from typing import Any

from pydantic import ValidationError

from libs.contracts.algorithms import check_algorithm, check_hyperparameters
from libs.contracts.calibrations import check_calibration
from libs.contracts.sample_weights import check_sample_weights
from libs.contracts.training import ModelType, TrainingSpec
from libs.contracts.training_config import CheckedConfig
from libs.contracts.workers import check_workers
from libs.quant.targets import UnknownTargetError, parse_target
from services.training.learners.errors import TrainingRefusedError


def checked(spec: TrainingSpec) -> CheckedConfig:
    """Return the configuration; raise TrainingRefusedError when the request is not one that can be trained."""
    problems: dict[str, list[str]] = check_algorithm(spec.algorithm, model_type=spec.model_type, target_variable=spec.target_variable)
    problems |= check_hyperparameters(spec.algorithm, spec.hyperparameters, model_type=spec.model_type)
    if not spec.features:
        problems["features"] = ["At least one feature is needed"]
    config: Any = None
    try:
        config = CheckedConfig.model_validate(spec.training_config)
    except ValidationError as error:
        problems["training_config"] = [f"{'.'.join(map(str, each['loc'])) or 'training_config'}: {each['msg']}" for each in error.errors()]
    else:
        problems |= check_workers(spec.algorithm, num_workers=config.num_workers)
        problems |= check_sample_weights(spec.algorithm, sample_weights=config.sample_weights)
        problems |= check_calibration(spec.model_type, config=config)
        problems |= _horizon_problems(spec, config=config) if "target_variable" not in problems else {}
    if problems:
        raise TrainingRefusedError("; ".join(text for texts in problems.values() for text in texts), details=problems)
    assert isinstance(config, CheckedConfig)
    return config


def _horizon_problems(spec: TrainingSpec, *, config: CheckedConfig) -> dict[str, list[str]]:
    """Say it where the configuration looks elsewhere than the target's name."""
    if config.horizon_in == "sessions":
        counts = parse_target(spec.target_variable).counts_sessions(config.timeframe) and spec.model_type is not ModelType.TIME_SERIES
        return {} if counts else {"training_config.horizon_in": [f"'{spec.target_variable}' is counted in candles: must be candles"]}
    try:
        bars = parse_target(spec.target_variable).horizon(config.timeframe, default=config.horizon)
    except UnknownTargetError as error:
        return error.details
    if bars == config.horizon:
        return {}
    return {"training_config.horizon": [f"'{spec.target_variable}' looks so many candles ahead: {bars}, not {config.horizon}"]}
