"""A crowd that asks the same thing runs it once."""

import asyncio

import pytest

from libs.chassis.single_flight import SingleFlight


class Shop:
    """Counts how often it is asked; answers when the door is open."""

    def __init__(self) -> None:
        self.asked = 0
        self.door = asyncio.Event()

    async def price(self) -> int:
        self.asked += 1
        await self.door.wait()
        if self.asked > 1:
            raise LookupError
        return 7


async def test_all_who_ask_at_once_share_one_answer_and_the_next_asks_anew() -> None:
    shop, flight = Shop(), SingleFlight[int]()
    crowd = [asyncio.create_task(flight("price", shop.price)) for _ in range(20)]
    shop.door.set()

    assert await asyncio.gather(*crowd) == [7] * 20
    assert shop.asked == 1
    with pytest.raises(LookupError):
        await flight("price", shop.price)


async def test_one_who_leaves_takes_the_answer_from_nobody() -> None:
    shop, flight = Shop(), SingleFlight[int]()
    first, second = (asyncio.create_task(flight("price", shop.price)) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()
    shop.door.set()

    assert await second == 7
    assert first.cancelled()


async def test_other_keys_do_not_wait() -> None:
    shop, other, flight = Shop(), Shop(), SingleFlight[int]()
    waiting = flight.begin("a", shop.price)
    other.door.set()

    assert await flight("b", other.price) == 7
    assert not waiting.done()
    waiting.cancel()


async def test_a_failure_that_nobody_waits_for_is_no_complaint() -> None:
    shop, flight = Shop(), SingleFlight[int]()
    shop.asked, complaints = 1, list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    shop.door.set()

    task = flight.begin("price", shop.price)
    await asyncio.wait([task])
    del task

    assert complaints == []
