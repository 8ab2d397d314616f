"""Which changes of a manifest a sentence asks for: values lowered, raised or set, features, learner, baseline and data."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.families import keys_of, manifest_schema, read_manifest, schema_at
from libs.contracts.recipes import Family
from libs.contracts.shipped_data.families import SHIPPED_DATA
from services.gateway.domain.assistant.asked_features import Asked, Path, columns_of, features_asked
from services.gateway.domain.recipes.inheritance import merged

NUMBER: Final = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
ASKS: Final = re.compile(
    r"\b(propose|lower|reduce|decrease|halve|fewer|less|smaller|shorter|raise|increase|double|more|larger|higher|bigger|longer|set|change"
    r"|switch|use|try|add|remove|drop|exclude|leave out|include|hold(ing)? out|measure|train on|learn from|split by|disable|enable|turn)\b",
    re.IGNORECASE,
)
PROPOSES: Final = re.compile(r"\b(propos\w+|suggest(ed)? (a )?(change|manifest|version))\b", re.IGNORECASE)
CLAUSES: Final = re.compile(r",\s|;|\band\b|\bthen\b", re.IGNORECASE)
SOURCE: Final = re.compile(r"\b(?:shipped|file):[^\s,;]+|\bdataset:[a-z0-9_]+|\bdataset_[a-z0-9_]+")
HELD: Final = re.compile(rf"hold(?:ing)?[ -]?out\s+(?:of\s+)?({NUMBER})\s*%", re.IGNORECASE)
LEARNERS: Final = {
    "gradient boosting": ("gradient_boosting", "lightgbm"),
    "boosting": ("gradient_boosting", "lightgbm"),
    "lightgbm": ("lightgbm", "gradient_boosting"),
    "log-log": ("log_log",),
    "exponential smoothing": ("ets",),
    "n-hits": ("nhits",),
    "ridge": ("linear",),
    "neural network": ("nhits",),
}
SYNONYMS: Final = {
    "n_estimators": r"n_estimators|trees?|estimators|boosting rounds",
    "num_leaves": r"num_leaves|leaves",
    "l2": r"l2|regulari[sz]ation",
    "max_epochs": r"max_epochs|epochs",
    "test_fraction": r"test[ _-]fraction|test (?:share|size|set)|hold-?out",
    "method": r"split (?:method|by)|(?:held|hold) out by",
    "early_stopping_patience": r"(?:early[ _]stopping[ _])?patience",
    "folds": r"folds?|origins of a backtest",
}
BY: Final = re.compile(rf"\bby\s+({NUMBER})\s*(%?)", re.IGNORECASE)
SET: Final = re.compile(rf"^\s*(?:to|=|at|of|is|should be)?\s*(?:to|=)?\s*({NUMBER})\s*(%?)", re.IGNORECASE)
TO: Final = re.compile(rf"\b(?:to|=)\s*({NUMBER})\s*(%?)", re.IGNORECASE)
BEFORE: Final = re.compile(rf"\b({NUMBER})\s+$", re.IGNORECASE)
TAKES_LEARNER: Final = re.compile(r"\b(switch|use|try|learner|change|with|propose)\b")
SKIPPED: Final = frozenset({"name", "source"})
DOWN: Final = re.compile(r"\b(lower|reduce|decrease|fewer|less|smaller|shorter|cut)\b", re.IGNORECASE)
UP: Final = re.compile(r"\b(raise|increase|more|larger|higher|bigger|longer|grow)\b", re.IGNORECASE)
LITTLE: Final = re.compile(r"\b(slightly|a (?:bit|little))\b", re.IGNORECASE)


def asked_changes(message: str, manifest: JsonObject, *, family: Family) -> Asked:
    """Return which changes of a resolved manifest a message asks for; none where it asks for none."""
    asked = Asked()
    if not ASKS.search(message):
        return asked
    rest = features_asked(message, columns_of(manifest, family), list(manifest["features"]), asked)
    for clause in CLAUSES.split(rest):
        if ASKS.search(clause) or asked.patch:
            _clause(clause, manifest, family, asked)
    return asked


def _clause(clause: str, manifest: JsonObject, family: Family, asked: Asked) -> None:
    if found := SOURCE.search(clause):
        source = found.group()
        asked.put(("data", "source"), source if ":" in source else f"dataset:{source}")
        return
    if held := HELD.search(clause):
        asked.put(("split", "test_fraction"), float(held[1]) / 100)
        return
    named = _named(clause, manifest, family, asked)
    now = _after(manifest, asked, family)
    for path, value in leaves(now):
        if path[-1] not in SKIPPED and (place := _spoken(path[-1], clause)):
            _value(clause, place, Spot(path, value, schema_at(family, path, now)), asked)
            return
    if not named:
        _other_learners(clause, now, family, asked)


def _after(manifest: JsonObject, asked: Asked, family: Family) -> JsonObject:
    """Return the manifest with another learner's own settings, where another one is asked for."""
    name = asked.patch.get("learner", {}).get("name")
    if name is None:
        return manifest
    whole = read_manifest(merged(manifest, {"learner": {"name": name}}), family=family)
    return whole.model_dump(mode="json")


def _spoken(key: str, clause: str) -> re.Match[str] | None:
    words = SYNONYMS.get(key, key.replace("_", "[ _-]?"))
    return re.search(rf"\b(?:{words})\b", clause, re.IGNORECASE)


