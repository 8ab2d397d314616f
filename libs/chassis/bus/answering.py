"""Answering asks: decode, hand all of a kind to its use case, encode replies and refusals."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import orjson
from pydantic import ValidationError

from libs.chassis.bus.handlers import Answering
from libs.chassis.bus.port import LARGEST_BODY, refusal_body
from libs.chassis.errors import InvalidError, PlatformError, UnexpectedError
from libs.chassis.liveness.outages import as_answer
from libs.chassis.logs import log
from libs.contracts.envelope import Ask, Reply

Answered = tuple[bool, bytes]
WITHIN_S: Final = 300.0


class _AnswerTooLargeError(PlatformError, code="answer_too_large"):
    """What was answered is more than the bus carries: said at once, as an answer that cannot be sent would be waited for in vain."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The answer has {size} bytes, and at most {LARGEST_BODY} can be sent: ask for less of it at once.")


async def answer_batch(answering: Answering, bodies: Sequence[bytes], *, within_s: float = WITHIN_S) -> list[Answered]:
    """Return for each ask whether it was refused, and the reply's (or refusal's) JSON, in order. What takes too long is refused as away."""
    decoded = [_decode(answering.ask, body) for body in bodies]
    asks = [ask for ask in decoded if not isinstance(ask, PlatformError)]
    replies = iter(await _answer(answering, asks, within_s=within_s) if asks else [])
    return [_encode(ask if isinstance(ask, PlatformError) else next(replies), name=answering.ask.name) for ask in decoded]


def _decode(ask: type[Ask[Any]], body: bytes) -> Ask[Any] | PlatformError:
    try:
        return ask.model_validate_json(body)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)
        return InvalidError("The ask is malformed", details={".".join(map(str, p["loc"])): [p["msg"]] for p in problems})


async def _answer(answering: Answering, asks: Sequence[Ask[Any]], *, within_s: float) -> Sequence[Reply | bytes | PlatformError]:
    if answering.single is not None:
        return list(await asyncio.gather(*(_guarded(answering.single(ask), name=answering.ask.name, within_s=within_s) for ask in asks)))
    assert answering.batch is not None
    replies: Sequence[Reply | bytes | PlatformError] | PlatformError = await _guarded(
        answering.batch(asks), name=answering.ask.name, within_s=within_s
    )
    if isinstance(replies, PlatformError):
        return [replies] * len(asks)
    if len(replies) != len(asks):
        log().error("a batch was answered in part", ask=answering.ask.name, asks=len(asks), replies=len(replies))
        return [UnexpectedError()] * len(asks)
    return replies


async def _guarded(answer: Any, *, name: str, within_s: float) -> Any:
    """Return the answer, or its error as something that can travel."""
    try:
        async with asyncio.timeout(within_s):
            return await answer
    except Exception as error:  # noqa: BLE001  # logged with its traceback; the asker must not wait for nothing
        return as_answer(error, ask=name)


def _encode(reply: Reply | bytes | PlatformError, *, name: str) -> Answered:
    if isinstance(reply, PlatformError):
        return True, orjson.dumps(refusal_body(reply))
    body = reply if isinstance(reply, bytes) else reply.model_dump_json().encode()
    if len(body) > LARGEST_BODY:
        log().error("an answer is too large to be sent", ask=name, size=len(body))
        return True, orjson.dumps(refusal_body(_AnswerTooLargeError(len(body))))
    return False, body
