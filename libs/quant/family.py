"""What a family of features is, the short ways to write one down, and the families of raw columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Parameters = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A whole number inside a feature's name; left out, it is `default`."""

    name: str
    default: int
    minimum: int
    maximum: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Family:
    """Features that differ by their parameters alone.

    `spellings` hold the parameters in braces, the canonical spelling first; parameters may be left out from the right.
    `title` describes the default, `description` (with the parameters in braces) any other.
    `warmup` is the number of bars at the start of a segment that have no value yet.
    `increasing` names parameters of which each must be larger than the one before it.
    """

    name: str
    group: str
    spellings: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    description: str
    warmup: Callable[[Parameters], int]
    unit: str
    title: str | None = None
    increasing: tuple[str, ...] = ()


def bars(default: int, *, minimum: int = 2, maximum: int = 500, name: str = "window", meaning: str = "bars looked at") -> Parameter:
    """Describe a parameter that is a number of bars."""
    return Parameter(name, default, minimum, maximum, meaning)


def simple(name: str, group: str, default: int, description: str, *, warmup: int | None = 0, unit: str, minimum: int = 2) -> Family:
    """Describe a family of one window; its warm-up is the window plus `warmup`, or nothing at all for None."""
    needs: Callable[[Parameters], int] = (lambda p: p["window"] + warmup) if warmup is not None else (lambda _: 0)
    return Family(name, group, (f"{name}_{{window}}",), (bars(default, minimum=minimum),), description, needs, unit)


def plain(name: str, group: str, description: str, *, warmup: int = 0, unit: str) -> Family:
    """Describe a family without parameters."""
    return Family(name, group, (name,), (), description, lambda _: warmup, unit)


# As the candle has them: they have the price's scale, or the market's volume, which pooled symbols do not share.
RAW: Final = (
    plain("price_open", "raw", "The candle's open, as it is", unit="the price's"),
    plain("price_high", "raw", "The candle's high, as it is", unit="the price's"),
    plain("price_low", "raw", "The candle's low, as it is", unit="the price's"),
    plain("price_close", "raw", "The candle's close, as it is", unit="the price's"),
    plain("volume", "raw", "The candle's volume, as it is", unit="the market's"),
)
RAW_NAMES: Final = frozenset(family.name for family in RAW)
"""Features that are not free of the price's scale."""