def _other_learners(clause: str, manifest: JsonObject, family: Family, asked: Asked) -> None:
    """Say which learner has the setting that is spoken of, where the recipe's has none of the name."""
    has: dict[str, list[str]] = {}
    for learner in _learners(family):
        for key in keys_of(family, ("learner", "hyperparameters"), {"learner": {"name": learner}}):
            if _spoken(key, clause):
                has.setdefault(key, []).append(learner)
    for key, learners in list(has.items())[:1]:
        own = manifest["learner"]["name"]
        asked.problems.append(
            f"The learner {own} has no {key}; {' and '.join(learners)} {'have' if len(learners) > 1 else 'has'}: ask to use that, too."
        )


def _learners(family: Family) -> list[str]:
    return list(manifest_schema(family)["properties"]["learner"]["discriminator"]["mapping"])


def _named(clause: str, manifest: JsonObject, family: Family, asked: Asked) -> bool:
    """Take another learner, baseline or data set that ships, by its name; tell whether one was spoken of."""
    plain = clause.casefold().replace("_", " ").replace("-", " ")
    if re.search(r"\bbaseline|\bagainst\b", plain):
        known = _enum(schema_at(family, ("baseline", "name"), manifest))
        return _took(("baseline", "name"), [each for each in known if each.replace("_", " ") in plain], manifest["baseline"]["name"], asked)
    if re.search(r"\bdata\b", plain):
        shipped = [each.name for each in SHIPPED_DATA.values() if each.family == family and each.name.replace("_", " ") in plain]
        if shipped:
            return _took(("data", "source"), [f"shipped:{each}" for each in shipped], manifest["data"]["source"], asked)
    if not TAKES_LEARNER.search(plain):
        return False
    learners = _learners(family)
    spoken = [(each.replace("_", " "), (each,)) for each in learners] + [
        (words.replace("-", " "), names) for words, names in LEARNERS.items()
    ]
    found = [each for words, names in spoken if re.search(rf"\b{re.escape(words)}\b", plain) for each in names if each in learners]
    return _took(("learner", "name"), found, manifest["learner"]["name"], asked)


def _took(path: Path, found: Sequence[str], now: str, asked: Asked) -> bool:
    if not found:
        return False
    if found[0] == now:
        asked.problems.append(f"/{'/'.join(path)} is {now} already.")
    else:
        asked.put(path, found[0])
    return True


def leaves(manifest: JsonObject, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the places of a manifest that hold one value."""
    for key, value in manifest.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        elif not isinstance(value, list):
            yield (*path, key), value


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of a manifest that holds one value."""

    path: Path
    value: Any
    schema: JsonObject


def _value(clause: str, place: re.Match[str], spot: Spot, asked: Asked) -> None:
    after, name, value = clause[place.end() :], "/".join(spot.path), spot.value
    if words := _enum(spot.schema):
        wanted = next((each for each in words if re.search(rf"\b{each.replace('_', '[ _-]?')}\b", after, re.IGNORECASE)), None)
        if wanted is not None:
            asked.put(spot.path, wanted)
        else:
            asked.problems.append(f"/{name} takes one of {', '.join(words)}.")
    elif isinstance(value, bool):
        asked.put(spot.path, not re.search(r"\b(off|no|not|disable|without|false)\b", clause, re.IGNORECASE))
    elif (number := _said(clause, place, value)) is None and (number := _moved(clause, value)) is None:
        asked.problems.append(f"/{name} is {'not set' if value is None else value}: say to what it should be set.")
    else:
        asked.put(spot.path, round(number) if isinstance(value, int) or _is_whole(spot.schema) else float(f"{number:.6g}"))


def _said(clause: str, place: re.Match[str], value: Any) -> float | None:
    """Return the value that a clause names: `to 0.01`, `by 20 %`, `500 trees`; None where it names none."""
    after = clause[place.end() :]
    if found := BY.search(after):
        step, way = float(found[1]), -1.0 if DOWN.search(clause) else 1.0
        if not isinstance(value, int | float):
            return None
        return value * (1 + way * step / 100) if found[2] else value + way * step
    if found := SET.search(after) or TO.search(after):
        return float(found[1]) / (100 if found[2] else 1)
    before = BEFORE.search(clause[: place.start()])
    return float(before[1]) if before else None


def _moved(clause: str, value: Any) -> float | None:
    """Return half of a value or twice as much, a little less or more; None where neither is asked for."""
    if not isinstance(value, int | float):
        return None
    little = bool(LITTLE.search(clause))
    if re.search(r"\bhal(ve|f)\b", clause, re.IGNORECASE) or DOWN.search(clause):
        return value * (0.8 if little else 0.5)
    if re.search(r"\bdouble\b", clause, re.IGNORECASE) or UP.search(clause):
        return value * (1.25 if little else 2.0)
    return None


def _enum(schema: JsonObject) -> list[str]:
    found = [
        each for part in (schema, *schema.get("anyOf", ())) for each in (part.get("enum") or ([part["const"]] if "const" in part else []))
    ]
    return [each for each in found if isinstance(each, str)]


def _is_whole(schema: JsonObject) -> bool:
    kinds = {part.get("type") for part in (schema, *schema.get("anyOf", ()))}
    return "integer" in kinds and "number" not in kinds
