"""Which features a sentence asks to add or to take away, and what a manifest becomes by all that it asks for."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from libs.contracts.envelope import JsonObject
from libs.contracts.names import did_you_mean
from libs.contracts.recipes import Family
from libs.contracts.shipped_data.families import SHIPPED_DATA

Path = tuple[str, ...]
ADDS: Final = re.compile(r"\b(?:add|include)\s+(?:the\s+|a\s+)?(?:features?|columns?)\s+(?P<names>[^.;?!]+)", re.IGNORECASE)
ADDS_AS: Final = re.compile(
    r"\b(?:add|include|use)\s+(?P<names>[^.;?!]+?)\s+(?:as\s+(?:an?\s+)?features?|to\s+(?:the\s+)?features)\b", re.IGNORECASE
)
TAKES: Final = re.compile(
    r"\b(?:remove|drop|exclude|leave out|without)\s+(?:the\s+)?(?:features?|columns?)\s+(?P<names>[^.;?!]+)", re.IGNORECASE
)
TAKES_FROM: Final = re.compile(
    r"\b(?:remove|drop|exclude)\s+(?P<names>[^.;?!]+?)\s+(?:as\s+(?:an?\s+)?feature|from\s+(?:the\s+)?features)\b", re.IGNORECASE
)
SPLITS: Final = re.compile(r",|\band\b|\s")
NO_NAMES: Final = frozenset(
    {"the", "a", "an", "to", "from", "recipe", "this", "my", "please", "it", "of", "in", "too", "also", "feature", "features"}
)


@dataclass(slots=True)
class Asked:
    """Changes as a merge patch of the manifest; `problems` are those that were asked for and mean nothing here, in sentences."""

    patch: JsonObject = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def put(self, path: Path, value: Any) -> None:
        """Set a place."""
        here = self.patch
        for part in path[:-1]:
            here = here.setdefault(part, {})
        here[path[-1]] = value


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of the data that are known before they are read; `free` are those without a role. `all_fit`: to name none means all."""

    known: tuple[str, ...]
    free: tuple[str, ...]
    all_fit: bool


def columns_of(manifest: JsonObject, family: Family) -> Columns:
    """Return the columns of a resolved manifest's data."""
    kind, _, name = manifest["data"]["source"].partition(":")
    data = SHIPPED_DATA.get(name) if kind == "shipped" else None
    if data is None:
        return Columns((), (), family != "forecasting")
    known, taken = tuple(each.name for each in data.columns), {*data.roles.values(), *manifest["data"]["columns"].values()}
    return Columns(known, tuple(each for each in known if each not in taken), family != "forecasting")


def features_asked(message: str, columns: Columns, now: list[str], asked: Asked) -> str:
    """Take features that are to be added and taken away; return the message without those words."""
    wanted, rest = list(now), message
    for pattern, change in ((ADDS, _with), (ADDS_AS, _with), (TAKES, _without), (TAKES_FROM, _without)):
        for found in pattern.finditer(rest):
            for name in _names(found["names"]):
                wanted = change(wanted, name, columns, asked)
        rest = pattern.sub(" ", rest)
    if wanted != now:
        asked.put(("features",), wanted)
    return rest


def _names(text: str) -> list[str]:
    return [each for part in SPLITS.split(text) if (each := part.strip("'\"`()")) and each.casefold() not in NO_NAMES]


def _with(wanted: list[str], name: str, columns: Columns, asked: Asked) -> list[str]:
    if columns.known and name not in columns.known:
        near = did_you_mean(name, columns.known)
        asked.problems.append(f"The data have no column '{name[:60]}'; they have {', '.join(columns.known)}.{near}")
    elif name in wanted:
        asked.problems.append(f"{name} is a feature already.")
    elif columns.known and name not in columns.free:
        asked.problems.append(f"{name} is in the recipe already: it plays a role of its own there.")
    elif not wanted and columns.all_fit:
        asked.problems.append(f"No features are named, so that all columns that fit are learned from; {name} is one of them, if it fits.")
    else:
        return [*wanted, name]
    return wanted


def _without(wanted: list[str], name: str, columns: Columns, asked: Asked) -> list[str]:
    known = wanted or list(columns.free)
    if name in known and len(known) > 1:
        return [each for each in known if each != name]
    why = "it is the only one" if name in known else f"features are {', '.join(known) or 'all columns that fit, which are not known here'}"
    asked.problems.append(f"{name[:60]} cannot be taken away: {why}.{did_you_mean(name, known)}")
    return wanted
