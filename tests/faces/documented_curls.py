"""The commands of Model Builder's document as they stand there, read for whoever runs them."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

FIXTURES: Final = Path(__file__).resolve().parents[1] / "fixtures/model_builder"
ADDRESS: Final = "http://localhost:8000"
KEYS: Final = ("your-api-key-here", "your-api-key", "admin-key")
# What the document calls things that a platform gives ids of its own.
INVENTED: Final = ("training-job-123", "export-job-123", "key-id-123", "mlflow-run-456")


@dataclass(frozen=True, slots=True)
class Curl:
    """One command. `key` is what its Authorization header carries in the document; None where it has none."""

    text: str
    method: str
    path: str
    key: str | None
    body: Any

    @property
    def name(self) -> str:
        """What it asks for."""
        return f"{self.method} {self.path.partition('?')[0]}"

    @property
    def names_what_is_invented(self) -> bool:
        """Whether its path has an id that only the document has."""
        return any(each in self.path for each in INVENTED)

    def replaced(self, names: Mapping[str, str]) -> "Curl":
        """Return it with other names for these."""
        text = self.text
        for name, other in names.items():
            text = re.sub(rf"{re.escape(name)}(?![\w-])", other, text)
        return read(text)


def read(text: str) -> Curl:
    """Return what a command asks for."""
    words = shlex.split(text.replace("\\\n", " "))
    assert words.pop(0) == "curl"
    method, headers, body, url = "GET", dict[str, str](), None, ""
    while words:
        match words.pop(0):
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-d":
                body = json.loads(words.pop(0))
            case other:
                url = other
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return Curl(text, method, path, headers.get("Authorization", "").removeprefix("Bearer ") or None, body)


CURLS: Final = tuple(read(text) for text in (FIXTURES / "curl.txt").read_text().strip().split("\n\n"))
