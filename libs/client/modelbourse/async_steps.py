"""What performs steps awaiting. It is apart from steps.py so that who blocks, as the command does, need not import asyncio."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import httpx

from modelbourse.sockets import open_socket_awaiting
from modelbourse.steps import Course, Emit, Flow, Line, Pause, Receive, Send, Step, Steps, request_of

T = TypeVar("T")
Item = TypeVar("Item")
End = TypeVar("End")


class AsyncPerformer:
    """Performs steps, awaiting."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def run(self, steps: Steps[T]) -> T:
        """Perform all of them and return what they come to."""
        ended: list[T] = []
        async for _ in self.items(steps, ended):
            pass
        return ended[0]

    async def items(self, flow: Flow[Item, End], ended: list[End]) -> AsyncGenerator[Item, None]:
        """Perform steps as their items are asked for; what they come to is put into `ended`."""
        async with AsyncExitStack() as opened:
            course = Course(flow)
            opened.callback(course.close)
            while (step := course.step) is not None:
                if isinstance(step, Emit):
                    yield step.item
                    course.go_on(None)
                    continue
                try:
                    outcome = await self._perform(step, opened)
                except httpx.TransportError as error:
                    course.fail(error)
                else:
                    course.go_on(outcome)
            ended.append(course.result)

    async def _perform(self, step: Step, opened: AsyncExitStack) -> Any:
        match step:
            case Pause(seconds):
                return await asyncio.sleep(seconds)
            case Line(lines):
                return await anext(lines, None)
            case Receive(socket):
                return await socket.receive()
            case Send():
                return await self._send(step, opened)

    async def _send(self, step: Send, opened: AsyncExitStack) -> httpx.Response:
        request = request_of(self._http, step)
        if step.socket:
            answer = await open_socket_awaiting(request, timeout=step.timeout)
            if (socket := answer.extensions.get("socket")) is not None:
                opened.push_async_callback(socket.close)
            return answer
        answer = await self._http.send(request, stream=step.stream)
        if not step.stream:
            return answer
        opened.push_async_callback(answer.aclose)
        if answer.is_error:
            await answer.aread()
            return answer
        answer.extensions |= {"lines": answer.aiter_lines(), "pieces": answer.aiter_bytes()}
        return answer
