"""A change of a model that meets another one is made again, from what is there then: events of trainings and listings change it, too."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from services.gateway.domain.models.errors import ModelChangedError

T = TypeVar("T")
TRIES: Final = 5


async def try_again(model_id: str, change: Callable[[], Awaitable[T]]) -> T:
    """Return what `change` returns, which reads the model and writes it. Raise ModelChangedError when others were faster each time."""
    for _ in range(TRIES):
        with suppress(ModelChangedError):
            return await change()
    raise ModelChangedError(model_id)
