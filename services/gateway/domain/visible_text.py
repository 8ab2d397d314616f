"""One rule for every name, title and remark that somebody gives: others see all of it, in the order in which it was written."""

import unicodedata
from typing import Final

NOTHING_TO_SEE: Final = "Must have at least one visible character."
CONTROL_CHARACTERS: Final = "Must not have control characters."
# Control characters, halves of surrogate pairs, line and paragraph separators.
CONTROL: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
# What a text of several lines may have of them.
LINES: Final = frozenset("\n\r\t")
# Format characters (direction marks, joiners, tags, soft hyphens …), private and unassigned ones: nobody sees the same.
HIDDEN: Final = frozenset({"Cf", "Co", "Cn"})
# Unicode's Default_Ignorable_Code_Point outside those categories (fillers, joiners, variation selectors), and the empty Braille cell.
IGNORABLE: Final = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)))
) | frozenset(map(chr, range(0xE0100, 0xE01F0)))
# Format characters that are seen: signs of number and verse in Arabic, Syriac and Kaithi.
SIGNS: Final = frozenset(map(chr, (*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD)))
# An emoji is often made of several characters, held together by these.
EMOJI_PARTS: Final = frozenset("\u200d\ufe0f")
SYMBOLS: Final = frozenset({"So", "Sk"})
BLANK: Final = frozenset({"Zs", "Mn", "Me"})


def text_problem(text: str, *, needed: bool = True, lines: bool = False) -> str | None:
    """Return what is wrong with a text that people read, or None.

    `needed`: it has something to be seen. `lines`: it may have line breaks and tabs.
    """
    kept = text.strip()
    before = ""
    for each in kept:
        if each in LINES and lines:
            continue
        if unicodedata.category(each) in CONTROL:
            return CONTROL_CHARACTERS
        if _is_hidden(each, before=before):
            return f"Must not have invisible or direction-changing characters, such as U+{ord(each):04X}."
        before = each
    if needed and all(each in LINES or unicodedata.category(each) in BLANK for each in kept):
        return NOTHING_TO_SEE
    return None


def _is_hidden(character: str, *, before: str) -> bool:
    if character in EMOJI_PARTS:
        return not before or not (before in EMOJI_PARTS or unicodedata.category(before) in SYMBOLS)
    return character in IGNORABLE or (unicodedata.category(character) in HIDDEN and character not in SIGNS)
