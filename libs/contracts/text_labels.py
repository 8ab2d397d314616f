"""What the labels of texts are worth: a score of sentiment from -1 to 1 for each label that is known, by one table."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

SCORES: Final[Mapping[str, float]] = MappingProxyType(
    {
        **dict.fromkeys(("negative", "neg", "bearish", "bad", "sell", "down", "-1", "-1.0"), -1.0),
        **dict.fromkeys(("neutral", "neu", "hold", "none", "mixed", "flat", "0", "0.0"), 0.0),
        **dict.fromkeys(("positive", "pos", "bullish", "good", "buy", "up", "1", "1.0", "+1"), 1.0),
        **dict.fromkeys(("very negative", "strongly negative", "strong sell"), -1.0),
        **dict.fromkeys(("very positive", "strongly positive", "strong buy"), 1.0),
    }
)
"""The score of a label, by its word in lower case."""
STRONG: Final = frozenset({"very negative", "strongly negative", "strong sell", "very positive", "strongly positive", "strong buy"})
NUMBERS: Final = frozenset({"-1", "-1.0", "0", "0.0", "1", "1.0", "+1"})
MILD: Final = 0.5
"""What a plain label is worth beside a strong one."""


def _word(label: str) -> str:
    word = label.strip().casefold()
    return word if word in SCORES else " ".join(word.replace("_", " ").replace("-", " ").split())


def _is_count(words: set[str]) -> bool:
    """Tell whether words are numbers that only count labels."""
    return words <= NUMBERS and not words & {"-1", "-1.0"}


def label_scores(labels: Sequence[str]) -> dict[str, float] | None:
    """Return the score of each label, -1 to 1; None where one of them is not known as a word of sentiment.

    Numbers alone are scores where -1 is among them: 0 and 1 may as well be negative and positive, or no and yes.
    Beside strong words (`very positive`) plain ones are worth half.
    """
    words = {label: _word(label) for label in labels}
    if any(word not in SCORES for word in words.values()) or _is_count(set(words.values())):
        return None
    mild = MILD if STRONG.intersection(words.values()) else 1.0
    return {label: SCORES[word] * (1.0 if word in STRONG else mild) for label, word in words.items()}


def why_no_score(labels: Sequence[str]) -> str:
    """Say which labels are no words of sentiment."""
    if _is_count({_word(label) for label in labels}):
        return "Labels that are the numbers 0 and 1 may mean anything: name them, or number them -1, 0 and 1, to have a score of sentiment."
    unknown = ", ".join(repr(label) for label in labels if _word(label) not in SCORES)
    return f"{unknown} has no score of sentiment: labels such as negative, neutral and positive have."


def sentiment_score(probabilities: Mapping[str, float]) -> float | None:
    """Return the sum of probability times score over the labels, -1 to 1; None where a label has no score (`why_no_score`)."""
    scores = label_scores(tuple(probabilities))
    return None if scores is None else sum(share * scores[label] for label, share in probabilities.items())


def in_order(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the distinct labels as models have them: sentiment from low to high where all are known, else by name."""
    scores = label_scores(labels)
    return tuple(sorted(set(labels), key=lambda label: (scores[label] if scores else 0.0, label)))
