"""What happens right after something was read, and before who has read it goes on."""

from collections.abc import Awaitable, Callable
from typing import Any


class Meanwhile:
    """A port as it is, but for the answers given here; `happens` comes once, after the first other call of it."""

    def __init__(
        self, port: Any, happens: Callable[[Any], Awaitable[object]] | None = None, **answers: Callable[..., Awaitable[Any]]
    ) -> None:
        self._port, self._happens, self._answers = port, happens, answers

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        return self._answers.get(name) or self._watched(getattr(self._port, name))

    async def __call__(self, *given: Any, **named: Any) -> Any:
        """Do what the port does."""
        return await self._watched(self._port)(*given, **named)

    def _watched(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def called(*given: Any, **named: Any) -> Any:
            found, happens = await call(*given, **named), self._happens
            if happens is not None:
                self._happens = None
                await happens(found)
            return found

        return called


def once(thing: object) -> Callable[..., Awaitable[Any]]:
    """Return what hands a thing out the first time: a turn that no other gateway can take."""
    left = [thing]

    async def take(**_: Any) -> Any:
        return left.pop() if left else None

    return take
