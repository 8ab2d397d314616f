"""Stories of new accounts: what names and passwords will not do, what is said of emails, and how many an address may make."""

import asyncio
from typing import Any

import httpx
import pytest

from libs.contracts.envelope import now
from services.gateway.domain.accounts.sources import network_of
from services.gateway.outbound.accounts.accounts_mongo import AccountsMongo
from services.gateway.outbound.accounts.passwords_argon2 import PasswordsArgon2
from services.gateway.usecases.accounts.make_admin import MakeAdmin
from services.gateway.usecases.accounts.register import Register
from tests.gateway.conftest import PASSWORD, Desk, OpenDesk, bearer, fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"password": "password123"}, "password", "commonest"),
        ({"password": "IloveYou"}, "password", "commonest"),
        ({"password": " 1234567890 "}, "password", "commonest"),
        ({"username": "grace.hopper", "password": "Grace.Hopper"}, "password", "not the username"),
        ({"email": "grace.hopper@example.com", "password": "Grace.Hopper@example.com"}, "password", "not the email"),
        ({"email": "grace.hopper@example.com", "password": "grace.hopper"}, "password", "not the email"),
        ({"username": "admin"}, "username", "reserved"),
        ({"username": "Ad.Min"}, "username", "reserved"),
        ({"username": "ROOT"}, "username", "reserved"),
        ({"username": "support"}, "username", "reserved"),
        ({"username": "modelbourse"}, "username", "reserved"),
        ({"username": "Model-Bourse_help"}, "username", "reserved"),
        ({"username": "a\u200bda"}, "username", "letters"),
        ({"email": "a\u202eda@example.com"}, "email", "not an email"),
    ],
)
async def test_what_anybody_would_guess_or_take_for_somebody_else_is_refused(
    desk: Desk, fields: dict[str, str], field: str, says: str
) -> None:
    refused = await desk.register(**({"username": fresh("eve")} | fields))

    assert refused.status_code == 400
    assert says in " ".join(refused.json()["error"]["details"][field])


async def test_whoever_runs_the_platform_may_call_an_admin_so(desk: Desk) -> None:
    accounts = desk.gateway.stores.accounts
    register = Register(accounts, PasswordsArgon2(at_once=1), now, desk.settings.new_account_tier)

    admin = await MakeAdmin(accounts, register)(username="admin", email="admin@example.com", password=PASSWORD)

    assert (await desk.log_in(admin.username)).status_code == 200


async def test_registering_does_not_tell_whether_an_email_is_somebodys(desk: Desk) -> None:
    first, second = fresh("ada"), fresh("eve")
    email, others = f"{first}@example.com", "four-calling-birds"

    made = await desk.register(first, email=email)
    again = await desk.register(second, email=email.upper(), password=others)

    assert made.status_code == again.status_code == 201
    assert made.json().keys() == again.json().keys()
    for password, name in ((PASSWORD, first), (others, second)):
        tokens = (await desk.log_in(email, password)).json()
        assert (await desk.client.get("/auth/me", headers=bearer(tokens))).json()["username"] == name
    assert (await desk.log_in(email, "three-french-hens")).status_code == 400


async def test_of_two_with_one_email_and_one_password_the_first_is_meant(desk: Desk) -> None:
    first, second = fresh("ada"), fresh("eve")
    for name in (first, second):
        await desk.register(name, email=f"{first}@example.com")

    by_email = (await desk.log_in(f"{first}@example.com")).json()
    by_name = (await desk.log_in(second)).json()

    names = [(await desk.client.get("/auth/me", headers=bearer(tokens))).json()["username"] for tokens in (by_email, by_name)]
    assert names == [first, second]


async def test_an_account_from_before_logs_in_by_email_once_it_has_logged_in_by_name(desk: Desk) -> None:
    name = fresh("ada")
    await desk.register(name)
    random_salt = await PasswordsArgon2(at_once=1).hash(PASSWORD, email="another@example.com")
    await desk.chassis.database["accounts"].update_one({"login": name}, {"$set": {"password_hash": random_salt}})

    answers = [(await desk.log_in(login)).status_code for login in (f"{name}@example.com", name, f"{name}@example.com")]

    assert answers == [400, 200, 200]


async def test_gateways_that_start_at_once_forget_that_emails_were_unique(desk: Desk) -> None:
    collection = desk.chassis.database[fresh("accounts")]
    await collection.create_index("email_key", name="email_key", unique=True)

    await asyncio.gather(*(AccountsMongo(collection).prepare() for _ in range(3)))

    assert "email_key" not in await collection.index_information()


async def test_an_address_makes_so_many_accounts_an_hour(open_desk: OpenDesk) -> None:
    desk = await open_desk(registrations_per_hour=2)
    taken, address = fresh("ada"), {"client": ("2001:db8::1", 40_000)}
    await desk.register(taken)

    async def register(name: str, *, client: Any = address, **fields: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(desk.gateway.app, **client), base_url="http://gateway") as http:
            return await http.post("/auth/register", json={"username": name, "email": "a@example.com", "password": PASSWORD} | fields)

    for_nothing = [(await register(taken)).status_code, (await register(fresh("ada"), password="short")).status_code]
    answers = [await register(fresh("ada")) for _ in range(2)]
    neighbour = await register(fresh("ada"), client={"client": ("2001:db8::ffff", 40_000)})
    elsewhere = await register(fresh("ada"), client={"client": ("2001:db8:0:1::1", 40_000)})

    assert for_nothing == [409, 400]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert (neighbour.status_code, neighbour.json()["error"]["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert 0 < int(neighbour.headers["retry-after"]) <= 3600
    assert elsewhere.status_code == 201


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unknown", "unknown"),
    ],
)
async def test_an_ipv6_network_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network
