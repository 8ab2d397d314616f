"""JSON read strictly: what would be guessed at elsewhere (NaN, doubled keys, numbers beyond 64 bits) is a clear error here."""

import json
import math
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import Any, Final, NoReturn

from services.gateway.domain.errors import UnreadableRequestError

DEPTH_MOST: Final = 32
INTEGER_MOST: Final = 2**63 - 1
SHOWN: Final = 60


def read_json(body: bytes, *, constants: bool = False) -> Any:
    """Return the value of a JSON document. Raise InvalidError that says what is wrong and where.

    With `constants`, NaN and Infinity are read as the numbers that some clients mean by them.
    """
    try:
        text = body.removeprefix(BOM_UTF8).decode()  # RFC 8259, section 8.1: a byte-order mark may be passed over.
    except UnicodeDecodeError as error:
        if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            refuse("The body is not UTF-8: it begins with the byte-order mark of UTF-16.")
        refuse(f"The body is not UTF-8: byte {error.start} is out of place.")
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=float if constants else _constant, parse_float=_float, parse_int=_integer
        )
    except json.JSONDecodeError as error:
        refuse(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.")
    except RecursionError:
        refuse(f"The body is nested deeper than {DEPTH_MOST} levels.")
    if text.count("[") + text.count("{") > DEPTH_MOST and _deeper(value):
        refuse(f"The body is nested deeper than {DEPTH_MOST} levels.")
    if "\\u" in text:
        _check_text(text)
    return value


def refuse(problem: str) -> NoReturn:
    """Raise the error of a body that cannot be read."""
    message = "The request's body cannot be read."
    raise UnreadableRequestError(message, details={"body": [problem]}) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add() answers None
        refuse(f"The key '{twice[:SHOWN]}' is there twice.")
    return found


def _constant(name: str) -> NoReturn:
    refuse(f"{name} is not a JSON number.")


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        refuse(f"The number {digits[:SHOWN]} is too large.")
    return number


def _integer(digits: str) -> int:
    if len(digits) > len(str(-INTEGER_MOST)) or abs(number := int(digits)) > INTEGER_MOST:
        refuse(f"The number {digits[:SHOWN]} is beyond 64 bits.")
    return number


def _deeper(value: Any) -> bool:
    level = [value]
    for _ in range(DEPTH_MOST):
        level = [inner for one in level if isinstance(one, dict | list) for inner in (one.values() if isinstance(one, dict) else one)]
    return any(isinstance(one, dict | list) for one in level)


def _check_text(text: str) -> None:
    # Half a surrogate pair is no character: neither UTF-8 nor the stores can hold it. NUL cannot be in a stored name.
    decoded = json.loads(text)
    try:
        said = json.dumps(decoded, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        refuse("A string has half of a surrogate pair (\\ud800 to \\udfff), which is no character.")
    if b"\\u0000" in said:
        refuse("A string has the character NUL (\\u0000).")
