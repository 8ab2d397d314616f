"""Values of parameters as they are typed: one, several, or from here to there by steps."""

from collections.abc import Iterable
from typing import Final

from modelbourse.cli.errors import CommandError

VALUES_MOST: Final = 1000
# A step of 0.1 misses its end by a hair.
HAIR: Final = 1e-9
SHAPES: Final = "period=14, period=7,14,21 or period=7:28:7 (from:to:step)"


def parameters_of(given: Iterable[str]) -> dict[str, float | list[float]]:
    """Return parameters by name, a list where several values are to be tried. Raise CommandError."""
    found: dict[str, float | list[float]] = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not equals or not name.strip():
            raise _refused(each)
        if name.strip() in found:
            message = f"--param {name.strip()} is there twice: give its values once, as in {SHAPES}"
            raise CommandError(message, status=2)
        values = _values(text, whole=each)
        found[name.strip()] = values[0] if len(values) == 1 else values
    return found


def _values(text: str, *, whole: str) -> list[float]:
    try:
        if ":" not in text:
            return [_number(part) for part in text.split(",")]
        first, last, *by = (_number(part) for part in text.split(":"))
    except ValueError as error:
        raise _refused(whole) from error
    step = by[0] if by else 1
    if len(by) > 1 or step <= 0 or last < first:
        raise _refused(whole)
    count = int((last - first) / step + HAIR) + 1
    if count > VALUES_MOST:
        message = f"--param {whole} has {count} values; at most {VALUES_MOST} are tried: take a larger step"
        raise CommandError(message, status=2)
    return [_tidy(first + place * step) for place in range(count)]


def _number(text: str) -> float:
    value = float(text)
    return int(value) if value.is_integer() and not {".", "e"} & set(text.lower()) else value


def _tidy(value: float) -> float:
    return value if isinstance(value, int) else round(value, 12)


def _refused(given: str) -> CommandError:
    return CommandError(f"--param {given!r} is no parameter: write {SHAPES}", status=2)
