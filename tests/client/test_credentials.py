"""Passwords, keys and devices from the command line, and what admins do to accounts there."""

import json
import stat
from pathlib import Path

import pytest

from tests.client.command import Command
from tests.client.people import Person
from tests.journeys.platform import Platform
from tests.journeys.test_cli import ADMIN, make_admin

pytestmark = pytest.mark.journey


def test_a_change_of_password_asks_about_keys_and_says_what_is_still_good(types: Command, newcomer: Person) -> None:
    kept = types("keys", "create", "nightly", "--json").json
    passwords = {"MODELBOURSE_PASSWORD": newcomer.password, "MODELBOURSE_NEW_PASSWORD": "four-calling-birds"}

    asked = types("password", stdin="n\n", **passwords)
    back = {"MODELBOURSE_PASSWORD": "four-calling-birds", "MODELBOURSE_NEW_PASSWORD": newcomer.password}
    told = types("password", "--revoke-keys", "--json", **back)

    assert (asked.status, "Revoke your API keys (1)" in asked.err, kept["id"] in asked.out) == (0, True, True), asked
    assert (told.status, told.json["revoked_api_keys"], told.json["valid_api_keys"]) == (0, 1, []), told.err
    assert types("whoami").status == 0  # this login goes on


def test_all_keys_are_revoked_at_once(types: Command) -> None:
    for name in ("nightly", "daily"):
        types("keys", "create", name)

    neither = types("keys", "revoke")
    gone = types("keys", "revoke", "--all")

    assert (neither.status, "--all" in neither.err) == (2, True)
    assert (gone.status, gone.out) == (0, "revoked 2 keys\n")
    assert types("keys", "list", "--json").json == []


def test_the_command_is_a_device_that_the_gateway_knows_again(types: Command, newcomer: Person) -> None:
    file = types.home / "modelbourse" / "devices.json"
    device = json.loads(file.read_text())

    types("logout")
    types.log_in(newcomer)

    assert device[types.url].startswith("mbd_")
    assert json.loads(file.read_text()) == device
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_admin_keeps_an_account_out_and_lets_it_in_again(platform: Platform, types: Command, newcomer: Person, tmp_path: Path) -> None:
    make_admin(platform)
    admin = Command(types.url, tmp_path / "admin").log_in(Person(types.url, ADMIN["USERNAME"], ADMIN["PASSWORD"]))
    account = types("whoami", "--json").json["id"]
    key = types("keys", "create", "nightly", "--json").json["key"]

    suspended = admin("accounts", "suspend", account)
    refused = types("models", "list", MODELBOURSE_TOKEN=key)
    listed = {row["id"]: row for row in admin("accounts", "list", "--role", "user", "--json").json["results"]}
    others = [admin("accounts", *words).status for words in (("resume", account), ("end-sessions", account), ("revoke-keys", account))]

    assert (suspended.status, suspended.out) == (0, f"{account} is suspended\n"), suspended.err
    assert (refused.status, "suspended" in refused.err) == (1, True)
    assert account not in listed or listed[account]["suspended_at"] is not None
    assert others == [0, 0, 0]
    assert types.log_in(newcomer)("whoami").status == 0
    assert types("accounts", "list").status == 1
