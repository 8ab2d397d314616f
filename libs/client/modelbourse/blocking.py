"""How steps become methods that block."""

import inspect
from collections.abc import Callable, Generator, Iterator
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, get_args, overload

from modelbourse.answers.frames import to_frame
from modelbourse.gateway import Gateway
from modelbourse.steps import Flow, Performer, Steps

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")
End = TypeVar("End")


class Noun:
    """Something that a gateway knows, with methods of its own."""

    def __init__(self, gateway: Gateway, performer: Performer) -> None:
        self._gateway, self._performer = gateway, performer


class Items(Generic[Item, End]):
    """Items as they come; once. When the last one has come, `summary` is what is said of all of them (of a list nothing)."""

    def __init__(self, items: Generator[Item, None, End]) -> None:
        self._items = items
        self.summary: End | None = None

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        try:
            return next(self._items)
        except StopIteration as end:
            self.summary = end.value or self.summary
            raise

    def to_frame(self) -> Any:
        """Return all that are still to come as a pandas.DataFrame, a line each; raise PandasMissingError."""
        return to_frame(self)  # type: ignore[arg-type]  # all that a gateway lists are answers

    def close(self) -> None:
        """Let go of the stream before its end."""
        self._items.close()


class Does(Generic[P, T]):
    """A method that performs steps and returns what they come to."""

    def __init__(self, steps: Callable[Concatenate[Gateway, P], Steps[T]]) -> None:
        self._steps = steps
        self.__doc__ = steps.__doc__

    @overload
    def __get__(self, noun: None, owner: type[Noun]) -> Self: ...
    @overload
    def __get__(self, noun: Noun, owner: type[Noun]) -> Callable[P, T]: ...
    def __get__(self, noun: Noun | None, owner: type[Noun]) -> Self | Callable[P, T]:
        if noun is None:
            return self

        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            return noun._performer.run(self._steps(noun._gateway, *args, **kwargs))  # noqa: SLF001  # its own

        return dressed(call, self._steps)


class Iterates(Generic[P, Item, End]):
    """A method that performs steps as items are asked for."""

    def __init__(self, flow: Callable[Concatenate[Gateway, P], Flow[Item, End]]) -> None:
        self._flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, noun: None, owner: type[Noun]) -> Self: ...
    @overload
    def __get__(self, noun: Noun, owner: type[Noun]) -> Callable[P, Items[Item, End]]: ...
    def __get__(self, noun: Noun | None, owner: type[Noun]) -> Self | Callable[P, Items[Item, End]]:
        if noun is None:
            return self

        def call(*args: P.args, **kwargs: P.kwargs) -> Items[Item, End]:
            return Items(noun._performer.items(self._flow(noun._gateway, *args, **kwargs)))  # noqa: SLF001  # its own

        return dressed(call, self._flow)


def dressed(call: Callable[P, T], steps: Callable[..., Any]) -> Callable[P, T]:
    """Return a method that shows itself (`help`, editors) as its steps do: without the gateway, and with what they come to."""
    signature = inspect.signature(steps)
    parameters = list(signature.parameters.values())[1:]
    call.__name__, call.__doc__ = steps.__name__, steps.__doc__
    shown = signature.replace(parameters=parameters, return_annotation=get_args(signature.return_annotation)[-1])
    call.__signature__ = shown  # type: ignore[attr-defined]  # where inspect looks for it
    return call
