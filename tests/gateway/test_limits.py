"""Stories of limits: requests an hour by tier, and guesses that take longer and longer."""

import time
from typing import Any

import pytest

from tests.gateway.conftest import PASSWORD, Desk, OpenDesk, bearer, dead_redis, fresh
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
MODELS = "/api/ai-studio/models/"
FEW = {"ai_studio": {"free": 2, "pro": 4}}


async def test_a_tiers_limit_is_told_on_every_answer_and_enforced(open_desk: OpenDesk, redis: dict[str, Any]) -> None:
    desk = await open_desk(rate_limits=FEW, new_account_tier="free", **redis)
    headers = bearer(await desk.user())

    answers = [await desk.client.get(MODELS, headers=headers) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-limit"] for answer in answers] == ["2"] * 3
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert all(time.time() < int(answer.headers["x-ratelimit-reset"]) <= time.time() + 3601 for answer in answers)
    assert 0 < int(answers[2].headers["retry-after"]) <= 3600
    assert answers[2].json()["error"]["code"] == "RATE_LIMIT_EXCEEDED"


async def test_a_new_tier_brings_its_limit(open_desk: OpenDesk) -> None:
    desk = await open_desk(rate_limits=FEW, new_account_tier="free")
    headers, admin = bearer(await desk.user()), await desk.admin()
    account = (await desk.client.get("/auth/me", headers=headers)).json()["id"]
    for _ in range(3):
        last = await desk.client.get(MODELS, headers=headers)
    assert last.status_code == 429

    await desk.client.patch(f"/admin/accounts/{account}", headers=admin, json={"tier": "pro"})

    answers = [await desk.client.get(MODELS, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


async def test_the_limit_is_each_accounts_own_and_shared_by_gateways(open_desk: OpenDesk) -> None:
    one, other = await open_desk(rate_limits=FEW, new_account_tier="free"), await open_desk(rate_limits=FEW, new_account_tier="free")
    mine, theirs = bearer(await one.user()), bearer(await one.user())
    for _ in range(2):
        await one.client.get(MODELS, headers=mine)

    async def shared() -> bool:
        return (await other.client.get(MODELS, headers=mine)).status_code == 429

    await until(shared)
    assert (await other.client.get(MODELS, headers=theirs)).status_code == 200


async def test_callers_without_a_credential_are_counted_by_address(open_desk: OpenDesk) -> None:
    desk = await open_desk(rate_limits={"ai_studio": {"anonymous": 1}, "auth": {"anonymous": 1}}, redis_url=dead_redis())

    studio = [await desk.client.get(MODELS) for _ in range(2)]
    tokens = [await desk.client.post("/auth/token", data={}) for _ in range(2)]

    assert [answer.status_code for answer in studio] == [401, 429]
    assert [answer.status_code for answer in tokens] == [400, 429]
    assert tokens[1].json()["error"] == "slow_down"


async def test_a_credential_is_no_way_around_the_limit_of_an_address(open_desk: OpenDesk) -> None:
    desk = await open_desk(rate_limits={"auth": {"anonymous": 4}}, redis_url=dead_redis())
    headers = bearer(await desk.user(fresh("ada")))  # registers and logs in: two of the four

    answers = [await desk.client.post("/auth/register", headers=headers, json={}) for _ in range(3)]
    studio = await desk.client.get(MODELS, headers=headers)

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert [answer.headers["x-ratelimit-limit"] for answer in answers] == ["4"] * 3
    assert studio.status_code == 200


async def test_wrong_passwords_make_the_next_attempt_wait(open_desk: OpenDesk, redis: dict[str, Any]) -> None:
    desk = await open_desk(free_guesses=2, **redis)
    name, other = fresh("ada"), fresh("bob")
    await desk.register(name)
    await desk.register(other)

    answers = [await desk.log_in(name, f"guess-number-{number}") for number in range(4)]
    right = await desk.log_in(name, PASSWORD)

    assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
    assert answers[3].json()["error"] == "slow_down"
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) >= 1
    assert (await desk.log_in(other)).status_code == 200


async def test_guesses_count_for_a_name_or_email_whatever_its_case(open_desk: OpenDesk) -> None:
    desk = await open_desk(free_guesses=1, redis_url=dead_redis())
    name = fresh("ada")
    await desk.register(name)

    answers = [
        [(await desk.log_in(spelt, "some-guess")).status_code for spelt in (login, login.upper(), login.title())]
        for login in (name, f"{name}@example.com")
    ]

    assert answers == [[400, 400, 429]] * 2


async def test_a_name_that_nobody_has_waits_as_well(open_desk: OpenDesk) -> None:
    desk = await open_desk(free_guesses=1)
    name = fresh("nobody")

    answers = [await desk.log_in(name, "some-guess") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]


async def test_a_wait_ends_and_a_login_forgets_it(open_desk: OpenDesk) -> None:
    desk = await open_desk(free_guesses=1, guess_wait=1.0)
    name = fresh("ada")
    await desk.register(name)
    for _ in range(3):
        await desk.log_in(name, "some-guess")

    async def let_in() -> bool:
        return (await desk.log_in(name)).status_code == 200

    await until(let_in)
    assert (await desk.log_in(name, "some-guess")).status_code == 400


async def test_many_guesses_from_one_address_wait_whoever_they_are_for(open_desk: OpenDesk) -> None:
    desk = await open_desk(free_guesses=1, redis_url=dead_redis())

    answers = [await desk.log_in(fresh("ada"), "some-guess") for _ in range(12)]

    assert [answer.status_code for answer in answers] == [400] * 11 + [429]


async def test_a_guess_at_the_password_from_within_waits_as_well(open_desk: OpenDesk) -> None:
    desk: Desk = await open_desk(free_guesses=1)
    headers = bearer(await desk.user())

    body = {"current_password": "some-guess", "new_password": "four-calling-birds"}
    answers = [await desk.client.post("/auth/password", headers=headers, json=body) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
