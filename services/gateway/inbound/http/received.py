"""A file that a request brought: where it waits in the artifact store, what came beside it, and how it begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from libs.contracts.datasets import FileFormat, Upload

HEAD: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that waits in the store, under a name of its own, for whoever uses it."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ReceivedUpload:
    """`fields` are the form's fields and the query's parameters by name, `head` is up to 64 KiB of the file's beginning.

    `format` is None where the endpoint takes any.
    """

    fields: Mapping[str, str]
    staged: Staged
    head: bytes
    format: FileFormat | None

    @property
    def upload(self) -> Upload:
        """The file as a check of its rows is told of it. Raise TypeError where the endpoint takes any format."""
        if self.format is None:
            message = "this endpoint takes files of any format"
            raise TypeError(message)
        return Upload(path=self.staged.path, sha256=self.staged.sha256, size=self.staged.size, format=self.format)
