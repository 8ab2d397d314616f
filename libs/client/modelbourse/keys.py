"""API keys, for programs: list, create, revoke. It takes a login: a key can neither make nor end one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from modelbourse.answers.keys import KeysRevoked, ListedApiKey, NewApiKey
from modelbourse.asking import ask_for, given, path_to
from modelbourse.gateway import Gateway
from modelbourse.steps import Steps

KEYS: Final = "/auth/api-keys"
KeyScope = Literal["read", "write", "train", "predict", "export", "register", "admin"]


def list_keys(gateway: Gateway) -> Steps[list[ListedApiKey]]:
    """Return all your API keys."""
    return ask_for(gateway, list[ListedApiKey], "GET", KEYS)


def create_key(
    gateway: Gateway, name: str, *, scopes: Sequence[KeyScope] | None = None, expires_at: datetime | str | None = None
) -> Steps[NewApiKey]:
    """Make an API key, to read and predict with unless `scopes` says otherwise. The answer has its secret, which is shown this once.

    `expires_at` is a moment with its offset from UTC. Raise InvalidRequestError, or PermissionDeniedError when the tier has no more.
    """
    end = expires_at.isoformat() if isinstance(expires_at, datetime) else expires_at
    body = given(name=name, scopes=None if scopes is None else list(scopes), expires_at=end)
    return ask_for(gateway, NewApiKey, "POST", KEYS, body=body)


def revoke_all_keys(gateway: Gateway) -> Steps[int]:
    """End all your API keys, within seconds everywhere; return how many there were."""
    answer = yield from ask_for(gateway, KeysRevoked, "DELETE", KEYS)
    return answer.revoked_api_keys


def revoke_key(gateway: Gateway, key_id: str) -> Steps[None]:
    """End an API key, within seconds everywhere; raise NotFoundError."""
    yield from gateway.ask("DELETE", path_to(f"{KEYS}/", key_id, then=""))
