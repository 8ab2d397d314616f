"""Nearest known names, for errors that tell what was probably meant; pure Python, so that the edge can afford it."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from math import log
from typing import Final

LONGEST: Final = 64  # beyond this a name is no typo of ours, and comparing it would cost more than it tells
ALIKE: Final = 0.6
_SPAN: Final = re.compile(r"([1-9][0-9]{0,5})([mhdw])")
_SECONDS: Final = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


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
    names = list(known)
    return suggestion(_nearest_span(word, names) or nearest(word, names, most=1))


def _nearest_span(word: str, known: Sequence[str]) -> list[str]:
    """Return the span that is nearest in time, where all these are spans such as `15m`: `17m` is no `1m`."""
    spans = {name: found for name in (word[:LONGEST], *known) if (found := _SPAN.fullmatch(name))}
    if len(spans) < len({word, *known}) or not known:
        return []
    seconds = {name: int(found[1]) * _SECONDS[found[2]] for name, found in spans.items()}
    return [min(known, key=lambda name: abs(log(seconds[name] / seconds[word])))]


def suggestion(names: Sequence[str]) -> str:
    """Return ` Did you mean 'x' or 'y'?` or, without names, an empty string."""
    return f" Did you mean {' or '.join(repr(str(name)) for name in names)}?" if names else ""


def listed(names: Sequence[str], *, most: int = 10) -> str:
    """Return names with commas, the first `most` of them and how many others there are."""
    others = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + others
