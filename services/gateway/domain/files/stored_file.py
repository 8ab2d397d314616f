"""A file of an account's data root: where its bytes lie, and who has put it there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from libs.contracts.training import Artifact

UNKNOWN_TYPE: Final = "application/octet-stream"
TEXT: Final = "text/plain; charset=utf-8"
# By the ending of a name: what this machine happens to know of endings is nobody's business.
TYPES: Final[Mapping[str, str]] = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "html": "text/html; charset=utf-8",
    "htm": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "txt": TEXT,
    "log": TEXT,
    "py": TEXT,
    "pbtxt": TEXT,
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "png": "image/png",
    "svg": "image/svg+xml",
    "zip": "application/zip",
    "gz": "application/gzip",
}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file. `made_by` is the job that has made it; None for one that was sent."""

    path: str
    artifact: Artifact
    made_at: datetime
    made_by: str | None = None

    @property
    def content_type(self) -> str:
        """What its name says that it is."""
        return TYPES.get(self.path.rpartition("/")[2].rpartition(".")[2].lower(), UNKNOWN_TYPE)
