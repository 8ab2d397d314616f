"""Accounts that stories begin with: kept as registering and logging in keep them, without their hashes, which take longer than most stories."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from services.gateway.accounts import Stores
from services.gateway.domain.accounts.account import Account, Role, Tier
from services.gateway.domain.accounts.credentials import REFRESH, Claims, Session, hash_of, new_secret
from services.gateway.outbound.accounts.tokens_jwt import TokensJwt


@dataclass(frozen=True, repr=False)
class LoggedIn:
    """An account with its first session's tokens."""

    account_id: str
    access_token: str
    refresh_token: str


async def logged_in(
    stores: Stores,
    username: str,
    *,
    keys: Sequence[tuple[str, str]],
    role: Role = Role.USER,
    tier: Tier,
    password_hash: str = "",
    for_: timedelta = timedelta(hours=1),
    session_for: timedelta = timedelta(hours=1),
) -> LoggedIn:
    """Return somebody new, whose token holds `for_` and whose session holds `session_for`; without a hash no password is theirs."""
    secret, at = new_secret(REFRESH), now()
    email = f"{username}@example.com"
    account = Account(new_id("account"), username, email, password_hash=password_hash, role=role, tier=tier, created_at=at)
    session = Session(new_id("session"), account.id, hash_of(secret), at, at + session_for)
    await stores.accounts.add(account)
    await stores.sessions.add(session)
    token = TokensJwt(keys).sign(Claims(account.id, session.id, account.epoch, at + for_))
    return LoggedIn(account.id, token, secret)
