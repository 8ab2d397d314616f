"""What is wrong with a request, by field: the first of many problems are told, the others counted."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

T = TypeVar("T")
MOST: Final = 20


def first_problems(wrong: Sequence[T], tell: Callable[[T], tuple[str, str]]) -> dict[str, list[str]]:
    """Return what `tell` says (a field and words) of the first of the wrong things; the last field says how many more there are.

    Nobody reads thousands of problems, and looking for what was meant by each would hold up everybody else.
    """
    problems: dict[str, list[str]] = {}
    for number, each in enumerate(wrong[:MOST], start=1):
        field, words = tell(each)
        said = problems.setdefault(field, [])
        said.append(words)
        if number == MOST < len(wrong):
            said.append(f"… and {len(wrong) - MOST} more.")
    return problems
