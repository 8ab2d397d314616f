"""Model Builder's keys: make, list, revoke."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from modelbourse.answers.builder.keys import BuilderKeyRevoked, BuilderListedKey, BuilderNewKey
from modelbourse.answers.builder.said import BuilderPage
from modelbourse.asking import given, path_to, strings_of
from modelbourse.builder.asking import ask_builder, get_part
from modelbourse.gateway import Gateway
from modelbourse.steps import Steps

KEYS: Final = "/auth"


def generate_key(
    gateway: Gateway,
    name: str,
    permissions: str | Iterable[str] = ("train", "export", "register"),
    *,
    expires_at: dt.datetime | str | None = None,
) -> Steps[BuilderNewKey]:
    """Make a key; the answer has its secret, which is shown this once. It takes a login. Raise InvalidRequestError."""
    ends = expires_at.isoformat() if isinstance(expires_at, dt.datetime) else expires_at
    body = {"name": name, "permissions": strings_of("permissions", permissions)} | given(expires_at=ends)
    return ask_builder(gateway, BuilderNewKey, "POST", f"{KEYS}/generate-key", body=body)


def list_keys(gateway: Gateway, *, limit: int = 20, offset: int = 0) -> Steps[BuilderPage[BuilderListedKey]]:
    """Return a part of your keys, the oldest first, without their secrets."""
    return get_part(gateway, BuilderListedKey, f"{KEYS}/keys", limit=limit, offset=offset)


def revoke_key(gateway: Gateway, key_id: str) -> Steps[BuilderKeyRevoked]:
    """End a key, within seconds everywhere; raise NotFoundError."""
    return ask_builder(gateway, BuilderKeyRevoked, "DELETE", path_to(f"{KEYS}/keys/", key_id, then=""))
