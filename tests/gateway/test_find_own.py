"""What an account has of its own is found without the store while it is remembered, and with what was last known while that is away."""

import asyncio
from collections.abc import Sequence
from datetime import date

import pytest

from libs.chassis.errors import UnavailableError
from libs.contracts.own_candles import OwnCandles
from services.gateway.usecases.datasets.find_own import FindOwn
from tests.waiting import until


def version(number: int) -> OwnCandles:
    return OwnCandles(
        symbol="ACME", timeframe="1h", dataset_id="dataset_1", version=number, sha256="0" * 64, calendar="24/7", start=date(2024, 1, 1),
        end=date(2024, 2, 1),
    )  # fmt: skip


class Shelf:
    """A store that counts who reads it, can be away, and can keep who reads waiting."""

    def __init__(self) -> None:
        self.newest, self.reads, self.is_away = version(1), 0, False
        self.open = asyncio.Event()
        self.open.set()

    async def of(self, account_id: str, *, columns: bool) -> Sequence[OwnCandles]:
        self.reads += 1
        found = [self.newest] if account_id == "account_1" else []
        await self.open.wait()
        if self.is_away:
            raise UnavailableError("away")
        return found if columns else [each.model_copy(update={"columns": ()}) for each in found]


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


async def number(find: FindOwn) -> int | None:
    found = (await find("account_1")).behind("ACME", timeframe="1d")
    return found.version if found else None


async def test_within_a_second_nothing_is_read_again_and_after_it_the_newest_version_is_found() -> None:
    shelf, clock = Shelf(), Clock()
    find = FindOwn(shelf, clock)

    assert [await number(find) for _ in range(3)] == [1, 1, 1]
    assert (shelf.reads, (await find("account_2")).candles) == (1, {})
    shelf.newest, clock.at = version(2), 1.1

    assert await number(find) == 2


async def test_what_is_asked_for_all_the_time_is_read_ahead_of_time() -> None:
    shelf, clock = Shelf(), Clock()
    find = FindOwn(shelf, clock)
    await number(find)
    shelf.newest, clock.at = version(2), 0.6
    shelf.open.clear()

    assert await number(find) == 1
    shelf.open.set()

    async def newer() -> bool:
        return await number(find) == 2

    await until(newer, what="the version that is read beside what is asked")
    assert shelf.reads == 2


async def test_this_gateways_own_change_is_seen_at_once_and_a_reading_from_before_it_is_not_kept() -> None:
    shelf, clock = Shelf(), Clock()
    find = FindOwn(shelf, clock)
    shelf.open.clear()
    before = asyncio.create_task(number(find))

    async def reading() -> bool:
        return shelf.reads == 1

    await until(reading, what="the store is read")
    shelf.newest = version(2)
    find.forget("account_1")
    shelf.open.set()

    assert await before == 1
    assert await number(find) == 2


async def test_while_the_store_is_away_what_was_last_known_is_used_for_a_minute() -> None:
    shelf, clock = Shelf(), Clock()
    find = FindOwn(shelf, clock)
    await number(find)
    shelf.is_away, clock.at = True, 59.0

    assert await number(find) == 1
    with pytest.raises(UnavailableError):
        await find("account_2")
    with pytest.raises(UnavailableError):
        await find.newest("account_1")
    clock.at = 61.0
    with pytest.raises(UnavailableError):
        await number(find)
