"""Who one is at a gateway, and any other path of it."""

from typing import Any, Final

from libs.client.answers import Answer
from libs.client.asking import ask_for
from libs.client.errors import UnreadableAnswerError
from libs.client.gateway import Gateway
from libs.client.keys import ApiKey
from libs.client.steps import Steps
from libs.contracts.envelope import Moment

ME: Final = "/auth/me"
PASSWORD: Final = "/auth/password"  # noqa: S105  # a path, no secret


class Account(Answer):
    """An account, without its secrets."""

    id: str
    username: str
    email: str
    role: str
    tier: str
    created_at: Moment


class PasswordChanged(Answer):
    """What has ended with the old password, and the API keys that are still good."""

    message: str
    revoked_api_keys: int
    valid_api_keys: list[ApiKey]


def get_me(gateway: Gateway) -> Steps[Account]:
    """Return the account of the credential."""
    return ask_for(gateway, Account, "GET", ME)


def change_password(gateway: Gateway, current: str, new: str, *, revoke_api_keys: bool = False) -> Steps[PasswordChanged]:
    """Change the password. Every other log-in ends; this one goes on, and API keys do unless `revoke_api_keys`.

    Raise InvalidRequestError when the present password is wrong or the new one will not do.
    """
    body = {"current_password": current, "new_password": new, "revoke_api_keys": revoke_api_keys}
    changed = yield from ask_for(gateway, PasswordChanged, "POST", PASSWORD, body=body)
    return changed


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
