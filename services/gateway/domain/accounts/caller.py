"""The caller of a request: an account, and what its credential allows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.gateway.domain.accounts.account import Role, Tier


class Scope(StrEnum):
    """What a credential is good for. A password's token has all that the role allows; an API key has those it was made with."""

    READ = "read"
    WRITE = "write"
    TRAIN = "train"
    PREDICT = "predict"
    EXPORT = "export"
    REGISTER = "register"
    ACCOUNT = "account"
    ADMIN = "admin"


# An API key can neither make further keys nor change the password: whoever finds one does not own the account.
KEY_SCOPES: Final = (Scope.READ, Scope.WRITE, Scope.TRAIN, Scope.PREDICT, Scope.EXPORT, Scope.REGISTER, Scope.ADMIN)
# What Model Builder calls the permissions of a key: what is done in its API, and what the other APIs have besides.
PERMISSIONS: Final = (Scope.TRAIN, Scope.EXPORT, Scope.REGISTER, Scope.READ, Scope.WRITE, Scope.PREDICT)
USER_SCOPES: Final = frozenset(set(Scope) - {Scope.ADMIN})


def scopes_of(role: Role) -> frozenset[Scope]:
    """Return all that an account of this role can do."""
    return USER_SCOPES | {Scope.ADMIN} if role is Role.ADMIN else USER_SCOPES


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request. `credential` names the session or API key, `expires_at` its end."""

    account_id: str
    username: str
    role: Role
    tier: Tier
    scopes: frozenset[Scope]
    credential: str
    expires_at: datetime | None = None


# Who comes without a credential where a public API's document lets them in: all of them are one account of the lowest tier.
STRANGER: Final = Caller("anonymous", "anonymous", Role.USER, Tier.FREE, frozenset({Scope.READ, Scope.TRAIN}), credential="none")
