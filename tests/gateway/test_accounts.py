"""Stories of accounts: register, log in, stay logged in, log out, change the password."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from libs.contracts.envelope import now
from services.gateway.domain.errors import InvalidGrantError
from services.gateway.outbound.accounts.guesses_redis import GuessesRedis
from services.gateway.outbound.accounts.passwords_argon2 import PasswordsArgon2
from services.gateway.outbound.accounts.tokens_jwt import TokensJwt
from services.gateway.usecases.accounts.log_in import LogIn
from tests.gateway.conftest import KEYS, PASSWORD, Desk, OpenDesk, bearer, fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")
SIGNING, OLD = (key.partition(":")[2] for key in KEYS.split(","))


async def test_whoever_registers_can_log_in_and_see_who_they_are(desk: Desk) -> None:
    made = await desk.register("Ada.Lovelace", email="Ada@Example.com")

    tokens = (await desk.log_in("ada.lovelace")).json()
    by_email = await desk.log_in("ADA@example.com")
    me = await desk.client.get("/auth/me", headers=bearer(tokens))

    assert made.status_code == 201
    assert {"username": "Ada.Lovelace", "email": "Ada@Example.com", "role": "user", "tier": "elite"}.items() <= made.json().items()
    assert datetime.fromisoformat(made.json()["created_at"]).tzinfo is not None
    assert "password" not in made.text
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 1800
    assert by_email.status_code == 200
    assert me.json() == made.json()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": "ab"}, "username"),
        ({"username": "with space"}, "username"),
        ({"username": "x" * 65}, "username"),
        ({"username": "-dash"}, "username"),
        ({"username": 5}, "username"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": f"{'x' * 300}@example.com"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "aaaaaaaaaaaa"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"username": "samesame1", "password": "SameSame1"}, "password"),
        ({"password": None}, "password"),
        ({"tier": "elite"}, "tier"),
        ({"role": "admin"}, "role"),
        ({f"name{number}": 1 for number in range(40_000)}, "body"),
    ],
)
async def test_a_registration_that_will_not_do_names_its_field(desk: Desk, fields: dict[str, Any], field: str) -> None:
    refused = await desk.register(**({"username": fresh("eve")} | fields))

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "VALIDATION_ERROR"
    assert field in refused.json()["error"]["details"]


async def test_names_are_unique_whatever_their_case(desk: Desk) -> None:
    name = fresh("ada")
    await desk.register(name)

    refused = await desk.register(name.upper(), email="b@example.com")

    assert refused.status_code == 409
    assert list(refused.json()["error"]["details"]) == ["username"]


async def test_of_many_that_register_one_name_at_once_one_gets_it(desk: Desk) -> None:
    name = fresh("ada")

    answers = await asyncio.gather(*(desk.register(name, email=f"{name}{number}@example.com") for number in range(8)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_a_wrong_name_and_a_wrong_password_look_the_same(desk: Desk) -> None:
    name = fresh("ada")
    await desk.register(name)

    wrong_name, wrong_password = await desk.log_in("nobody"), await desk.log_in(name, "three-blind-rats")

    assert wrong_name.status_code == wrong_password.status_code == 400
    assert wrong_name.json() == wrong_password.json()
    assert wrong_name.json()["error"] == "invalid_grant"
    assert wrong_name.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "mbr_nobody"}, "invalid_grant"),
        ({"grant_type": "password", "username": "a" * 1000, "password": "b"}, "invalid_request"),
    ],
)
async def test_the_token_endpoint_speaks_oauth2(desk: Desk, form: dict[str, str], error: str) -> None:
    refused = await desk.client.post("/auth/token", data=form)

    assert refused.status_code == 400
    assert refused.json()["error"] == error
    assert refused.json()["error_description"]


async def test_a_refresh_token_is_good_once_and_theft_ends_the_login(desk: Desk) -> None:
    first = await desk.user()

    second = (await desk.refresh(first["refresh_token"])).json()
    assert (await desk.client.get("/auth/me", headers=bearer(second))).status_code == 200
    stolen = await desk.refresh(first["refresh_token"])

    assert stolen.status_code == 400
    assert (await desk.refresh(second["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await desk.client.get("/auth/me", headers=bearer(second))).status_code == 401


async def test_of_two_that_bring_the_same_refresh_token_at_once_one_gets_on(desk: Desk) -> None:
    tokens = await desk.user()

    answers = await asyncio.gather(*(desk.refresh(tokens["refresh_token"]) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


@pytest.mark.parametrize("with_token", [True, False])
async def test_logging_out_ends_that_login_alone(desk: Desk, with_token: bool) -> None:
    name = fresh("ada")
    here, there = await desk.user(name), (await desk.log_in(name)).json()

    if with_token:
        left = await desk.client.post("/auth/logout", json={"refresh_token": here["refresh_token"]})
    else:
        left = await desk.client.post("/auth/logout", headers=bearer(here))

    assert left.status_code == 204
    assert (await desk.client.get("/auth/me", headers=bearer(here))).status_code == 401
    assert (await desk.refresh(here["refresh_token"])).status_code == 400
    assert (await desk.client.get("/auth/me", headers=bearer(there))).status_code == 200


async def test_logging_out_without_saying_who_is_refused(desk: Desk) -> None:
    assert (await desk.client.post("/auth/logout")).status_code == 401


async def test_a_new_password_ends_every_other_login(desk: Desk) -> None:
    name = fresh("ada")
    here, there = await desk.user(name), (await desk.log_in(name)).json()

    changed = await desk.client.post(
        "/auth/password", headers=bearer(here), json={"current_password": PASSWORD, "new_password": "four-calling-birds"}
    )

    assert changed.status_code == 200
    assert (await desk.client.get("/auth/me", headers=bearer(there))).status_code == 401
    assert (await desk.refresh(there["refresh_token"])).status_code == 400
    assert (await desk.log_in(name, password=PASSWORD)).status_code == 400
    assert (await desk.log_in(name, password="four-calling-birds")).status_code == 200


async def change_password(desk: Desk, tokens: dict[str, Any]) -> None:
    body = {"current_password": PASSWORD, "new_password": "four-calling-birds"}
    assert (await desk.client.post("/auth/password", headers=bearer(tokens), json=body)).status_code == 200


async def test_a_new_password_ends_every_access_token_and_this_login_gets_its_next_one(desk: Desk) -> None:
    here = await desk.user()

    await change_password(desk, here)
    before = await desk.client.get("/auth/me", headers=bearer(here))
    after = await desk.client.get("/auth/me", headers=bearer((await desk.refresh(here["refresh_token"])).json()))

    assert (before.status_code, after.status_code) == (401, 200)


class SlowPasswords(PasswordsArgon2):
    """Says what it has found only after something else has happened."""

    def __init__(self, meanwhile: Callable[[], Awaitable[None]]) -> None:
        super().__init__(at_once=1)
        self._meanwhile = meanwhile

    async def matches(self, password: str, *, hashed: str | None) -> bool:
        found = await super().matches(password, hashed=hashed)
        await self._meanwhile()
        return found


async def test_a_login_with_the_old_password_that_is_under_way_while_it_changes_comes_to_nothing(desk: Desk) -> None:
    name = fresh("ada")
    here, settings, stores = await desk.user(name), desk.settings, desk.gateway.stores
    log_in = LogIn(
        stores.accounts,
        stores.sessions,
        SlowPasswords(lambda: change_password(desk, here)),
        TokensJwt(settings.jwt_keys),
        GuessesRedis(
            desk.chassis.redis, key=settings.key, free=settings.free_guesses, pause_s=settings.guess_pause, wait_s=settings.guess_wait
        ),
        stores.known,
        now,
        settings.access_token_life,
        settings.refresh_token_life,
    )

    with pytest.raises(InvalidGrantError):
        await log_in.by_password(login=name, password=PASSWORD, address="127.0.0.1")

    account = await stores.accounts.find(name)
    living = await desk.chassis.database["sessions"].count_documents({"account_id": account.id, "revoked_at": None})
    assert living == 1  # the login that changed the password


@pytest.mark.parametrize(
    ("current", "new", "field"), [("wrong", "four-calling-birds", "current_password"), (PASSWORD, "short", "new_password")]
)
async def test_a_change_of_password_that_will_not_do_names_its_field(desk: Desk, current: str, new: str, field: str) -> None:
    tokens = await desk.user()

    refused = await desk.client.post("/auth/password", headers=bearer(tokens), json={"current_password": current, "new_password": new})

    assert refused.status_code == 400
    assert list(refused.json()["error"]["details"]) == [field]


def _claims(tokens: dict[str, Any]) -> dict[str, Any]:
    return jwt.decode(tokens["access_token"], options={"verify_signature": False})


def _signed(claims: dict[str, Any], **changed: Any) -> str:
    return jwt.encode({name: value for name, value in (claims | changed).items() if value is not None}, SIGNING, headers={"kid": "new"})


FORGERIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "expired": lambda claims: _signed(claims, exp=datetime.now(UTC) - timedelta(seconds=1)),
    "another key": lambda claims: jwt.encode(claims, "f" * 40, headers={"kid": "new"}),
    "unknown kid": lambda claims: jwt.encode(claims, SIGNING, headers={"kid": "nobody"}),
    "no kid": lambda claims: jwt.encode(claims, SIGNING),
    "no signature": lambda claims: jwt.encode(claims, None, algorithm="none", headers={"kid": "new"}),
    "another algorithm": lambda claims: jwt.encode(claims, SIGNING + "x" * 30, algorithm="HS512", headers={"kid": "new"}),
    "another audience": lambda claims: _signed(claims, aud="others"),
    "another issuer": lambda claims: _signed(claims, iss="others"),
    "no end": lambda claims: _signed(claims, exp=None),
    "another account": lambda claims: _signed(claims, sub="account_00000000000000000000000000"),
    "another session": lambda claims: _signed(claims, sid="session_00000000000000000000000000"),
    "another epoch": lambda claims: _signed(claims, epoch=7),
    "an epoch that is no number": lambda claims: _signed(claims, epoch="x"),
    "rubbish": lambda _: "rubbish",
    "three parts of rubbish": lambda _: "a.b.c",
    "an API key that nobody has": lambda _: "mbk_nobody",
    "an endless token": lambda _: "x" * 5000,
}


@pytest.mark.parametrize("kind", FORGERIES)
async def test_a_token_that_is_not_good_is_refused(desk: Desk, kind: str) -> None:
    claims = _claims(await desk.user())

    refused = await desk.client.get("/auth/me", headers=bearer(FORGERIES[kind](claims)))

    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "AUTHENTICATION_ERROR"
    assert refused.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_of_the_key_before_is_still_good(desk: Desk) -> None:
    claims = _claims(await desk.user())

    me = await desk.client.get("/auth/me", headers=bearer(jwt.encode(claims, OLD, headers={"kid": "old"})))

    assert me.status_code == 200


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Token x", ""])
async def test_another_scheme_is_refused_with_what_to_send(desk: Desk, header: str) -> None:
    refused = await desk.client.get("/auth/me", headers={"authorization": header})

    assert refused.status_code == 401
    assert "Bearer" in refused.json()["error"]["message"]


async def test_a_logout_is_seen_by_another_gateway_when_its_memory_ends(open_desk: OpenDesk) -> None:
    here, there = await open_desk(), await open_desk()
    tokens = await here.user()
    assert (await there.client.get("/auth/me", headers=bearer(tokens))).status_code == 200

    await here.client.post("/auth/logout", headers=bearer(tokens))

    assert (await there.client.get("/auth/me", headers=bearer(tokens))).status_code == 401
