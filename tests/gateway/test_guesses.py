"""Stories of guessing: it gets slower and slower, locks nobody out who is known, and teaches nothing about emails."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.gateway.domain.accounts.sources import device_source
from services.gateway.domain.errors import TooManyAttemptsError
from services.gateway.outbound.accounts.guesses_redis import GuessesRedis
from tests.gateway.conftest import PASSWORD, Desk, OpenDesk, bearer, dead_redis, fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")
At = Callable[[Desk, str], Awaitable[httpx.AsyncClient]]
HOME, ELSEWHERE = "198.51.100.1", "203.0.113.7"


@pytest_asyncio.fixture(loop_scope="module")
async def at() -> AsyncIterator[At]:
    """Make clients that call from an address, each a device of its own."""
    async with AsyncExitStack() as stack:

        async def one(desk: Desk, address: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(desk.gateway.app, client=(address, 40_000))
            return await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://gateway"))

        yield one


async def log_in(client: httpx.AsyncClient, login: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/auth/token", data={"username": login, "password": password})


async def guess(client: httpx.AsyncClient, login: str, *, times: int) -> list[httpx.Response]:
    return [await log_in(client, login, f"guess-number-{number}") for number in range(times)]


async def test_a_stranger_locks_out_the_owner_nowhere(open_desk: OpenDesk, at: At, redis: dict[str, Any]) -> None:
    desk, name = await open_desk(free_guesses=2, **redis), fresh("ada")
    await desk.register(name)

    stranger = await at(desk, ELSEWHERE)
    guessed = [answer.status_code for answer in await guess(stranger, name, times=5)]

    assert guessed == [400, 400, 400, 429, 429]
    assert (await log_in(await at(desk, HOME), name)).status_code == 200


async def test_the_right_password_gets_in_after_wrong_ones_from_where_it_got_in_before(
    open_desk: OpenDesk, at: At, redis: dict[str, Any]
) -> None:
    desk, known, new = await open_desk(free_guesses=2, **redis), fresh("ada"), fresh("bob")
    client = await at(desk, HOME)
    await desk.register(known)
    await desk.register(new)
    await log_in(client, known)

    for name in (known, new):
        assert [answer.status_code for answer in await guess(client, name, times=4)] == [400, 400, 400, 429]

    assert (await log_in(client, known)).status_code == 200
    refused = await log_in(client, new)
    assert (refused.status_code, refused.json()["error"]) == (429, "slow_down")
    assert int(refused.headers["retry-after"]) >= 1


async def test_while_many_addresses_guess_a_known_device_gets_in_from_anywhere(open_desk: OpenDesk, at: At) -> None:
    desk, name = await open_desk(free_guesses=1, redis_url=dead_redis()), fresh("ada")
    await desk.register(name)
    laptop = await at(desk, HOME)
    await log_in(laptop, name)
    device = dict(laptop.cookies)

    for number in range(12):
        await guess(await at(desk, f"203.0.113.{number}"), name, times=1)

    travelling, borrowed = await at(desk, "192.0.2.1"), await at(desk, "192.0.2.2")
    travelling.cookies.update(device)
    assert (await log_in(borrowed, name)).status_code == 429
    assert (await log_in(travelling, name)).status_code == 200


@pytest.mark.parametrize("address", [HOME, ELSEWHERE], ids=["where it has logged in", "where nobody has"])
async def test_no_answer_tells_which_names_and_emails_there_are_or_belong_together(open_desk: OpenDesk, at: At, address: str) -> None:
    desk, name, nobody = await open_desk(free_guesses=1, redis_url=dead_redis()), fresh("ada"), fresh("nobody")
    await desk.register(name)
    await log_in(await at(desk, HOME), name)
    client = await at(desk, address)

    told = [
        [(answer.status_code, answer.text) for answer in await guess(client, login, times=3)]
        for login in (name, f"{name}@example.com", nobody, f"{nobody}@example.com")
    ]

    assert told == [told[0]] * 4


async def test_those_who_come_too_early_wait_in_turn_and_not_too_many(open_desk: OpenDesk, redis: dict[str, Any]) -> None:
    desk, login = await open_desk(**redis), fresh("ada")
    guesses = GuessesRedis(desk.chassis.redis, key=desk.settings.key, free=1, pause_s=30, wait_s=60)

    early = [await guesses.attempt(login, address=HOME) for _ in range(6)][2:]
    with pytest.raises(TooManyAttemptsError):
        await guesses.attempt(login, address=HOME)
    known = await guesses.attempt(login, address=HOME, queue=device_source("mbd_a-laptop"))

    assert [attempt.held_s for attempt in early] == [30, 60, 90, 120]
    assert all(attempt.early_s >= 1 for attempt in early)
    assert known.held_s == 30


async def test_a_device_cookie_is_the_gateways_own_and_unseen_by_scripts(open_desk: OpenDesk, at: At) -> None:
    desk, name = await open_desk(public_url="https://api.example"), fresh("ada")
    await desk.register(name)
    client = await at(desk, HOME)

    planted = await client.post(
        "/auth/token", data={"username": name, "password": PASSWORD}, headers={"cookie": "modelbourse_device=mbd_planted"}
    )
    cookie = planted.headers["set-cookie"]

    assert "mbd_planted" not in cookie
    assert all(part in cookie.lower() for part in ("httponly", "secure", "samesite=strict", "path=/auth", "max-age=2592000"))


async def test_nobody_outside_keeps_an_owner_from_changing_the_password(open_desk: OpenDesk) -> None:
    desk, name = await open_desk(free_guesses=1), fresh("ada")
    headers = bearer(await desk.user(name))
    await guess(desk.client, name, times=3)

    body = {"current_password": PASSWORD, "new_password": "four-calling-birds"}
    changed = await desk.client.post("/auth/password", headers=headers, json=body)

    assert changed.status_code == 200


async def test_a_new_password_forgets_where_others_have_logged_in(open_desk: OpenDesk, at: At) -> None:
    desk, name = await open_desk(free_guesses=1, redis_url=dead_redis()), fresh("ada")
    headers = bearer(await desk.user(name))
    thief = await at(desk, ELSEWHERE)
    await log_in(thief, name)

    body = {"current_password": PASSWORD, "new_password": "four-calling-birds"}
    await desk.client.post("/auth/password", headers=headers, json=body)
    await guess(thief, name, times=3)

    assert (await log_in(thief, name, "four-calling-birds")).status_code == 429
