"""What a path in an account's data root may be: relative, of names that every file system knows, and nowhere outside it."""

import unicodedata
from typing import Final

from libs.chassis.errors import InvalidError

PATH_MOST: Final = 255
RULE: Final = (
    "A path is relative to your data root, such as data/news.json: names with / between them, none of them '.' or '..', "
    f"without backslashes and control characters, {PATH_MOST} characters at most."
)


def path_problem(path: str) -> str | None:
    """Return what is wrong with a path; None for a good one. A `./` at the beginning is none of it (`plain_path`)."""
    plain = plain_path(path)
    names = plain.split("/")
    wrong = {
        "It is empty.": not plain,
        f"It has {len(plain)} characters.": len(plain) > PATH_MOST,
        f"'{_shown(plain)}' is absolute.": plain.startswith("/"),
        f"'{_shown(plain)}' leads out of your data root.": ".." in names,
        f"'{_shown(plain)}' has a character that no path has here.": "\\" in plain or any(map(_is_control, plain)),
        f"'{_shown(plain)}' has a name that is empty, '.' or has spaces at its ends.": any(n in {"", "."} or n != n.strip() for n in names),
    }
    found = next((sentence for sentence, is_so in wrong.items() if is_so), None)
    return None if found is None else f"{found} {RULE}"


def plain_path(path: str) -> str:
    """Return a path without what says nothing: a `./` at its beginning, and a `/` at its end."""
    shorter = path.removeprefix("./")
    return shorter.rstrip("/") or shorter[:1]


def check_path(path: str, field: str) -> str:
    """Return a path of an account's data root as it is kept. Raise InvalidError, by the field that has it, for what is none."""
    if problem := path_problem(path):
        message = f"The path cannot be used: {problem}"
        raise InvalidError(message, details={field: [problem]})
    return plain_path(path)


def _is_control(character: str) -> bool:
    return unicodedata.category(character).startswith("C")


def _shown(path: str) -> str:
    return path[:60].encode("unicode_escape").decode()
