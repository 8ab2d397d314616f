"""Who one is at a gateway, and any other path of it."""

from typing import Any, Final

from modelbourse.answers.accounts import Account, PasswordChanged
from modelbourse.asking import ask_for
from modelbourse.errors import UnreadableAnswerError
from modelbourse.gateway import Gateway
from modelbourse.steps import Steps

ME: Final = "/auth/me"
PASSWORD: Final = "/auth/password"  # noqa: S105  # a path, no secret


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
