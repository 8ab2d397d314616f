"""Nearest known names, for errors that tell what was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return up to `most` known names that look like `word` (case aside), the likeliest first."""
    by_folded = {name.casefold(): name for name in known}
    return [by_folded[match] for match in get_close_matches(word.casefold()[:200], by_folded, n=most, cutoff=0.6)]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` or, when nothing is near, an empty string."""
    found = nearest(word, known, most=1)
    return f" Did you mean '{found[0]}'?" if found else ""
