"""Headlines made of templates: what they say decides their label, and no two are alike but for a company's name."""

import json
import random
from pathlib import Path

COMPANIES = ("Acme", "Borealis Energy", "Cobalt Systems", "Delta Foods", "Evergreen Bank", "Fulcrum Mining", "Granite Air", "Helios Pharma")
GOOD = (
    "beats estimates",
    "raises its outlook",
    "wins a record order",
    "reports strong growth",
    "surges after approval",
    "is upgraded by analysts",
)
BAD = (
    "misses estimates",
    "cuts its outlook",
    "loses a major order",
    "reports a wider loss",
    "plunges after a probe",
    "is downgraded by analysts",
)
PLAIN = (
    "holds its annual meeting",
    "names a new chair",
    "publishes its calendar",
    "moves its office",
    "presents at a conference",
    "files its report",
)
WHERE = ("in Asia", "in Europe", "at home", "in the Americas", "abroad", "in the north", "in the south", "across regions")
WHEN = (
    "on Monday",
    "this week",
    "for the quarter",
    "late on Friday",
    "ahead of the holidays",
    "after the close",
    "in early trading",
    "this year",
)
WHY = (
    "as demand shifts",
    "amid new rules",
    "while rivals wait",
    "with costs in view",
    "as rates change",
    "under new leadership",
    "",
    "despite the weather",
)
LABELS = {"negative": BAD, "neutral": PLAIN, "positive": GOOD}


def headlines(count: int, *, seed: int = 1, shuffled: bool = False) -> list[dict[str, str]]:
    """Return rows of text, label and symbol; `shuffled` gives the labels to the texts by chance."""
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        label = tuple(LABELS)[number % 3]
        company = draw.choice(COMPANIES)
        parts = (
            company,
            draw.choice(LABELS[label]),
            draw.choice(WHERE),
            draw.choice(WHEN),
            draw.choice(WHY),
            f"no {draw.randrange(10_000)}",
        )
        rows.append({"text": " ".join(part for part in parts if part), "label": label, "symbol": company[:4].upper()})
    if shuffled:
        words = [row["label"] for row in rows]
        draw.shuffle(words)
        for row, word in zip(rows, words, strict=True):
            row["label"] = word
    return rows


def write_json(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text(json.dumps(rows))
    return path
