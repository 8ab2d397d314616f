"""The nearest known name, for errors that say what was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` or, when nothing is near (case aside), an empty string."""
    names = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), names, n=1)
    return f" Did you mean {names[near[0]]!r}?" if near else ""
