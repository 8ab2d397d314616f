"""Make an API key; its secret is returned once and stored as a hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.chassis.errors import InvalidError
from libs.contracts.ids import new_id
from libs.contracts.names import did_you_mean
from services.gateway.domain.accounts.account import Role
from services.gateway.domain.accounts.caller import KEY_SCOPES, Caller, Scope
from services.gateway.domain.accounts.credentials import API_KEY, SHOWN, ApiKey, hash_of, new_secret
from services.gateway.domain.accounts.ports import ApiKeys
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.visible_text import text_problem


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedKey:
    """A key as a request wants it: its scopes are `among` these, and the request has them as `field`."""

    name: str
    scopes: Sequence[str]
    expires_at: datetime | None
    among: Sequence[Scope] = KEY_SCOPES
    field: str = "scopes"

    def check(self, role: Role, *, at: datetime) -> None:
        """Raise InvalidError with all problems by field."""
        allowed = [scope.value for scope in self.among if scope is not Scope.ADMIN or role is Role.ADMIN]
        problems: dict[str, list[str]] = {}
        if problem := text_problem(self.name):
            problems["name"] = [problem]
        if unknown := [scope for scope in self.scopes if scope not in allowed]:
            words = ", ".join(allowed)
            problems[self.field] = [f"'{scope[:40]}' is not one of {words}.{did_you_mean(scope, allowed)}" for scope in unknown]
        elif not self.scopes:
            problems[self.field] = [f"Must have at least one of {', '.join(allowed)}."]
        if self.expires_at is not None and self.expires_at <= at:
            problems["expires_at"] = ["Must be in the future."]
        if problems:
            msg = f"The API key cannot be made: see {', '.join(problems)}."
            raise InvalidError(msg, details=problems)


@dataclass(frozen=True, slots=True)
class MakeApiKey:
    """A key can do no more than its owner, whose tier limits how many there are."""

    api_keys: ApiKeys
    limits: TierLimits
    clock: Clock

    async def __call__(self, caller: Caller, wanted: WantedKey) -> tuple[ApiKey, str]:
        """Return the key and its secret.

        Raise InvalidError with all problems by field, SubscriptionRequiredError or LimitReachedError.
        """
        at = self.clock()
        wanted.check(caller.role, at=at)
        secret = new_secret(API_KEY)
        kept = frozenset(Scope(scope) for scope in wanted.scopes)
        name, shown = wanted.name.strip(), secret[:SHOWN]
        key = ApiKey(new_id("key"), caller.account_id, name, shown, hash_of(secret), kept, at, wanted.expires_at)
        if not await self.api_keys.add(key, most=self.limits.most(Limit.API_KEYS, caller.tier)):
            raise self.limits.refusal(Limit.API_KEYS, tier=caller.tier)
        return key, secret
