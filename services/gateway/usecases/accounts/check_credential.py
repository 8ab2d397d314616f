"""Find out who a bearer token or API key belongs to, and remember it for a moment."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from libs.chassis.errors import PlatformError, UnavailableError
from libs.chassis.single_flight import SingleFlight
from services.gateway.domain.accounts.account import Account, Role
from services.gateway.domain.accounts.caller import Caller, Scope, scopes_of
from services.gateway.domain.accounts.credentials import API_KEY, ApiKey, Claims, hash_of
from services.gateway.domain.accounts.ports import Accounts, ApiKeys, Sessions, Tokens
from services.gateway.domain.errors import AccountSuspendedError, AuthenticationError, NotFoundError

REMEMBERED_MOST: Final = 50_000
TOKEN_MOST: Final = 4096
# While the store is away, a credential that was good a short while ago still is: predictions go on.
GRACE_S: Final = 300.0
LOOK_WITHIN_S: Final = 2.0
LOOK_AGAIN_S: Final = 2.0


@dataclass(slots=True)
class _Known:
    """A checked credential: good without another look until `until`."""

    caller: Caller
    checked: float
    until: float


class CheckCredential:
    """Who is it? A change (logout, revoked key, new tier) is seen everywhere within `remember_s`, here at once."""

    def __init__(self, *, accounts: Accounts, sessions: Sessions, api_keys: ApiKeys, tokens: Tokens, remember_s: float = 15.0) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._api_keys = api_keys
        self._tokens = tokens
        self._remember_s = remember_s
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._looking = SingleFlight[Caller]()
        # Counts what was forgotten: what was read before that may be what it is no more.
        self._generation = 0

    def remembered(self, token: str) -> Caller | None:
        """Return the caller if the token was checked a moment ago; costs a look into a dictionary."""
        known = self._known.get(token)
        return known.caller if known is not None and time.time() < known.until else None

    async def __call__(self, token: str) -> Caller:
        """Check a token. Raise AuthenticationError, AccountSuspendedError, or UnavailableError when the store cannot tell."""
        if len(token) > TOKEN_MOST or not token.isascii():
            msg = "The token is not valid."
            raise AuthenticationError(msg)
        # Who comes after a change joins no look from before it.
        generation = self._generation
        return await self._looking((token, generation), partial(self._look_up, token, generation=generation))

    def forget(self, *, account_id: str | None = None, credential: str | None = None) -> None:
        """Forget what is remembered of an account or of one credential, so that a change shows at once in this process."""
        self._generation += 1
        callers = [(token, known.caller) for token, known in self._known.items()]
        for token, caller in callers:
            if account_id == caller.account_id or credential == caller.credential:
                del self._known[token]

    async def _look_up(self, token: str, *, generation: int) -> Caller:
        try:
            async with asyncio.timeout(LOOK_WITHIN_S):
                caller = await (self._by_api_key(token) if token.startswith(API_KEY) else self._by_access_token(token))
        except (UnavailableError, TimeoutError) as error:
            if stale := self._stale(token):
                return stale
            msg = "Credentials cannot be checked right now; try again in a moment."
            raise UnavailableError(msg) from error
        except PlatformError:
            self._known.pop(token, None)
            raise
        if generation != self._generation:
            return caller
        now = time.time()
        ends = caller.expires_at.timestamp() if caller.expires_at else float("inf")
        self._known[token] = _Known(caller, checked=now, until=min(now + self._remember_s, ends))
        self._known.move_to_end(token)
        if len(self._known) > REMEMBERED_MOST:
            self._known.popitem(last=False)
        return caller

    def _stale(self, token: str) -> Caller | None:
        known = self._known.get(token)
        now = time.time()
        if known is None or now > known.checked + GRACE_S:
            return None
        ends = known.caller.expires_at.timestamp() if known.caller.expires_at else float("inf")
        if now >= ends:
            return None
        # The next requests do not wait for the absent store again.
        known.until = min(now + LOOK_AGAIN_S, ends)
        return known.caller

    async def _by_access_token(self, token: str) -> Caller:
        claims: Claims = self._tokens.read(token)
        account = await self._account(claims.account_id, credential="token")
        session = await self._sessions.get(claims.session_id)
        if session is None or not session.lives(datetime.now(UTC)) or claims.epoch != account.epoch:
            msg = "The token was revoked; log in again."
            raise AuthenticationError(msg)
        return Caller(
            account_id=account.id,
            username=account.username,
            role=account.role,
            tier=account.tier,
            scopes=scopes_of(account.role),
            credential=session.id,
            expires_at=claims.expires_at,
        )

    async def _by_api_key(self, token: str) -> Caller:
        key: ApiKey | None = await self._api_keys.find(hash_of(token))
        now = datetime.now(UTC)
        if key is None or not key.lives(now):
            msg = "The API key is not known, expired or revoked."
            raise AuthenticationError(msg)
        account = await self._account(key.account_id, credential="API key")
        await self._api_keys.used(key.id, at=now)
        return Caller(
            account_id=account.id,
            username=account.username,
            role=account.role,
            tier=account.tier,
            # An admin's key loses its admin scope with the role.
            scopes=key.scopes if account.role is Role.ADMIN else key.scopes - {Scope.ADMIN},
            credential=key.id,
            expires_at=key.expires_at,
        )

    async def _account(self, account_id: str, *, credential: str) -> Account:
        try:
            account = await self._accounts.get(account_id)
        except NotFoundError as error:
            msg = f"The account of this {credential} is gone."
            raise AuthenticationError(msg) from error
        if account.suspended_at is not None:
            raise AccountSuspendedError
        if account.erased_at is not None:
            # A key that was made by a request that another gateway let in just before.
            msg = f"The account of this {credential} is gone."
            raise AuthenticationError(msg)
        return account
