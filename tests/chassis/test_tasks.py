"""Stories of tasks that run beside each other: they end with who began them."""

import asyncio
import contextlib

import pytest

from libs.chassis.tasks import beside, cancelled


async def _deaf(once: asyncio.Event) -> None:
    """Swallow the first cancellation, as `asyncio.wait_for` of Python 3.11 may do; heed the second."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    once.set()
    await asyncio.Event().wait()


async def test_a_cancellation_that_got_lost_is_sent_again() -> None:
    once = asyncio.Event()
    task = asyncio.create_task(_deaf(once))
    await asyncio.sleep(0)

    await cancelled(task)

    assert once.is_set()
    assert task.cancelled()


async def test_what_runs_beside_a_block_ends_with_it() -> None:
    ended = []

    async def part(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    async with beside(part("a"), part("b")):
        await asyncio.sleep(0)
        assert ended == []

    assert sorted(ended) == ["a", "b"]


async def test_what_a_part_raises_ends_the_block() -> None:
    async def part() -> None:
        msg = "no more"
        raise ValueError(msg)

    with pytest.raises(ExceptionGroup, match="unhandled errors") as told:
        async with beside(part()):
            await asyncio.Event().wait()

    assert [str(error) for error in told.value.exceptions] == ["no more"]
