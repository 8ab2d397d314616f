"""For operators: accounts, their tiers and roles; keep one out, end its log-ins, revoke its API keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from libs.chassis.errors import InvalidError, PlatformError
from libs.chassis.logs import log
from libs.contracts.envelope import Moment
from services.gateway.domain.accounts.account import Account, Role, Tier
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.errors import AccountChangedError, LastAdminError, NotFoundError
from services.gateway.inbound.http.errors import ErrorOut, standard_body
from services.gateway.inbound.http.face import Access, Face
from services.gateway.inbound.http.paging import PageOut, parts, read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import needs
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.routes_auth import AccountOut, account_out
from services.gateway.inbound.routes_keys import KeysRevokedOut
from services.gateway.usecases.accounts.change_account import ChangeAccount, EndSessions, RevokeKeys
from services.gateway.usecases.accounts.suspend_account import ResumeAccount, SuspendAccount

PAGE: Final = 50
Admin = Annotated[Caller, needs(Scope.ADMIN)]
AccountId = Annotated[str, Path(description="As the list has it.", examples=["account_01jd3yq9h8e5v9k2m4n6p8r0s1"])]
ADMIN_FACE: Final = Face(name="admin", prefixes=("/admin",), error_body=standard_body, error_model=ErrorOut, access=Access.CLOSED)
PARTS: Final = {"parameters": parts(PAGE)}
NO_SUCH_PAGE: Final = refused(
    ADMIN_FACE,
    NotFoundError("Invalid page: there are 3.", details={"page": ["The last page is 3."]}),
    InvalidError("The list cannot be paged like this.", details={"page": ["Must be a whole number from 1 to 1000000000."]}),
)


class AccountChange(StrictBody):
    """What an admin may change of an account."""

    tier: Tier | None = Field(None, description="What the account has paid for.", examples=["pro"])
    role: Role | None = Field(None, description="`admin` may use these routes.", examples=["user"])


class AccountForAdmins(AccountOut):
    """An account as admins see it."""

    suspended_at: Moment | None = Field(description="Since when it is kept out; null when it is not.", examples=[None])


class AccountPage(PageOut):
    """A part of the accounts."""

    results: list[AccountForAdmins]


class SessionsRevokedOut(BaseModel):
    """What was done."""

    message: str = Field(examples=["Every log-in of account_01jd3yq9h8e5v9k2m4n6p8r0s1 has ended."])


@dataclass(frozen=True, slots=True)
class AdminAccounts:
    """What these routes call."""

    accounts: Accounts
    change: ChangeAccount
    suspend: SuspendAccount
    resume: ResumeAccount
    end_sessions: EndSessions
    revoke_keys: RevokeKeys


def add_accounts(routes: APIRouter, use: AdminAccounts) -> None:
    """Add the routes under `/admin/accounts`."""
    changed = refused(ADMIN_FACE, AccountChangedError("The account was changed in between; try again."))

    @routes.get("/accounts", summary="List accounts", responses=NO_SUCH_PAGE, openapi_extra=PARTS)
    async def list_accounts(
        request: Request,
        _: Admin,
        role: Annotated[Role | None, Query(description="Only accounts with this role.")] = None,
        tier: Annotated[Tier | None, Query(description="Only accounts of this tier.")] = None,
    ) -> AccountPage:
        """Oldest first, 50 a page."""
        paging = read_paging(request, size=PAGE)
        found = await use.accounts.page(paging.part, role=role, tier=tier)
        rows = [_shown(account) for account in found.items]
        return AccountPage.model_validate(paging.answer(rows, count=found.count, after=found.after))

    @routes.patch("/accounts/{account_id}", summary="Change an account's tier or role", responses=changed)
    async def change_account(account_id: AccountId, body: AccountChange, admin: Admin) -> AccountForAdmins:
        """Effective within seconds everywhere."""
        with _audited(admin, "change", account_id, tier=body.tier, role=body.role):
            return _shown(await use.change(account_id, tier=body.tier, role=body.role))

    _add_suspending(routes, use)


def _add_suspending(routes: APIRouter, use: AdminAccounts) -> None:
    changed = AccountChangedError("The account was changed in between; try again.")

    @routes.post("/accounts/{account_id}/suspend", summary="Keep an account out", responses=refused(ADMIN_FACE, LastAdminError()))
    async def suspend(account_id: AccountId, admin: Admin) -> AccountForAdmins:
        """Its log-ins end, and its API keys are refused with `ACCOUNT_SUSPENDED`.

        Its jobs are cancelled, its webhooks switched off, its renewals stopped, its listings out of sight. Who has subscribed to its models
        keeps what is paid. Asked again, it finishes what was cut off.
        """
        with _audited(admin, "suspend", account_id):
            return _shown(await use.suspend(account_id, by=admin))

    @routes.post("/accounts/{account_id}/resume", summary="Let a suspended account in again", responses=refused(ADMIN_FACE, changed))
    async def resume(account_id: AccountId, admin: Admin) -> AccountForAdmins:
        """Its API keys are good again and its listings in sight; webhooks, renewals and trainings its owner begins anew."""
        with _audited(admin, "resume", account_id):
            return _shown(await use.resume(account_id))

    @routes.post("/accounts/{account_id}/sessions/revoke", summary="End an account's log-ins", responses=refused(ADMIN_FACE, changed))
    async def end_sessions(account_id: AccountId, admin: Admin) -> SessionsRevokedOut:
        """Access tokens die within seconds everywhere; API keys stay."""
        with _audited(admin, "sessions/revoke", account_id):
            await use.end_sessions(account_id)
        return SessionsRevokedOut(message=f"Every log-in of {account_id} has ended.")

    @routes.post("/accounts/{account_id}/keys/revoke", summary="Revoke an account's API keys")
    async def revoke_keys_of_account(account_id: AccountId, admin: Admin) -> KeysRevokedOut:
        """Within seconds everywhere; log-ins stay."""
        with _audited(admin, "keys/revoke", account_id):
            return KeysRevokedOut(revoked_api_keys=await use.revoke_keys(account_id))


def _shown(account: Account) -> AccountForAdmins:
    return AccountForAdmins.model_validate(account_out(account).model_dump() | {"suspended_at": account.suspended_at})


@contextmanager
def _audited(admin: Caller, action: str, account_id: str, **more: Any) -> Iterator[None]:
    """Log who does what to which account, and what came of it; the line carries the request's correlation id."""
    outcome = "failed"
    try:
        yield
        outcome = "done"
    except PlatformError as error:
        outcome = error.code
        raise
    finally:
        who = {"by": admin.account_id, "credential": admin.credential}
        log().info("admin action", action=action, account_id=account_id, outcome=outcome, **who, **more)
