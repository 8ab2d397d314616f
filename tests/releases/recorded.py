"""What a release wrote, as files: every document by database and collection, an event of every topic."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bson import json_util

from libs.contracts.ids import SUFFIX

ROOT = Path(__file__).parents[1] / "fixtures" / "releases"
SERVICES = ("gateway", "training", "inference", "marketplace", "monitoring")
ID = re.compile(rf"\b([a-z][a-z_]*)_({SUFFIX.pattern})\b")
LONGEST_LIST = 6
# Every value with its type: a date is no text, a decimal no number.
TYPED = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL, tz_aware=True, tzinfo=UTC)
# The password of every account that is recorded.
PASSWORD = "three-blind-mice"  # of nobody
USER, SELLER, BUYER = "ada", "sel", "bea"


def releases() -> list[Path]:
    """Return the folder of each release that was recorded, the oldest first."""
    return sorted((path for path in ROOT.iterdir() if path.is_dir()), key=lambda path: tuple(map(int, path.name.split("."))))


def earlier_releases() -> list[Path]:
    """Return those before this one: what this one writes waits for the next."""
    return [path for path in releases() if path.name != version("modelbourse-platform")]


def documents_of(release: Path, service: str) -> Mapping[str, list[dict[str, Any]]]:
    """Return a database's documents by collection."""
    read = {
        path.stem: json_util.loads(path.read_text(), json_options=TYPED)
        for path in sorted((release / "documents" / service).glob("*.json"))
    }
    return {name: list(documents) for name, documents in read.items()}


def events_of(release: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the topic and the body of each of the `events` of the story, or of the `examples` of what it did not tell."""
    for path in sorted((release / kind).glob("*.json")):
        for event in json.loads(path.read_text()):
            yield path.stem, event


class Anonymous:
    """Gives what was made by chance the names of its order, so that two recordings of one release differ little."""

    def __init__(self, *replaced: tuple[str, str]) -> None:
        self._replaced, self._names = replaced, dict[str, str]()

    def text(self, written: str) -> str:
        """Return a file's text with plain ids, and without places of this machine."""
        for before, after in self._replaced:
            written = written.replace(before, after)
        return ID.sub(self._named, written)

    def _named(self, found: re.Match[str]) -> str:
        return f"{found[1]}_{self._names.setdefault(found[2], f'{len(self._names):026}')}"


def trimmed(value: Any, *, name: str = "") -> Any:
    """Return a document without the bulk of its long lists, which tells nothing of its shape. Lines of a ledger stay."""
    if isinstance(value, Mapping):
        return {key: trimmed(each, name=key) for key, each in value.items()}
    if isinstance(value, list):
        return [trimmed(each) for each in (value if name == "lines" else value[:LONGEST_LIST])]
    return value


def write(
    release: Path,
    *,
    documents: Mapping[tuple[str, str], list[dict[str, Any]]],
    events: Mapping[tuple[str, str], list[Any]],
    plain: Anonymous,
) -> None:
    """Write a release's files anew."""
    for (service, collection), found in sorted(documents.items()):
        place = release / "documents" / service / f"{collection}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        lines = ",\n".join(json_util.dumps(trimmed(each), json_options=TYPED) for each in found)
        place.write_text(plain.text(f"[\n{lines}\n]\n"))
    for (kind, topic), told in sorted(events.items()):
        place = release / kind / f"{topic}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(plain.text("[\n" + ",\n".join(json.dumps(each, separators=(",", ":")) for each in told) + "\n]\n"))
