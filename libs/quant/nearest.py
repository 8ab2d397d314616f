"""Finds the known names that a mistyped one most likely meant; pure Python, so that the edge can afford it."""

from collections.abc import Iterable
from difflib import SequenceMatcher

_LONGEST = 64  # beyond this a name is no typo of ours, and comparing it would cost more than it tells


def nearest_names(name: str, known: Iterable[str], *, count: int = 3, cutoff: float = 0.6) -> list[str]:
    """Return at most `count` of `known`, most alike first; empty when nothing is at least `cutoff` (0 to 1) alike."""
    matcher = SequenceMatcher(None, "", name[:_LONGEST].casefold())  # it prepares its second text, so that one stays
    scored = []
    for other in known:
        matcher.set_seq1(other.casefold())
        # The quick ratios are bounds from above: most names fall to them, and cost next to nothing.
        if matcher.real_quick_ratio() >= cutoff and matcher.quick_ratio() >= cutoff and (alike := matcher.ratio()) >= cutoff:
            scored.append((alike, other))
    return [other for _, other in sorted(scored, key=lambda pair: (-pair[0], pair[1]))][:count]
