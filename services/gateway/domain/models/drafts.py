"""A model without data yet: it says what learns what from which features, and on which candles only when it is trained."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.contracts.algorithms import check_hyperparameters
from libs.contracts.training import ModelType, TrainingSpec
from libs.quant.columns import read_feature
from libs.quant.grammar import UnknownFeatureError
from services.gateway.domain.models.check_features import check_features
from services.gateway.domain.models.engine_types import algorithm_of, in_given_names, parameters_in
from services.gateway.domain.models.errors import NoDataError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.target_words import model_type_of
from services.gateway.domain.problems import Problems

# What a column of a dataset may be called, in a draft that does not know its dataset yet.
# What a dataset decides itself, and no model that was trained on another one.
OF_DATA: Final = frozenset({"symbols", "timeframe", "start_date", "end_date"})
TYPO: Final = 0.8
"""How alike a feature's name and another word are where that is a typo of it, as a share of both that is the same."""
COLUMN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}", re.ASCII)


def has_data(spec: TrainingSpec) -> bool:
    """Tell whether a model knows what it learns from."""
    return bool(spec.symbols)


def trainable(model: Model) -> TrainingSpec:
    """Return what a model is trained with where nobody says otherwise. Raise ModelNotFoundError or NoDataError."""
    if not has_data(model.market):
        raise NoDataError
    return model.market


def given_data(model: Model, config: Mapping[str, Any], *, at: datetime) -> Model:
    """Return a model that had no data with that of its first training, whose further wishes are its own; one that has data keeps it."""
    if has_data(model.market):
        return model
    data = {name: value for name, value in config.items() if name in OF_DATA}
    spec = model.market.model_copy(update={"training_config": {**model.market.training_config, **data}})
    return replace(model, spec=spec, updated_at=at, sequence=model.sequence + 1)


def check_draft(
    type_name: str, *, target: str, features: Sequence[str], parameters: Mapping[str, Any]
) -> tuple[TrainingSpec | None, Problems]:
    """Return the spec of a model without data, or None and all that is wrong: `type`, `target`, `features`, `parameters`.

    A feature that the grammar does not have may be a column of the dataset to come, unless it is nearly one that the grammar has.
    """
    problems: Problems = {}
    algorithm: str | None = None
    model_type: ModelType | None = None
    with _noted(problems):
        algorithm = algorithm_of(type_name)
    with _noted(problems):
        model_type = model_type_of(target, algorithm=algorithm)
    given = [name for name in features if not may_be_column(name)]
    problems |= check_features(given) if given or not features else {}
    if twice := sorted({name for name in features if features.count(name) > 1 and may_be_column(name)}):
        problems.setdefault("features", []).extend(f"'{name}' is there twice." for name in twice)
    hyperparameters: dict[str, Any] = {}
    if algorithm is not None:
        hyperparameters, wrong = parameters_in(algorithm, parameters)
        found = check_hyperparameters(algorithm, hyperparameters, model_type=model_type).get("hyperparameters", [])
        texts = in_given_names([*wrong, *found], given=dict(zip(hyperparameters, parameters, strict=False)))
        problems |= {"parameters": texts} if texts else {}
    if problems or algorithm is None or model_type is None:
        return None, problems
    return TrainingSpec(
        model_type=model_type,
        algorithm=algorithm,
        target_variable=target,
        features=tuple(features),
        hyperparameters=hyperparameters,
        training_config={},
    ), {}


@contextmanager
def _noted(problems: Problems) -> Iterator[None]:
    """Add what is refused inside to the problems."""
    try:
        yield
    except InvalidError as error:
        problems |= error.details


def may_be_column(name: str) -> bool:
    """Tell whether a name is none of the grammar's, nor nearly one, and can be that of a column."""
    try:
        read_feature(name, ())
    except UnknownFeatureError as error:
        return COLUMN.fullmatch(name) is not None and not any(_alike(name, near) for near in error.nearest)
    return False


def _alike(name: str, near: str) -> bool:
    return SequenceMatcher(None, name.casefold(), near).ratio() >= TYPO
