"""How much a passage of a page counts as an answer to a question: pages written to be read before those that list what there is."""

import re
from typing import Final, NamedTuple

WORD: Final = re.compile(r"[^\W_]+")
# Who names a setting asks about settings.
SETTING: Final = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")
# So many passages of one page are shown before those of others.
A_PAGE: Final = 2


class Kind(NamedTuple):
    """Pages whose path begins so count so much; in full to a question that has one of these words."""

    prefix: str
    weight: float
    words: frozenset[str] = frozenset()


# The first that fits counts. What is generated repeats the words of everything and explains little; a guide says how something is done.
KINDS: Final = (
    Kind("docs/guides/", 1.6),
    Kind("docs/events.md", 0.4, frozenset({"ask", "asks", "event", "events", "message", "messages", "schema", "topic", "topics"})),
    Kind("docs/kafka-access.md", 0.3, frozenset({"acl", "acls", "kafka", "permission", "permissions", "principal"})),
    Kind("docs/configuration.md", 0.5, frozenset({"configuration", "environment", "setting", "settings", "variable", "variables"})),
    Kind("docs/metrics.md", 0.5, frozenset({"counter", "gauge", "histogram", "metric", "metrics", "prometheus"})),
    Kind("docs/licences.md", 0.4, frozenset({"licence", "licences", "license", "licenses"})),
    Kind("docs/runbooks/", 0.7, frozenset({"alert", "alerts", "burns", "fires", "firing", "runbook"})),
    Kind("docs/decisions/", 0.5, frozenset({"decided", "decision", "decisions", "why"})),
    Kind("CHANGELOG.md", 0.4, frozenset({"changed", "changelog", "release", "releases"})),
    Kind("services/", 0.7, frozenset({"service", "services"})),
    Kind("docs/", 1.3),
)


def weight_of(source: str, *, question: str) -> float:
    """Return how much a passage counts as an answer to a question, by the page that it is of."""
    words = {word.casefold() for word in (*WORD.findall(question), *(("setting",) if SETTING.search(question) else ()))}
    found = next((kind for kind in KINDS if source.startswith(kind.prefix)), None)
    if found is None:
        return 1.0
    return max(found.weight, 1.6) if found.words & words else found.weight
