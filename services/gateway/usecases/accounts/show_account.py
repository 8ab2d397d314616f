"""Show an account to operators: what it logs in with, and what it has under way."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.domain.accounts.account import Account
from services.gateway.domain.accounts.credentials import ApiKey
from services.gateway.domain.accounts.ports import Accounts, ApiKeys, Sessions
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.ports import Clock


@dataclass(frozen=True, slots=True)
class AccountShown:
    """An account, how many log-ins of it are good, how many jobs of it wait or run, and its API keys."""

    account: Account
    sessions: int
    jobs: int
    api_keys: Sequence[ApiKey]


@dataclass(frozen=True, slots=True)
class ShowAccount:
    """Reads alone."""

    accounts: Accounts
    sessions: Sessions
    api_keys: ApiKeys
    jobs: Jobs
    clock: Clock

    async def __call__(self, account_id: str) -> AccountShown:
        """Raise NotFoundError or UnavailableError."""
        account, sessions, slots, keys = await asyncio.gather(
            self.accounts.get(account_id),
            self.sessions.alive(account_id, at=self.clock()),
            self.jobs.slots(account_id),
            self.api_keys.of(account_id),
        )
        return AccountShown(account, sessions, len(slots), keys)
