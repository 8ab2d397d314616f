"""Sources run side by side and are told one after another."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from functools import partial

import pytest

from libs.chassis.in_order import in_order


class Sources:
    """Sources of three items each that note who runs."""

    def __init__(self) -> None:
        self.running: set[int] = set()
        self.most = 0
        self.made: list[str] = []

    async def source(self, number: int, *, fails: bool = False) -> AsyncIterator[str]:
        self.running.add(number)
        self.most = max(self.most, len(self.running))
        try:
            for item in "abc":
                await asyncio.sleep(0)
                self.made.append(f"{number}{item}")
                yield f"{number}{item}"
            if fails:
                msg = f"source {number}"
                raise ValueError(msg)
        finally:
            self.running.discard(number)

    def many(self, count: int) -> list[Callable[[], AsyncIterator[str]]]:
        return [partial(self.source, number) for number in range(count)]


async def test_items_come_in_the_order_of_their_sources_which_run_some_at_a_time() -> None:
    sources = Sources()

    told = [item async for item in in_order(sources.many(7), at_once=3)]

    assert told == [f"{number}{item}" for number in range(7) for item in "abc"]
    assert sources.most == 3
    assert sources.running == set()


async def test_nothing_at_all_is_an_order_too() -> None:
    assert [item async for item in in_order(list[Callable[[], AsyncIterator[str]]](), at_once=3)] == []


async def test_what_a_source_raises_comes_after_its_items_and_ends_the_others() -> None:
    sources = Sources()
    told: list[str] = []
    items = in_order([*sources.many(1), partial(sources.source, 7, fails=True), *sources.many(5)], at_once=3)

    async def read() -> None:
        async for item in items:
            told.append(item)

    with pytest.raises(ValueError, match="source 7"):
        await read()

    assert told == ["0a", "0b", "0c", "7a", "7b", "7c"]
    assert sources.running == set()


async def test_who_stops_early_stops_the_sources() -> None:
    sources = Sources()

    async with aclosing(in_order(sources.many(9), at_once=2)) as items:
        first = await anext(items)

    assert first == "0a"
    assert sources.running == set()


async def test_a_slow_reader_is_not_overrun() -> None:
    sources = Sources()

    async with aclosing(in_order(sources.many(9), at_once=2)) as items:
        await anext(items)
        for _ in range(50):
            await asyncio.sleep(0)
        made = len(sources.made)

    assert made <= 2 * 3
