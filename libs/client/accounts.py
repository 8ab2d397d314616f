"""Who one is at a gateway, and any other path of it."""

from typing import Any, Final

from libs.client.answers import Answer
from libs.client.asking import ask_for
from libs.client.errors import UnreadableAnswerError
from libs.client.gateway import Gateway
from libs.client.steps import Steps
from libs.contracts.envelope import Moment

ME: Final = "/auth/me"


class Account(Answer):
    """An account, without its secrets."""

    id: str
    username: str
    email: str
    role: str
    tier: str
    created_at: Moment


def get_me(gateway: Gateway) -> Steps[Account]:
    """Return the account of the credential."""
    return ask_for(gateway, Account, "GET", ME)


def call(
    gateway: Gateway,
    method: str,
    path: str,
    *,
    body: Any = None,
    params: dict[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Steps[Any]:
    """Send any request and return the answer's JSON, None when it has no body; for what has no method here.

    Raise UnreadableAnswerError for an answer that is no JSON.
    """
    answer = yield from gateway.ask(method, path, body=body, params=params, key=idempotency_key)
    try:
        return answer.json() if answer.content else None
    except ValueError as error:
        raise UnreadableAnswerError(method, path, "it is no JSON") from error
