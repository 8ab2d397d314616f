"""How many of a thing an account may have under way at once, with this gateway."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from services.gateway.domain.errors import TooManyRequestsError

RETRY_AFTER_S: Final = 5


@dataclass(frozen=True, slots=True)
class AtOnce:
    """At most so many of an account; `refusal` is what is said to who wants one more."""

    most: int
    refusal: str
    _under_way: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def one_more(self, account_id: str) -> Iterator[None]:
        """Count one more until the context ends. Raise TooManyRequestsError where there are as many as there may be."""
        if self._under_way[account_id] >= self.most:
            raise TooManyRequestsError(self.refusal, retry_after_s=RETRY_AFTER_S)
        self._under_way[account_id] += 1
        try:
            yield
        finally:
            self._under_way[account_id] -= 1
            if not self._under_way[account_id]:
                del self._under_way[account_id]
