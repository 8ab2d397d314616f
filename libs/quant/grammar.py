"""Reads feature names such as `rsi_14` or `price_ma_50_ratio`: a family and, inside the name, its parameters.

A name is a family's spelling with whole numbers where the parameters stand; parameters left out from the right take their
defaults, so `volume_ma_ratio` and `volume_ma_ratio_20` are the same feature. Every feature but the raw columns is free of the price's
scale, so that symbols can be pooled. Pure Python: the edge checks names with it and needs no numpy.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.names import nearest, suggestion
from libs.quant.families import FAMILIES, Family

__all__ = ["FAMILIES", "SYMBOL", "Feature", "UnknownFeatureError", "describe", "feature_names", "parse_feature"]

_LONGEST_NAME = 80
_NUMBER = re.compile(r"_(0|[1-9][0-9]{0,8})(?=_|$)")
_NUMBERS: Final = re.compile(r"(_[0-9]+)+$")
_PARAMETER = re.compile(r"_\{(\w+)\}")

SYMBOL: Final = "symbol"
"""A column that tells symbols apart, of networks that learn a symbol's own ways; no feature that anybody asks for."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature that can be computed.

    `name` is as given and `canonical` the one spelling with every parameter in it: two names with the same canonical one
    are the same feature. `warmup` is the number of bars at the start of a segment without a value.
    """

    name: str
    canonical: str
    family: str
    parameters: Mapping[str, int]
    description: str
    warmup: int


class UnknownFeatureError(InvalidError):
    """No feature has this name, or a parameter is out of its range; `nearest` holds names that work."""

    def __init__(self, name: str, *, problem: str, nearest: list[str]) -> None:
        message = f"{problem}{suggestion(nearest) or ' Known are, among others, rsi_14, macd_signal and volatility_20.'}"
        super().__init__(message, details={"features": [message]})
        self.name = name
        self.nearest = nearest


def _skeleton(spelling: str) -> str:
    return _PARAMETER.sub("", spelling)


_FAMILY_OF: Final[Mapping[str, Family]] = {_skeleton(spelling): family for family in FAMILIES.values() for spelling in family.spellings}


def _default_name(family: Family) -> str:
    """Spell the family's default, with the first parameter written out where there is one: the way people write it."""
    spelling = family.spellings[0]
    for position, parameter in enumerate(family.parameters):
        written = f"_{parameter.default}" if position == 0 and len(family.parameters) == 1 else ""
        spelling = spelling.replace(f"_{{{parameter.name}}}", written)
    return spelling


def feature_names() -> tuple[str, ...]:
    """Return one usable name per family, its default, in the table's order."""
    return tuple(_default_name(family) for family in FAMILIES.values())


def _candidates() -> list[str]:
    return sorted({*feature_names(), *_FAMILY_OF})


def _numbered(known: str, *, like: str) -> str:
    """Return a known name with the numbers at the end of another where it can have them: `rsj_20` means `rsi_20`."""
    numbers = _NUMBERS.search(like[:_LONGEST_NAME])
    whole = known + (numbers[0] if numbers else "")
    try:
        return parse_feature(whole).name if _NUMBER.sub("", whole) in _FAMILY_OF else known
    except UnknownFeatureError:
        return known


def _unknown(name: str) -> UnknownFeatureError:
    shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
    spaced = re.sub(r"(?<=[a-z])(?=[0-9])", "_", name[:_LONGEST_NAME].casefold().replace("-", "_").replace(" ", "_"))
    if spaced != name and len(name) <= _LONGEST_NAME:
        try:  # rsi14 and RSI_14 mean rsi_14: say so with the caller's own parameters
            return UnknownFeatureError(name, problem=f"There is no feature {shown!r}.", nearest=[parse_feature(spaced).name])
        except UnknownFeatureError as error:
            return UnknownFeatureError(name, problem=f"There is no feature {shown!r}.", nearest=error.nearest)
    near = nearest(_NUMBER.sub("", name), _candidates()) or nearest(name, _candidates())
    near = list(dict.fromkeys(_numbered(each, like=name) for each in near))
    return UnknownFeatureError(name, problem=f"There is no feature {shown!r}.", nearest=near)


def _numbers(name: str, *, spelling: str) -> list[int] | None:
    """Read the numbers that stand in `name` where `spelling` has parameters; None when they stand elsewhere."""
    places = len(_PARAMETER.findall(spelling))
    head, tail = re.split(r"(?:_\{\w+\})+", spelling) if places else (spelling, "")
    found = re.fullmatch(rf"{re.escape(head)}((?:_[0-9]+){{0,{places}}}){re.escape(tail)}", name)
    return None if found is None else [int(number) for number in found.group(1).split("_")[1:]]


def _values(name: str, *, family: Family) -> dict[str, int] | None:
    """Return the parameters' values, defaults where the name leaves them out; None when no spelling fits."""
    for spelling in family.spellings:
        numbers = _numbers(name, spelling=spelling)
        if numbers is not None:
            given = dict(zip((parameter.name for parameter in family.parameters), numbers, strict=False))
            return {parameter.name: parameter.default for parameter in family.parameters} | given
    return None


def _write(family: Family, *, values: Mapping[str, int]) -> str:
    spelling = family.spellings[0]
    for parameter in family.parameters:
        spelling = spelling.replace(f"{{{parameter.name}}}", str(values[parameter.name]))
    return spelling


def _check(name: str, *, family: Family, values: dict[str, int]) -> None:
    for parameter in family.parameters:
        value = values[parameter.name]
        if not parameter.minimum <= value <= parameter.maximum:
            allowed = f"{parameter.minimum} to {parameter.maximum}"
            clamped = values | {parameter.name: min(max(value, parameter.minimum), parameter.maximum)}
            problem = f"In {name!r} {parameter.name} ({parameter.meaning}) is {value}; allowed is {allowed}."
            raise UnknownFeatureError(name, problem=problem, nearest=[_write(family, values=clamped)])
    ordered = [values[parameter] for parameter in family.increasing]
    if any(first >= second for first, second in pairwise(ordered)):
        problem = f"In {name!r} {' must be less than '.join(family.increasing)}."
        raise UnknownFeatureError(name, problem=problem, nearest=[_default_name(family)])


@lru_cache(maxsize=4096)
def parse_feature(name: str) -> Feature:
    """Read a feature's name.

    Raises `UnknownFeatureError` for a name outside the grammar or a parameter out of its range; it names the nearest names and the range.
    """
    family = _FAMILY_OF.get(_NUMBER.sub("", name)) if len(name) <= _LONGEST_NAME else None
    if family is None:
        raise _unknown(name)
    values = _values(name, family=family)
    if values is None:
        problem = f"{name!r} does not have its numbers as in {family.spellings[0]}."
        raise UnknownFeatureError(name, problem=problem, nearest=[_default_name(family)])
    _check(name, family=family, values=values)
    standard = all(values[parameter.name] == parameter.default for parameter in family.parameters)
    words = family.title if family.title and standard else family.description
    return Feature(
        name=name,
        canonical=_write(family, values=values),
        family=family.name,
        parameters=values,
        description=words.format(**values),
        warmup=family.warmup(values),
    )


def describe(name: str) -> str:
    """Return the feature's description, such as `14-period Relative Strength Index`; raises `UnknownFeatureError`."""
    return "Which of the symbols that it was trained on" if name == SYMBOL else parse_feature(name).description
