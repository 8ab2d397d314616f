"""Suspend an account, and let it go on: for admins."""

import asyncio
from dataclasses import dataclass, replace
from typing import Protocol

from services.gateway.domain.accounts.account import Account, Role
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.erasure import check_lasting
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.errors import LastAdminError, OwnAccountError
from services.gateway.domain.models.ports import Clock
from services.gateway.usecases.accounts.change_account import EndSessions
from services.gateway.usecases.accounts.check_credential import CheckCredential


class Holding(Protocol):
    """Something of an account that does not go on while it is suspended."""

    async def __call__(self, account_id: str) -> None:
        """Stop it; the second time changes nothing."""


@dataclass(frozen=True, slots=True)
class SuspendAccount:
    """The account first: from then on nothing of it is let in. What is stopped after that may be cut off; asked again, it is finished."""

    accounts: Accounts
    end_sessions: EndSessions
    check_credential: CheckCredential
    holdings: tuple[Holding, ...]
    clock: Clock

    async def __call__(self, account_id: str, *, by: Caller) -> Account:
        """Return the suspended account. Raise NotFoundError, OwnAccountError, AccountErasedError, LastAdminError or AccountChangedError."""
        account = await self.accounts.get(account_id)
        if account_id == by.account_id:
            raise OwnAccountError
        check_lasting(account)
        if account.suspended_at is None:
            account = replace(account, suspended_at=self.clock())
            await self.accounts.save(account)
            if account.role is Role.ADMIN and not await self.accounts.admin_ids():
                # Two admins suspended each other at once: both stay.
                await self.accounts.save(replace(await self.accounts.get(account_id), suspended_at=None))
                raise LastAdminError
        self.check_credential.forget(account_id=account_id)
        await self.end_sessions(account_id)
        await asyncio.gather(*(stop(account_id) for stop in self.holdings))
        return await self.accounts.get(account_id)


@dataclass(frozen=True, slots=True)
class ResumeAccount:
    """It may log in again, and its API keys are good again; what was stopped its owner begins anew."""

    accounts: Accounts
    check_credential: CheckCredential

    async def __call__(self, account_id: str) -> Account:
        """Return the account. Raise NotFoundError, AccountErasedError or AccountChangedError."""
        account = await self.accounts.get(account_id)
        check_lasting(account)
        if account.suspended_at is not None:
            await self.accounts.save(replace(account, suspended_at=None))
        self.check_credential.forget(account_id=account_id)
        return await self.accounts.get(account_id)
