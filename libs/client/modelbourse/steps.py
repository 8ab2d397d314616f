"""What the client does, told as steps: each waits for one thing, and what performs them either blocks or awaits.

A use of the gateway is written once, as a generator that yields steps and is given what came of each; `Performer` performs
them for Modelbourse, `AsyncPerformer` (async_steps.py) for AsyncModelbourse. A connection that breaks is raised where the step was yielded.
"""

import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

import httpx

from modelbourse.sockets import open_socket

T = TypeVar("T")
Item = TypeVar("Item")
End = TypeVar("End")


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request and get the answer, an httpx.Response: its body read unless it is a stream, with a `socket` where one was wanted.

    `content` makes the pieces of a body that is no JSON, from its beginning whenever the request is sent again.
    """

    method: str
    path: str
    params: Mapping[str, Any] | None = None
    body: Any = None
    form: Mapping[str, str] | None = None
    files: Mapping[str, Any] | None = None
    content: Callable[[], Iterator[bytes]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: bool = False
    socket: bool = False
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Line:
    """Get the next line, or piece, of a stream; None at its end."""

    lines: Any


@dataclass(frozen=True, slots=True)
class Receive:
    """Get the next message of a socket, a text; how it was closed (sockets.Closed) at its end."""

    socket: Any


@dataclass(frozen=True, slots=True)
class Emit(Generic[Item]):
    """Hand an item to whoever iterates."""

    item: Item


Step: TypeAlias = Send | Pause | Line | Receive
Steps: TypeAlias = Generator[Step, Any, T]
Flow: TypeAlias = Generator[Step | Emit[Item], Any, End]


class Course(Generic[End]):
    """Steps under way: `step` is what comes next, None at the end; then there is `result`."""

    result: End

    def __init__(self, steps: Generator[Any, Any, End]) -> None:
        self._steps = steps
        self.step: Any = None
        self.go_on(None)

    def go_on(self, outcome: Any) -> None:
        """Give the step's outcome, and get to the next."""
        try:
            self.step = self._steps.send(outcome)
        except StopIteration as end:
            self.step, self.result = None, end.value

    def fail(self, error: httpx.TransportError) -> None:
        """Raise a broken connection where the step was yielded, and get to the next."""
        try:
            self.step = self._steps.throw(error)
        except StopIteration as end:
            self.step, self.result = None, end.value

    def close(self) -> None:
        """End the steps before their end."""
        self._steps.close()


class Performer:
    """Performs steps, blocking."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def run(self, steps: Steps[T]) -> T:
        """Perform all of them and return what they come to."""
        result: T = _result(self.items(steps))
        return result

    def items(self, flow: Flow[Item, End]) -> Generator[Item, None, End]:
        """Perform steps as their items are asked for."""
        with ExitStack() as opened:
            course = Course(flow)
            opened.callback(course.close)
            while (step := course.step) is not None:
                if isinstance(step, Emit):
                    yield step.item
                    course.go_on(None)
                    continue
                try:
                    outcome = self._perform(step, opened)
                except httpx.TransportError as error:
                    course.fail(error)
                else:
                    course.go_on(outcome)
            return course.result

    def _perform(self, step: Step, opened: ExitStack) -> Any:
        match step:
            case Pause(seconds):
                return time.sleep(seconds)
            case Line(lines):
                return next(lines, None)
            case Receive(socket):
                return socket.receive()
            case Send():
                return self._send(step, opened)

    def _send(self, step: Send, opened: ExitStack) -> httpx.Response:
        request = request_of(self._http, step)
        if step.socket:
            answer = open_socket(request, timeout=step.timeout)
            if (socket := answer.extensions.get("socket")) is not None:
                opened.callback(socket.close)
            return answer
        answer = self._http.send(request, stream=step.stream)
        if not step.stream:
            return answer
        opened.callback(answer.close)
        if answer.is_error:
            answer.read()
            return answer
        answer.extensions |= {"lines": answer.iter_lines(), "pieces": answer.iter_bytes()}
        return answer


def request_of(http: httpx.Client | httpx.AsyncClient, send: Send) -> httpx.Request:
    """Return the request that a step sends; parameters that are None are left out."""
    params = {name: _told(value) for name, value in (send.params or {}).items() if value is not None}
    return http.build_request(
        send.method,
        send.path,
        params=params or None,
        json=send.body,
        data=send.form,
        files=send.files,
        content=_pieces(http, send),
        headers=dict(send.headers),
        timeout=send.timeout,
    )


def _pieces(http: httpx.Client | httpx.AsyncClient, send: Send) -> Iterator[bytes] | AsyncIterator[bytes] | None:
    """Return the pieces of a body as the client takes them."""
    if send.content is None:
        return None
    return send.content() if isinstance(http, httpx.Client) else _awaited(send.content())


async def _awaited(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:  # Read from a disk, as the files of a form are.
        yield piece


def _told(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _result(items: Iterator[Any]) -> Any:
    """Return what a generator that yields nothing comes to."""
    try:
        next(items)
    except StopIteration as end:
        return end.value
    msg = "these steps have items: iterate"
    raise TypeError(msg)
