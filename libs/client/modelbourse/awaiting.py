"""How steps become methods that are awaited."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from typing_extensions import Self

from modelbourse.answers.frames import to_frame
from modelbourse.async_steps import AsyncPerformer
from modelbourse.blocking import dressed
from modelbourse.gateway import Gateway
from modelbourse.steps import Flow, Steps

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")
End = TypeVar("End")


class AsyncNoun:
    """Something that a gateway knows, with methods of its own."""

    def __init__(self, gateway: Gateway, performer: AsyncPerformer) -> None:
        self._gateway, self._performer = gateway, performer


class AsyncItems(Generic[Item, End]):
    """Items as they come; once. When the last one has come, `summary` is what is said of all of them (of a list nothing)."""

    def __init__(self, performer: AsyncPerformer, flow: Flow[Item, End]) -> None:
        self._ended: list[End] = []
        self._items: AsyncGenerator[Item, None] = performer.items(flow, self._ended)

    @property
    def summary(self) -> End | None:
        """What is said of all items; None before the last one has come."""
        return self._ended[0] if self._ended else None

    def __aiter__(self) -> AsyncIterator[Item]:
        return self

    async def __anext__(self) -> Item:
        return await anext(self._items)

    async def to_frame(self) -> Any:
        """Return all that are still to come as a pandas.DataFrame, a line each; raise PandasMissingError."""
        return to_frame([each async for each in self])  # type: ignore[misc]  # all that a gateway lists are answers

    async def aclose(self) -> None:
        """Let go of the stream before its end."""
        await self._items.aclose()


class Awaits(Generic[P, T]):
    """A method that performs steps and returns what they come to."""

    def __init__(self, steps: Callable[Concatenate[Gateway, P], Steps[T]]) -> None:
        self._steps = steps
        self.__doc__ = steps.__doc__

    @overload
    def __get__(self, noun: None, owner: type[AsyncNoun]) -> Self: ...
    @overload
    def __get__(self, noun: AsyncNoun, owner: type[AsyncNoun]) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, noun: AsyncNoun | None, owner: type[AsyncNoun]) -> Self | Callable[P, Coroutine[Any, Any, T]]:
        if noun is None:
            return self

        def call(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
            return noun._performer.run(self._steps(noun._gateway, *args, **kwargs))  # noqa: SLF001  # its own

        return dressed(call, self._steps)


class AsyncIterates(Generic[P, Item, End]):
    """A method that performs steps as items are asked for."""

    def __init__(self, flow: Callable[Concatenate[Gateway, P], Flow[Item, End]]) -> None:
        self._flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, noun: None, owner: type[AsyncNoun]) -> Self: ...
    @overload
    def __get__(self, noun: AsyncNoun, owner: type[AsyncNoun]) -> Callable[P, AsyncItems[Item, End]]: ...
    def __get__(self, noun: AsyncNoun | None, owner: type[AsyncNoun]) -> Self | Callable[P, AsyncItems[Item, End]]:
        if noun is None:
            return self

        def call(*args: P.args, **kwargs: P.kwargs) -> AsyncItems[Item, End]:
            return AsyncItems(noun._performer, self._flow(noun._gateway, *args, **kwargs))  # noqa: SLF001  # its own

        return dressed(call, self._flow)
