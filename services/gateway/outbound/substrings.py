"""A query for text that has a part in it, whatever signs that has."""

import re

NUL = "\0"


def containing(part: str) -> dict[str, str]:
    """Return the condition on a folded text: escaped, as it stands, and without the null character, which MongoDB takes in no pattern."""
    return {"$regex": re.escape(part.casefold()).replace(NUL, r"\x00")}
