"""Keeps the Kafka client from saying the same thing at each attempt: what it said within the last minute is left out."""

import logging
import time
from typing import Final

AGAIN_S: Final = 60.0
MOST: Final = 1000
LOUD: Final = "aiokafka"


class OnceAMinute(logging.Filter):
    """Lets a line of the client through, and the same line again after a minute. Lines with a traceback, and others' lines, always go."""

    def __init__(self, again_s: float = AGAIN_S) -> None:
        super().__init__()
        self._again_s = again_s
        self._said_at: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is written."""
        if record.exc_info or not record.name.startswith(LOUD):
            return True
        line, present = (record.name, record.getMessage()), time.monotonic()
        if present - self._said_at.get(line, -self._again_s) < self._again_s:
            return False
        if len(self._said_at) >= MOST:
            self._said_at.clear()
        self._said_at[line] = present
        return True
