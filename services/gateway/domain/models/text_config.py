"""Read how a training on texts is to be done, with each setting that is wrong, what is allowed, and the nearest name."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from libs.chassis.errors import InvalidError
from libs.contracts.text_config import DataSettings, PreprocessingSettings, TextConfig, TrainingSettings
from services.gateway.domain.problems import Problems, type_problems

SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    "training": TrainingSettings,
    "preprocessing": PreprocessingSettings,
    "data": DataSettings,
}
FIELD: Final = "config"


def read_text_config(given: Mapping[str, Any], *, over: Mapping[str, Any]) -> TextConfig:
    """Return the configuration of the settings that are given, over those of an earlier run. Raise InvalidError that names each field."""
    problems = {f"{FIELD}.{name}": texts for name, texts in _problems(given).items()}
    if not problems:
        sections = {name: {**over.get(name, {}), **(given.get(name) or {})} for name in SECTIONS}
        try:
            return TextConfig.model_validate({name: section for name, section in sections.items() if section})
        except ValidationError as error:  # What does not go together.
            for each in error.errors(include_url=False):
                place = ".".join([FIELD, *(str(part) for part in each["loc"])])
                problems.setdefault(place, []).append(f"{str(each['msg']).removeprefix('Value error, ')}.")
    message = f"The configuration cannot be used: see {', '.join(list(problems)[:5])}."
    raise InvalidError(message, details=problems)


def _problems(given: Mapping[str, Any]) -> Problems:
    known = {name: value for name, value in given.items() if name in SECTIONS}
    problems = type_problems(TextConfig, {name: {} if name in known else None for name in given})
    for name, section in known.items():
        if section is None:
            continue
        if not isinstance(section, Mapping):
            problems[name] = ["Must be an object."]
            continue
        for field, texts in type_problems(SECTIONS[name], section).items():
            problems[name if field == "body" else f"{name}.{field}"] = texts
    return problems
