"""What makes the spec of a training valid, decided here for every face: all that is wrong at once, by field of TrainingSpec."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pydantic import BaseModel

from libs.chassis.errors import InvalidError
from libs.contracts.algorithms import ALGORITHMS, TARGETS, check_algorithm, check_hyperparameters
from libs.contracts.calibrations import check_calibration
from libs.contracts.sample_weights import check_sample_weights
from libs.contracts.training import ModelType, TrainingSpec
from libs.contracts.training_config import SYMBOLS_MOST, AbstainWhen, CheckedConfig
from libs.contracts.validation import ValidationRule
from libs.contracts.workers import check_workers
from libs.market.catalogue import check_range
from libs.market.own import NOTHING, OwnCatalogue, check_instrument
from libs.market.windows import common_days
from services.gateway.domain.dates import is_date
from services.gateway.domain.models.check_features import check_features, check_target
from services.gateway.domain.models.check_horizon import with_horizon
from services.gateway.domain.models.check_retrain import check_retrain
from services.gateway.domain.problems import Problems, type_problems

TARGET_OF: Final = {kind: target for target, kind in TARGETS.items()}
# Where a key of `training_config` may belong instead, by its name.
HYPERPARAMETERS: Final = {name: f"hyperparameters.{name}" for each in ALGORITHMS.values() for name in each.hyperparameters}
NUMBERS: Final = (
    "train_test_split", "cross_validation_folds", "horizon", "barrier", "commission", "slippage", "borrow_rate", "num_workers",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSpec:
    """What a caller asks of a training, by the names of TrainingSpec; None is what could not be read, and is not judged.

    No `target_variable` ("") is the usual one of the type. `training_config` is JSON as it came, by the names of CheckedConfig.
    """

    model_type: ModelType | None
    algorithm: str | None
    target_variable: str | None
    features: Sequence[str] | None
    hyperparameters: Mapping[str, Any] | None
    training_config: Mapping[str, Any] | None


def check_spec(asked: AskedSpec, *, synthetic_allowed: bool, own: OwnCatalogue = NOTHING) -> tuple[TrainingSpec | None, Problems]:
    """Return the spec, or None and what is wrong with it; None without problems where something could not be read.

    `own` are the account's own candles: they go before others, and their columns are features.
    """
    config_read = asked.training_config or {}
    symbols, timeframe = config_read.get("symbols"), config_read.get("timeframe", "1d")
    problems = {} if asked.features is None else check_features(asked.features, symbols=symbols, timeframe=timeframe, own=own)
    target = asked.target_variable
    if target == "" and asked.model_type:
        target = TARGET_OF[asked.model_type]
    problems |= _learner_problems(asked, target=target)
    config: CheckedConfig | None = None
    if asked.training_config is not None:
        config, more = _read_config(asked, asked.training_config, synthetic_allowed=synthetic_allowed, own=own)
        problems |= more
    if target and "target_variable" not in problems:
        problems |= check_target(target, symbols=symbols, timeframe=timeframe, own=own)
    if config and target and "target_variable" not in problems:
        config, more = with_horizon(config, target=target, model_type=asked.model_type, asked=asked.training_config, own=own)
        problems |= more
    if config and asked.algorithm is not None:
        problems |= check_workers(asked.algorithm, num_workers=config.num_workers)
        problems |= check_sample_weights(asked.algorithm, sample_weights=config.sample_weights)
    if config and asked.model_type is not None:
        problems |= check_calibration(asked.model_type, config=config)
    if problems or not (asked.model_type and asked.algorithm and target and asked.features and config) or asked.hyperparameters is None:
        return None, problems
    spec = TrainingSpec(
        model_type=asked.model_type,
        algorithm=asked.algorithm,
        target_variable=target,
        features=tuple(asked.features),
        hyperparameters=dict(asked.hyperparameters),
        training_config=config.model_dump(mode="json", exclude_none=True),
    )
    return spec, problems


def check_data(spec: TrainingSpec, *, own: OwnCatalogue, synthetic_allowed: bool) -> None:
    """Raise InvalidError where a symbol or a column of a model's draft was the account's own and is no more, or where its days are gone."""
    config = spec.training_config
    allowed = config["synthetic"] == "allow" if config.get("synthetic") else synthetic_allowed
    problems = check_features(spec.features, symbols=config["symbols"], timeframe=config.get("timeframe", "1d"), own=own)
    problems |= _symbol_problems(config["symbols"], config, synthetic_allowed=allowed, own=own)
    if problems:
        message = f"The model cannot be trained as it is: see {', '.join(problems)}."
        raise InvalidError(message, details=problems)


def _learner_problems(asked: AskedSpec, *, target: str | None) -> Problems:
    """Check algorithm, target and hyperparameters as far as they could be read; without a known type, each by itself."""
    problems: Problems = {}
    if asked.algorithm is None:
        return problems
    if asked.model_type and target is not None:
        problems |= check_algorithm(asked.algorithm, model_type=asked.model_type, target_variable=target)
    if "algorithm" not in problems and asked.hyperparameters is not None:
        problems |= check_hyperparameters(asked.algorithm, asked.hyperparameters, model_type=asked.model_type)
    return problems


def _read_config(
    asked: AskedSpec, given: Mapping[str, Any], *, synthetic_allowed: bool, own: OwnCatalogue
) -> tuple[CheckedConfig | None, Problems]:
    retrain, found = None, Problems()
    if given.get("retrain") is not None:
        retrain, found = check_retrain(given["retrain"], model_type=asked.model_type, end_date=given.get("end_date"))
        given = {name: value for name, value in given.items() if name != "retrain"}
    found = _config_problems(given) | found
    problems = {("training_config" if field == "body" else f"training_config.{field}"): texts for field, texts in found.items()}
    wrong = {field.split(".")[1] for field in problems if "." in field}
    # Symbols are looked at even when something else is wrong: every problem is told at once.
    if "symbols" not in wrong and isinstance(given.get("symbols"), list):
        allowed = given["synthetic"] == "allow" if given.get("synthetic") and "synthetic" not in wrong else synthetic_allowed
        readable = {name: given[name] for name in ("timeframe", "start_date", "end_date") if given.get(name) and name not in wrong}
        problems |= _symbol_problems(given["symbols"], readable, synthetic_allowed=allowed, own=own)
    return (None if problems else CheckedConfig.model_validate({**given, "retrain": retrain})), problems


def _symbol_problems(symbols: Sequence[str], window: Mapping[str, Any], *, synthetic_allowed: bool, own: OwnCatalogue) -> Problems:
    problems: Problems = {}
    start, end = (date.fromisoformat(window[name]) if window.get(name) else None for name in ("start_date", "end_date"))
    timeframe = window.get("timeframe", "1d")
    for symbol in symbols:
        with _noted(problems):
            instrument = check_instrument(symbol, timeframe=timeframe, own=own, synthetic_allowed=synthetic_allowed)
            check_range(instrument, timeframe=timeframe, start=start, end=end)
    in_order = start is None or end is None or start <= end
    if symbols and in_order and not problems:
        # Whatever the window is: symbols that never trade at one time cannot all be learned from and tested on.
        with _noted(problems):
            common_days(symbols, timeframe=timeframe, start=start, end=end, own=own)
    return problems


@contextmanager
def _noted(problems: Problems) -> Iterator[None]:
    """Add what is refused inside to the problems, each text once a field."""
    try:
        yield
    except InvalidError as error:
        for field, texts in error.details.items():
            known = problems.setdefault(f"training_config.{field}", [])
            known += [text for text in texts if text not in known]


def _config_problems(given: Mapping[str, Any]) -> Problems:
    # Stricter than pydantic, which takes true for 1 and "0.8" for 0.8.
    problems = {name: ["Must be a number."] for name in NUMBERS if isinstance(given.get(name), bool | str)}
    for name in ("start_date", "end_date"):
        if (text := given.get(name)) is not None and not is_date(text):
            problems[name] = ["Must be a date such as 2012-12-31."]
    symbols = given.get("symbols")
    if isinstance(symbols, list) and len(symbols) > SYMBOLS_MOST:
        problems["symbols"] = [f"Must have at most {SYMBOLS_MOST} symbols."]
        given = {**given, "symbols": symbols[:SYMBOLS_MOST]}
    for name, rule in (("abstain_when", AbstainWhen), ("validation", ValidationRule)):
        if isinstance(asked := given.get(name), Mapping):
            problems |= _rule_problems(asked, name=name, rule=rule)
            given = {key: value for key, value in given.items() if key != name}
    return {**type_problems(CheckedConfig, given, elsewhere=HYPERPARAMETERS), **problems}


def _rule_problems(asked: Mapping[str, Any], *, name: str, rule: type[BaseModel]) -> Problems:
    problems = type_problems(rule, asked)
    # That nothing is asked is no problem of its own where what was asked is no key.
    own = {f"{name}.{field}": texts for field, texts in problems.items() if field != "body"}
    return own or ({name: problems["body"]} if problems else {})
