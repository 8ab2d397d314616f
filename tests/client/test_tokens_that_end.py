"""A token that ended before it was used is renewed again; one that is refused though it cannot have ended is not."""

from typing import Any

import httpx
import pytest

from modelbourse.errors import AuthenticationError
from modelbourse.gateway import Credential, Gateway, Retries
from modelbourse.steps import Send, Steps


def answered(steps: Steps[httpx.Response], *, refused: int, life: dict[str, Any]) -> tuple[httpx.Response, int]:
    """Play a gateway that refuses so many tokens; return its answer, and how many tokens it has given."""
    given = 0
    sent = next(steps)
    while True:
        assert isinstance(sent, Send)
        if sent.path == "/auth/token":
            given += 1
            told = httpx.Response(200, json={"access_token": f"t{given}", "refresh_token": f"r{given}"} | life)
        elif given < refused:
            told = httpx.Response(401, json={"detail": "this token is not valid"})
        else:
            told = httpx.Response(200, json={"as": sent.headers["Authorization"]})
        told.request = httpx.Request(sent.method, f"http://gateway{sent.path}")
        try:
            sent = steps.send(told)
        except StopIteration as end:
            return end.value, given


def asked() -> Steps[httpx.Response]:
    """Ask by a token that has ended."""
    return Gateway("http://gateway", Credential("t0", refresh_token="r0"), Retries(), timeout=30).ask("GET", "/auth/me")


def test_a_token_that_may_have_ended_before_it_was_used_is_renewed_again() -> None:
    answer, given = answered(asked(), refused=3, life={"expires_in": 1})
    assert (answer.json(), given) == ({"as": "Bearer t3"}, 3)


@pytest.mark.parametrize("life", [{"expires_in": 1800}, {}], ids=["half-an-hour", "untold"])
def test_a_token_that_was_given_just_now_is_not_renewed_for_being_refused(life: dict[str, Any]) -> None:
    answer, given = answered(asked(), refused=1, life=life)
    assert (answer.json(), given) == ({"as": "Bearer t1"}, 1)
    with pytest.raises(AuthenticationError):
        answered(asked(), refused=2, life=life)


def test_one_that_refuses_every_token_is_not_asked_for_ever() -> None:
    with pytest.raises(AuthenticationError):
        answered(asked(), refused=1_000_000, life={"expires_in": 1})
