"""Asks that wait together are answered model by model, each model's at once, and none fails by another one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from libs.chassis.errors import PlatformError
from libs.chassis.liveness.outages import as_answer


class OfModel(Protocol):
    """An ask of a version of a model, which is known by the hash of its manifest."""

    @property
    def artifact(self) -> str:
        """The hash."""
        ...


A = TypeVar("A", bound=OfModel)
T = TypeVar("T")
# Answers all asks of one model, in order.
AnswerModel = Callable[[str, Sequence[A]], Awaitable[list[T | PlatformError]]]


async def answer_by_model(asks: Sequence[A], answer: AnswerModel[A, T], *, name: str) -> list[T | PlatformError]:
    """Return each ask's answer, or why there is none, in order; no model waits for another's files. `name` is the asks' in the log."""
    by_model: dict[str, list[int]] = {}
    for place, ask in enumerate(asks):
        by_model.setdefault(ask.artifact, []).append(place)
    if len(by_model) == 1:  # As it nearly always is: no task is made that nobody runs beside.
        return await _alone_if_need_be(asks[0].artifact, asks, answer, name=name)
    answers: dict[int, T | PlatformError] = {}
    batches = [_alone_if_need_be(artifact, [asks[place] for place in places], answer, name=name) for artifact, places in by_model.items()]
    for places, found in zip(by_model.values(), await asyncio.gather(*batches), strict=True):
        answers |= dict(zip(places, found, strict=True))
    return [answers[place] for place in range(len(asks))]


async def _alone_if_need_be(artifact: str, asks: Sequence[A], answer: AnswerModel[A, T], *, name: str) -> list[T | PlatformError]:
    """Answer the asks of a model; where that fails, each by itself: whose ask it fails by is then the only one that is refused."""
    try:
        return await answer(artifact, asks)
    except Exception as error:  # noqa: BLE001  # logged; whoever else asked meanwhile must not pay for it
        if len(asks) == 1:
            return [as_answer(error, ask=name)]
    return [each for ask in asks for each in await _alone_if_need_be(artifact, [ask], answer, name=name)]
