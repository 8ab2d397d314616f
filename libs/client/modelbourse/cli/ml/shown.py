"""How commands of ML Development show lists, changes of manifests and figures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from modelbourse.answers.answer import Answer
from modelbourse.answers.ml_development.recipes import MlManifestChange
from modelbourse.cli.showing import counted, print_json, print_table, shown

MARKS: Final = {
    "approved": "green", "archived": "dim", "production": "green", "staging": "cyan", "retired": "dim", "succeeded": "green",
    "done": "green", "ready": "green", "resolved": "green", "running": "cyan", "computing": "cyan", "failed": "red", "open": "red",
}  # fmt: skip


def part_of(page: int, page_size: int) -> dict[str, int]:
    """Return which part of a list a page is."""
    return {"limit": page_size, "offset": (page - 1) * page_size}


def print_list(
    found: Any,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    noun: str,
    page: int,
    page_size: int,
    json_: bool,
    drop: Sequence[str] = (),
) -> None:
    """Print a part of a list with how much there is in all; as JSON what the gateway said."""
    if json_:
        return print_json(found)
    title = counted(found.total, noun, page=page, page_size=page_size)
    return print_table(columns, rows, title=title, drop=drop, marks=MARKS)


def print_changes(changes: Iterable[MlManifestChange | Mapping[str, Any]], *, title: str) -> None:
    """Print how one manifest differs from another."""
    told = [each.as_json() if isinstance(each, Answer) else each for each in changes]
    rows = [(each["op"], each["path"], each["from"], each["to"]) for each in told]
    print_table(("", "where", "from", "to"), rows, title=title)


def differences(before: Any, after: Any, path: str = "") -> list[dict[str, Any]]:
    """Return how two manifests differ, by JSON pointer (RFC 6901), as versions tell it: lists are replaced as a whole."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return [] if before == after else [{"op": "replace", "path": path, "from": before, "to": after}]
    found: list[dict[str, Any]] = []
    for key in sorted(before.keys() | after.keys()):
        place = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
        if key not in after:
            found.append({"op": "remove", "path": place, "from": before[key], "to": None})
        elif key not in before:
            found.append({"op": "add", "path": place, "from": None, "to": after[key]})
        else:
            found += differences(before[key], after[key], place)
    return found


def numbers_of(metrics: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the figures that are numbers, or null; what is nested beside them is shown by --json."""
    return {name: value for name, value in metrics.items() if value is None or isinstance(value, int | float)}


def in_short(metrics: Mapping[str, Any], source: str | None) -> str | None:
    """Return figures in one cell, with whose they are where nobody here has measured them; None where there are none."""
    told = ", ".join(f"{name} {shown(value)}" for name, value in numbers_of(metrics).items() if value is not None)
    return f"{told} (reported)" if told and source == "reported" else told or None
