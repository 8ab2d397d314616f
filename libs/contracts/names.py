"""Nearest known names, for errors that tell what was probably meant; pure Python, so that the edge can afford it."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Final

LONGEST: Final = 64  # beyond this a name is no typo of ours, and comparing it would cost more than it tells
ALIKE: Final = 0.6


def nearest(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return up to `most` known names that look like `word` (case aside), the likeliest first."""
    matcher = SequenceMatcher(None, "", word[:LONGEST].casefold())  # it prepares its second text, so that one stays
    scored = []
    for name in known:
        matcher.set_seq1(name.casefold())
        # The quick ratios are bounds from above: most names fall to them, and cost next to nothing.
        if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and (alike := matcher.ratio()) >= ALIKE:
            scored.append((alike, name))
    return [name for _, name in sorted(scored, key=lambda pair: (-pair[0], pair[1]))][:most]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` or, when nothing is near, an empty string."""
    return suggestion(nearest(word, known, most=1))


def suggestion(names: Sequence[str]) -> str:
    """Return ` Did you mean 'x' or 'y'?` or, without names, an empty string."""
    return f" Did you mean {' or '.join(repr(name) for name in names)}?" if names else ""


def listed(names: Sequence[str], *, most: int = 10) -> str:
    """Return names with commas, the first `most` of them and how many others there are."""
    others = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + others
