"""A file that a request brought: where it waits in the artifact store, what came beside it, and how it begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from libs.contracts.datasets import Upload

HEAD: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class ReceivedUpload:
    """`fields` are the form's fields and the query's parameters by name, `head` is up to 64 KiB of the file's beginning."""

    fields: Mapping[str, str]
    upload: Upload
    head: bytes
