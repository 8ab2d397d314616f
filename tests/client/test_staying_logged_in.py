"""A login lasts: its token is renewed when it has ended, once, whoever asks at the same time."""

import stat
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from modelbourse import AuthenticationError, InvalidRequestError, Modelbourse
from tests.client.command import Command
from tests.client.people import Person
from tests.waiting import until

pytestmark = pytest.mark.journey


async def ended(url: str, token: str) -> None:
    """Wait until an access token has ended."""
    async with httpx.AsyncClient(base_url=url) as http:

        async def refused() -> bool:
            return (await http.get("/auth/me", headers={"Authorization": f"Bearer {token}"})).status_code == 401

        await until(refused, what="the token's end")


def test_a_wrong_password_is_told_in_the_gateways_words(newcomer: Person) -> None:
    with pytest.raises((AuthenticationError, InvalidRequestError), match="password is wrong"):
        Modelbourse.login(newcomer.username, "not mine", url=newcomer.url)


async def test_many_threads_renew_one_token_once(newcomer: Person) -> None:
    with newcomer.client() as client:
        old = client.kept()
        await ended(newcomer.url, old.token)

        with ThreadPoolExecutor(8) as threads:
            names = list(threads.map(lambda _: client.me().username, range(16)))

        assert set(names) == {newcomer.username}
        assert client.kept().token != old.token
        await ended(newcomer.url, client.kept().token)
        assert client.me().username == newcomer.username


async def test_what_the_command_keeps_is_the_owners_alone_and_is_renewed_by_any_of_many(types: Command, newcomer: Person) -> None:
    kept = types.session
    file = types.home / "modelbourse" / "session.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await ended(newcomer.url, kept["token"])

    started = [types.start("whoami", "--json") for _ in range(5)]
    told = [process.communicate() for process in started]

    assert [process.returncode for process in started] == [0] * 5, told
    assert all(newcomer.username in out for out, _ in told)
    assert types.session["token"] != kept["token"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_token_that_another_process_got_and_that_has_ended_since_is_renewed_too(
    types: Command, newcomer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given somebody who goes on for long, and a command that has renewed their login meanwhile
    monkeypatch.setenv("XDG_CONFIG_HOME", str(types.home))
    with Modelbourse(newcomer.url) as client:
        await ended(newcomer.url, types.session["token"])
        assert types("whoami").status == 0
        await ended(newcomer.url, types.session["token"])

        # when, then
        assert client.me().username == newcomer.username


async def test_a_login_that_was_ended_elsewhere_says_to_log_in_again(types: Command, newcomer: Person) -> None:
    kept = types.session
    Modelbourse(newcomer.url, kept["token"]).call("POST", "/auth/logout", body={"refresh_token": kept["refresh_token"]})
    await ended(newcomer.url, kept["token"])

    done = types("models", "list")

    assert done.status == 1
    assert "modelbourse login" in done.err


def test_logging_out_ends_the_login_and_forgets_it(types: Command, newcomer: Person) -> None:
    kept = types.session

    done = types("logout")

    assert done.status == 0, done.err
    form = {"grant_type": "refresh_token", "refresh_token": kept["refresh_token"]}
    assert httpx.post(f"{newcomer.url}/auth/token", data=form).is_error
    assert "modelbourse login" in types("whoami").err
    assert types("logout").out == "there is no login\n"


def test_a_login_is_shown_to_no_other_gateway(types: Command) -> None:
    done = types("whoami", MODELBOURSE_URL="http://127.0.0.1:9")

    assert done.status == 1
    assert "log in first" in done.err


def test_the_environments_token_comes_before_the_login(types: Command, ada: Person) -> None:
    with ada.client() as client:
        key = client.call("POST", "/auth/api-keys", body={"name": "for the command", "scopes": ["read"]})["key"]

    assert types("whoami", "--json", MODELBOURSE_TOKEN=key).json["username"] == ada.username
