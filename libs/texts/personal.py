"""Finds what looks like personal data in a text: hints by the form of letters and digits, no proof."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["e-mail", "phone", "card", "IBAN"]

_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}\b")
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
# As cards are printed, in fours or as 4-6-5, or without a gap.
_CARD: Final = re.compile(r"(?<![\w.,])(?<!\d[ -])[3-6](?:\d{12,18}|\d{3}(?:([ -])\d{4}\1\d{4}\1\d{4}|([ -])\d{6}\2\d{5}))(?![ -]?\w*\d)")
# An international number, one with its area in brackets, or three groups as in North America: other groups of digits are figures and dates.
_PHONE: Final = re.compile(
    r"(?<![\w.,])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){2,4}"
    r"|\(\d{2,5}\)[ .-]?\d{3,4}[ .-]?\d{3,5}|\d{3}[.-]\d{3}[.-]\d{4})(?![\w%]|[.,]\d)"
)
_PHONE_DIGITS: Final = (9, 15)  # ITU-T E.164 has 15 at most
_CARD_DIGITS: Final = (13, 19)  # ISO/IEC 7812
_IBAN_LENGTHS: Final = (15, 34)  # ISO 13616


@dataclass(frozen=True, slots=True)
class Hint:
    """Where something of a kind seems to stand in a text."""

    kind: Kind
    start: int
    end: int


def hints(text: str) -> list[Hint]:
    """Return what looks like personal data, in the text's order; where two kinds overlap, the first of IBAN, card, e-mail and phone."""
    found: list[Hint] = []
    for hint in _all(text):
        if not any(hint.start < other.end and other.start < hint.end for other in found):
            found.append(hint)
    return sorted(found, key=lambda hint: hint.start)


def redacted(text: str) -> str:
    """Return the text with the names of kinds, such as `[e-mail]`, in the places of what looks like personal data."""
    parts, done = [], 0
    for hint in hints(text):
        parts += [text[done : hint.start], f"[{hint.kind}]"]
        done = hint.end
    return "".join([*parts, text[done:]])


def _all(text: str) -> Iterator[Hint]:
    yield from (Hint("IBAN", *each.span()) for each in _IBAN.finditer(text) if _is_iban(each[0]))
    yield from (Hint("card", *each.span()) for each in _CARD.finditer(text) if _is_card(each[0]))
    if "@" in text:
        yield from (Hint("e-mail", *each.span()) for each in _EMAIL.finditer(text))
    low, high = _PHONE_DIGITS
    yield from (Hint("phone", *each.span()) for each in _PHONE.finditer(text) if low <= sum(map(str.isdigit, each[0])) <= high)


def _is_card(number: str) -> bool:
    """Tell whether digits have the check digit of a card (Luhn 1960, US patent 2,950,048; ISO/IEC 7812-1)."""
    digits = [int(letter) for letter in number if letter.isdigit()]
    if not _CARD_DIGITS[0] <= len(digits) <= _CARD_DIGITS[1]:
        return False
    doubled = [sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _is_iban(number: str) -> bool:
    """Tell whether letters and digits have an IBAN's check digits (ISO 13616, ISO 7064 mod 97-10)."""
    plain = number.replace(" ", "")
    if not _IBAN_LENGTHS[0] <= len(plain) <= _IBAN_LENGTHS[1]:
        return False
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1
