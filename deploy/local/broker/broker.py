"""What requests are answered from: the broker's topics and groups, kept in its journal."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.local.broker.batches import Code, RefusedError
from deploy.local.broker.groups import Groups
from deploy.local.broker.journal import Entry, Journal
from deploy.local.broker.topics import Topics

NODE: Final = 0
NONE_FOUND: Final = -1
Fields = dict[str, Any]


class Broker:
    """The one broker; `port` is where clients find it."""

    def __init__(self, *, port: int, folder: Path | None) -> None:
        self.port = port
        self.journal = Journal(folder)
        self.topics, self.groups = Topics(self.journal), Groups(self.journal)
        # Ids of producers must not come again after a restart.
        self._producers = time.time_ns() // 1000

    def restore(self) -> None:
        """Read back what the journal holds, and write it anew without what is gone. Raise OSError when another broker has the folder."""
        self.journal.claim()
        kinds: dict[str, Callable[[Any], None]] = {
            "topic": self.topics.restore_topic,
            "configs": self.topics.restore_configs,
            "deleted": self._restore_deleted,
            "start": self.topics.restore_start,
            "offsets": self.groups.restore_offsets,
        }
        for kind, entry, records in self.journal.read():
            if kind == "records":
                self.topics.restore_records(entry, records)
            else:
                kinds[kind](entry)
        self.topics.forget_old()
        self.journal.begin(self.snapshot())

    def snapshot(self) -> Iterator[Entry]:
        """Yield journal entries that make topics and offsets again."""
        yield from self.topics.snapshot()
        yield from self.groups.snapshot()

    def delete_topic(self, name: str) -> None:
        """Delete a topic, and what groups have committed of it. Raise RefusedError."""
        self.topics.delete(name)
        self.groups.forget_topic(name)

    def new_producer(self) -> int:
        """Return an id for an idempotent producer."""
        self._producers += 1
        return self._producers

    def tidy(self) -> None:
        """Drop records that are too old and groups of nobody; write the journal anew when it has grown much."""
        self.topics.forget_old()
        self.groups.forget_idle()
        self.journal.tidy(self.snapshot)

    def _restore_deleted(self, entry: Any) -> None:
        self.topics.restore_deleted(entry)
        self.groups.forget_topic(entry["name"])


@dataclass(frozen=True)
class Client:
    """Who asks."""

    name: str
    host: str


def attempt(action: Callable[[], None]) -> Fields:
    """Return the error that an action is refused with, or none."""
    try:
        action()
    except RefusedError as error:
        return {"error_code": error.code, "error_message": None}
    return {"error_code": Code.NONE, "error_message": None}
