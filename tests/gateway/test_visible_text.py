"""What names, titles and remarks may have in them: what others see, in the order in which it was written."""

import sys
import unicodedata

import pytest

from services.gateway.domain.visible_text import text_problem


@pytest.mark.parametrize(
    "text",
    [
        "Momentum",
        "Zwölf Boxkämpfer jagen Viktor",
        "моментум",
        "動量",
        "זיכרון",
        "زخم ۱۲",
        "गति",
        "a\u0301",
        "🚀 up",
        "❤️",
        "👩‍💻 by hand",
        "₿ & $ — §",
        "  padded  ",
    ],
)
def test_any_script_and_emoji_will_do(text: str) -> None:
    assert text_problem(text) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "visible character"),
        (" \t ", "visible character"),
        ("\u00a0\u3000", "visible character"),
        ("\u0301", "visible character"),
        ("a\nb", "control"),
        ("a\x07b", "control"),
        ("a\u2028b", "control"),
        ("\u200b", "U+200B"),
        ("Momen\u200btum", "U+200B"),
        ("Momen\u200dtum", "U+200D"),
        ("Momen\ufe0ftum", "U+FE0F"),
        ("Momen\u00adtum", "U+00AD"),
        ("\ufeffMomentum", "U+FEFF"),
        ("gpj.\u202eexe", "U+202E"),
        ("a\u2066b\u2069", "U+2066"),
        ("a\u200fb", "U+200F"),
        ("a\u061cb", "U+061C"),
        ("a\U000e0041b", "U+E0041"),
        ("\u3164", "U+3164"),
        ("\u2800", "U+2800"),
        ("\u115f", "U+115F"),
        ("a\ue000b", "U+E000"),
        ("a\u180eb", "U+180E"),
    ],
)
def test_what_nobody_sees_or_what_turns_the_text_around_is_refused(text: str, says: str) -> None:
    assert says in (text_problem(text) or "")


def test_of_all_characters_none_that_is_invisible_gets_through() -> None:
    signs = {0x0600, 0x0601, 0x0602, 0x0603, 0x0604, 0x0605, 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD}
    kinds = {"Cc", "Cf", "Zl", "Zp"}
    hidden = [each for each in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(each) in kinds]

    through = [f"{ord(each):04X}" for each in hidden if ord(each) not in signs and text_problem(f"a{each}b") is None]

    assert (through, len(hidden) > 200) == ([], True)


def test_a_text_of_several_lines_has_line_breaks_and_is_otherwise_held_to_the_same() -> None:
    assert text_problem("first\r\n\tsecond", lines=True) is None
    assert "visible" in (text_problem("\n\n", lines=True) or "")
    assert text_problem("", needed=False, lines=True) is None
    assert "U+202E" in (text_problem("first\n\u202esecond", lines=True) or "")
